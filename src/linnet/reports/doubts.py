"""What makes a report's numbers doubtful, in plain words: leaks, openings, few pictures, wide intervals."""

from collections.abc import Iterator

from linnet.records.leaderboard import LeaderboardRow
from linnet.reports.classes import FEW, some
from linnet.reports.data import DataPart
from linnet.reports.evidence import Evidence
from linnet.reports.sealing import SealingPart
from linnet.words import agree, count, in_100, often

SMALL = 100
"""Test pictures below which accuracies are hardly known."""
WIDE = 0.1
"""Width of an interval of accuracy above which the same is said of it."""


def doubts(evidence: Evidence, data: DataPart | None, sealing: SealingPart) -> tuple[str, ...]:
    """Say what to know before relying on the numbers."""
    of_rows = [*_few_pictures(evidence.rows[0]), *_classes(evidence)] if evidence.rows else []
    return (*_openings(sealing), *of_rows, *(_data(data) if data else ()))


def _openings(sealing: SealingPart) -> Iterator[str]:
    if sealing.n_openings > 1:
        yield (
            f"The test split was opened {often(sealing.n_openings)}. Whoever looks again and then chooses, chooses on "
            "the test split: its numbers are too good from the second opening on."
        )


def _few_pictures(best: LeaderboardRow) -> Iterator[str]:
    width = best.accuracy_high - best.accuracy_low
    if best.n >= SMALL and width <= WIDE:
        return
    low, high = in_100(best.accuracy_low), in_100(best.accuracy_high)
    yield (
        f"{'Only ' if best.n < SMALL else ''}{count(best.n, 'test picture')}: how often {best.rung} is right is known "
        f"no better than {low} to {high} times in 100, and small differences between rungs mean nothing."
    )


def _classes(evidence: Evidence) -> Iterator[str]:
    found = evidence.evaluations.get(evidence.rows[0].rung)
    if found is None:
        return
    without, few = [row.name for row in found.classes if not row.n], [row for row in found.classes if 0 < row.n < FEW]
    if without:
        has = agree(len(without), "has", "have")
        yield f"{some(without)} {has} no test picture: nothing is known of how often such pictures are told right."
    if few:
        many = count(len(few), "class") if len(few) < len(found.classes) else "All classes"
        has = agree(len(few), "has", "have") if len(few) < len(found.classes) else "have"
        yield f"{many} {has} fewer than {FEW} test pictures: numbers of a single class say little there."


def _data(data: DataPart) -> Iterator[str]:
    for leak in data.leaked:
        yield f"{leak}: see the data."
    for where, n in data.group_leaks.items():
        splits = where.replace("-", " and ")
        belongs = agree(n, "belongs to a group", "belong to groups")
        yield f"{count(n, 'picture')} {belongs} with others in an earlier split ({splits}): see the data."
    if n := data.counts.get("conflicting", 0):
        yield (
            f"{count(n, 'picture')} {agree(n, 'has', 'have')} an exact copy with another label; at most one label of "
            "each picture can be right."
        )
    if n := data.counts.get("unreadable", 0):
        yield f"{count(n, 'file')} could not be read and {agree(n, 'takes', 'take')} no part."
