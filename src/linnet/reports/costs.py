"""What a report says of cost: accuracy beside milliseconds and megabytes, and which rungs no other one beats."""

from collections.abc import Sequence
from dataclasses import dataclass

from linnet.records.leaderboard import LeaderboardRow
from linnet.reports.evidence import Evidence
from linnet.words import joined

FLOOR = "majority"
"""The rung that has learned nothing: it costs nothing either, and would stand on every front."""
LEAST = 1e-4
"""Milliseconds or megabytes below which a cost counts as that; a logarithmic axis has no place for zero."""


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """Hold one rung's accuracy and its costs.

    Attributes:
        number: Its number in the charts.
        accuracy: A fraction; low and high are its interval.
        is_fast: Whether no other rung is at least as fast and at least as accurate, and better in one of them.
        is_small: The same with megabytes for time.
    """

    number: int
    rung: str
    accuracy: float
    low: float
    high: float
    fit_seconds: float
    ms_per_image: float
    megabytes: float
    is_fast: bool
    is_small: bool


@dataclass(frozen=True, kw_only=True)
class CostsPart:
    """Hold the rungs beside their costs, best first.

    Attributes:
        sentences: Which rungs are on the fronts, in words.
        has_floor: Whether the rung that always gives the same answer ran and was left out.
    """

    rows: tuple[CostRow, ...]
    sentences: tuple[str, ...]
    has_floor: bool


def describe_costs(evidence: Evidence) -> CostsPart | None:
    """Put accuracy beside cost; None where there are no two rungs to compare."""
    found = [row for row in evidence.rows if row.rung != FLOOR]
    if len(found) < 2:
        return None
    accuracy = [row.accuracy for row in found]
    fast = front([max(row.ms_per_image, LEAST) for row in found], accuracy)
    small = front([max(row.megabytes, LEAST) for row in found], accuracy)
    rows = tuple(
        _row(number, row, is_fast=is_fast, is_small=is_small)
        for number, (row, is_fast, is_small) in enumerate(zip(found, fast, small, strict=True), start=1)
    )
    return CostsPart(rows=rows, sentences=_sentences(rows), has_floor=len(found) < len(evidence.rows))


def front(costs: Sequence[float], accuracy: Sequence[float]) -> list[bool]:
    """Say which of several things are on the Pareto front of low cost and high accuracy.

    Returns:
        One truth value each: false where another one costs no more, is no worse, and differs in one of them. Of two
        that are alike in both, both are on it.
    """
    pairs = list(zip(costs, accuracy, strict=True))
    return [not any(other != pair and other[0] <= pair[0] and other[1] >= pair[1] for other in pairs) for pair in pairs]


def _row(number: int, row: LeaderboardRow, *, is_fast: bool, is_small: bool) -> CostRow:
    return CostRow(
        number=number,
        rung=row.rung,
        accuracy=row.accuracy,
        low=row.accuracy_low,
        high=row.accuracy_high,
        fit_seconds=row.fit_seconds,
        ms_per_image=row.ms_per_image,
        megabytes=row.megabytes,
        is_fast=is_fast,
        is_small=is_small,
    )


def _sentences(rows: Sequence[CostRow]) -> tuple[str, ...]:
    fast, small = [row.rung for row in rows if row.is_fast], [row.rung for row in rows if row.is_small]
    if fast == small:
        said = [f"On the front are {joined(fast)}: no other rung costs less and is as accurate."]
        said = [f"{fast[0]} is the most accurate, the fastest and the smallest at once."] if len(fast) == 1 else said
    else:
        said = [_on(fast, "time per picture", "faster"), _on(small, "size", "smaller")]
    beaten = [row.rung for row in rows if not row.is_fast and not row.is_small]
    if beaten:
        which = "this one" if len(beaten) == 1 else "each of these"
        said.append(f"Off both fronts: {joined(beaten)}. For {which} another rung is as accurate and costs less.")
    return tuple(said)


def _on(rungs: Sequence[str], cost: str, better: str) -> str:
    if len(rungs) == 1:
        return f"By {cost}, {rungs[0]} beats all others: none is {better}, and none more accurate."
    return f"By {cost}, the front holds {joined(rungs)}: whatever is {better} than one of these is less accurate."
