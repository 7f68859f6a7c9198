"""The report in a few plain sentences, made from the numbers alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from linnet.records.leaderboard import LeaderboardRow
from linnet.reports.calibration import example, is_bad
from linnet.reports.data import DataPart
from linnet.reports.doubts import doubts
from linnet.reports.evidence import Evidence
from linnet.reports.learning import describe_learning
from linnet.reports.mistakes import confusion
from linnet.reports.sealing import SealingPart
from linnet.reports.standings import StandingsPart
from linnet.words import count, in_100, joined, named, often, p_value, ratio, times_in_100

WORTH_SAYING = 1.5
"""Ratio of costs from which one rung is called smaller or faster than another."""
FAR_CHEAPER = 5.0
"""Ratio of costs from which a rung is worth a sentence although it is worse."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Hold what stands on top.

    Attributes:
        lead: The one sentence to remember.
        sentences: What else to know in the first minute.
        warnings: What makes the numbers doubtful.
    """

    lead: str
    sentences: tuple[str, ...]
    warnings: tuple[str, ...]


def summarize(evidence: Evidence, standings: StandingsPart, data: DataPart | None, sealing: SealingPart) -> Summary:
    """Say the report in plain words."""
    rows = evidence.rows
    if rows:
        lead, sentences = _lead(rows[0]), [_ties(rows), _cheaper(rows), _floor(rows[0], standings, data)]
        sentences += [_confusion(evidence, rows[0].rung), _calibration(evidence, rows[0].rung)]
        sentences += [part.sentence for part in describe_learning(evidence) if part.rung == rows[0].rung][:1]
    elif evidence.is_finished:
        lead, sentences = "No rung has a number.", []
    else:
        lead, sentences = "This run did not finish.", _unfinished(standings, sealing)
    return Summary(lead=lead, sentences=tuple(filter(None, sentences)), warnings=doubts(evidence, data, sealing))


def _lead(row: LeaderboardRow) -> str:
    width = row.accuracy_high - row.accuracy_low
    decimals = 0 if width > 0.02 else 1
    low, high = (in_100(bound, 0 if width > 0.04 else 1) for bound in (row.accuracy_low, row.accuracy_high))
    return f"{row.rung} is right {times_in_100(row.accuracy, decimals)} (95% interval: {low} to {high})."


def _cost(row: LeaderboardRow) -> float:
    """Weigh size and time alike; floors keep what is too small to matter from making ratios."""
    return max(row.megabytes, 1e-3) * max(row.ms_per_image, 1e-3)


def _ties(rows: Sequence[LeaderboardRow]) -> str:
    best, *others = rows
    if not others:
        return ""
    tied = [row for row in others if row.tied_with_best]
    if not tied:
        return "It is better than every other rung, beyond what chance explains."
    names = joined([f"{row.rung} (right {_times(row.accuracy)}; {p_value(row.p_value)})" for row in tied])
    said = f"{names} {'is' if len(tied) == 1 else 'are'} statistically tied with it"
    if any(row.rung == "majority" for row in tied):
        return f"{said}: these pictures do not show that {best.rung} has learned anything."
    cheap = min(tied, key=_cost)
    advantages, drawbacks = _advantages(cheap, best), _advantages(best, cheap, words=("bigger", "slower"))
    if not advantages or _cost(cheap) >= _cost(best):
        return f"{said}, and no cheaper."
    rest = f"but {drawbacks}" if drawbacks else "so the better bargain"
    return f"{said}; {cheap.rung} is {advantages}, {rest}."


def _times(accuracy: float) -> str:
    return times_in_100(accuracy).removesuffix(" in 100")


def _cheaper(rows: Sequence[LeaderboardRow]) -> str:
    """Name the best rung that costs far less, unless a tied one is cheaper anyway."""
    best, *others = rows
    if any(row.tied_with_best and _cost(row) < _cost(best) for row in others):
        return ""
    for row in others:
        advantages = _advantages(row, best)
        if row.rung != "majority" and not row.tied_with_best and advantages and _cost(best) > FAR_CHEAPER * _cost(row):
            return f"{row.rung} is {advantages}, and right {times_in_100(row.accuracy)}."
    return ""


def _advantages(row: LeaderboardRow, other: LeaderboardRow, words: tuple[str, str] = ("smaller", "faster")) -> str:
    """Say in what one rung costs less than another; nothing where it does not."""
    smaller = max(other.megabytes, 1e-3) / max(row.megabytes, 1e-3)
    faster = max(other.ms_per_image, 1e-3) / max(row.ms_per_image, 1e-3)
    said = [f"{ratio(smaller)} {words[0]}"] if smaller >= WORTH_SAYING else []
    said += [f"{ratio(faster)} {words[1]} per picture"] if faster >= WORTH_SAYING else []
    return joined(said) if said else ""


def _floor(best: LeaderboardRow, standings: StandingsPart, data: DataPart | None) -> str:
    if standings.floor is None or best.rung == "majority":
        return ""
    name = ""
    if data and "train" in data.splits:
        counts = [part.counts[data.splits.index("train")] for part in data.classes]
        biggest = [part.name for part, n in zip(data.classes, counts, strict=True) if n == max(counts)]
        name = f", {named(biggest[0])}," if len(biggest) == 1 else ""
    said = f"Always giving the same answer{name} is right {times_in_100(standings.floor)}"
    if best.accuracy_low <= standings.floor:
        return f"{said}: no rung is better than that beyond doubt, so nothing was learned that can be relied on."
    return f"{said}: the floor that every rung must beat."


def _confusion(evidence: Evidence, rung: str) -> str:
    predictions = evidence.predictions.get(rung)
    if predictions is None:
        return ""
    matrix, names = confusion(predictions), predictions.class_names
    n_wrong = int(matrix.sum() - matrix.trace())
    if not n_wrong:
        return f"{rung} made no mistake on {count(len(predictions), 'picture')}."
    both = matrix + matrix.T
    pairs = [(int(both[i, j]), -i, -j) for i in range(len(names)) for j in range(i + 1, len(names))]
    n, i, j = max(pairs)
    if n == 1 and n_wrong > 1:
        return f"{rung} made {count(n_wrong, 'mistake')}, and confused no two classes more than once."
    i, j = -i, -j
    if matrix[j, i] > matrix[i, j]:
        i, j = j, i
    first, second = named(names[i]), named(names[j])
    ways = f"{first} was taken for {second} {often(int(matrix[i, j]))}"
    ways += f", {second} for {first} {often(int(matrix[j, i]))}" if matrix[j, i] else ""
    if n_wrong == 1:
        return f"{rung} made 1 mistake on {count(len(predictions), 'picture')}: {ways}."
    if len(names) == 2:
        return f"Of the {count(n_wrong, 'mistake')} of {rung}: {ways}."
    return f"{rung} confuses {first} and {second} most: {n} of its {count(n_wrong, 'mistake')} ({ways})."


def _calibration(evidence: Evidence, rung: str) -> str:
    """Warn of percentages that are far off; those that are not need no words here."""
    found = evidence.evaluations.get(rung)
    if found is None or not is_bad(found.calibration):
        return ""
    shown = example(rung, found.calibration)
    return f"Do not read its percentages as chances: {shown[:1].lower()}{shown[1:]}" if shown else ""


def _unfinished(standings: StandingsPart, sealing: SealingPart) -> list[str]:
    n_asked = len(standings.validation) + len(standings.skipped)
    of = f"{len(standings.validation)} of {count(n_asked, 'rung')} were"
    if n_asked == 1:
        of = f"its one rung were{'' if standings.validation else ' not'}"
    said = [f"The settings of {of} chosen."]
    if standings.validation:
        first = standings.validation[0]
        said.append(
            f"On validation pictures {first.rung} leads, right {times_in_100(first.accuracy)}; "
            "those pictures chose its settings, so expect somewhat less of new ones."
        )
    opened = "The test split was not opened, so it is still good for one honest number."
    if sealing.n_openings > 1:
        opened = f"The test split was opened {often(sealing.n_openings)} before the run ended; see the ledger."
    elif sealing.n_openings:
        opened = (
            "The test split was being read when the run was interrupted; no number of it was shown, so going on with "
            "the run still gives honest ones."
        )
    return [*said, opened]
