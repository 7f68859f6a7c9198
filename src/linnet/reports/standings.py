"""What a report says of the rungs' numbers: the leaderboard, or the validation results of a climb that did not end."""

from dataclasses import dataclass
from typing import Any

from linnet.records.experiment import VIEWS
from linnet.records.leaderboard import LeaderboardRow, Skipped
from linnet.reports.evidence import Evidence
from linnet.words import several_views


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Hold a row of the leaderboard and its place; rungs tied with the best share the first place.

    Attributes:
        place: 1 is the best.
        row: All numbers.
        settings: Those that were chosen or fixed; what was left at its default is not shown.
    """

    place: int
    row: LeaderboardRow
    settings: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ValidationRow:
    """Hold what is known of a rung before the test split is opened.

    Attributes:
        accuracy: Of the chosen settings on validation pictures: the mean over folds; these pictures chose them, so
            it is too good.
        spread: Standard deviation over folds; 0 with one.
        n_correct: Right among `n` of the kept validation predictions; None where none were kept.
    """

    rung: str
    accuracy: float
    spread: float
    n_folds: int
    n_correct: int | None
    n: int
    settings: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class StandingsPart:
    """Hold the leaderboard, or in its absence what validation said, best first.

    Attributes:
        rows: Of a finished climb.
        validation: Of one that did not finish.
        skipped: Rungs that are in no row, and why.
        floor: Accuracy of always giving the most frequent class, where that rung ran.
        views: A sentence for each row that is another one with views.
        n_folds: 0 with one validation split.
    """

    rows: tuple[Standing, ...]
    validation: tuple[ValidationRow, ...]
    skipped: tuple[Skipped, ...]
    views: tuple[str, ...]
    floor: float | None
    n_folds: int


def describe_standings(evidence: Evidence) -> StandingsPart:
    """Rank the rungs."""
    n_tied = sum(row.tied_with_best for row in evidence.rows)
    rows = tuple(
        Standing(place=1 if row.tied_with_best else max(place, n_tied + 1), row=row, settings=_shown(evidence, row))
        for place, row in enumerate(evidence.rows, start=1)
    )
    validation = () if rows else _validation(evidence)
    return StandingsPart(
        rows=rows,
        validation=validation,
        skipped=evidence.leaderboard.skipped if evidence.leaderboard else _not_reached(evidence),
        views=_views(evidence),
        floor=next((row.accuracy for row in evidence.rows if row.rung == "majority"), None),
        n_folds=evidence.experiment.protocol.folds,
    )


def _shown(evidence: Evidence, row: LeaderboardRow) -> dict[str, Any]:
    """Leave out the settings that were neither chosen nor fixed: they are the defaults."""
    selection = evidence.selections.get(row.rung)
    if selection is None:
        return row.settings
    names = {*selection.varied, *evidence.experiment.fixed(row.rung)}
    return {name: value for name, value in row.settings.items() if name in names}


def _validation(evidence: Evidence) -> tuple[ValidationRow, ...]:
    rows = []
    for rung, selection in evidence.selections.items():
        found = evidence.predictions.get(rung) if evidence.scored_on.get(rung) == "valid" else None
        rows.append(
            ValidationRow(
                rung=rung,
                accuracy=float(selection.mean[selection.chosen]),
                spread=float(selection.spread[selection.chosen]),
                n_folds=selection.accuracy.shape[1],
                n_correct=int(found.correct.sum()) if found else None,
                n=len(found) if found else 0,
                settings=selection.candidates[selection.chosen],
            )
        )
    return tuple(sorted(rows, key=lambda row: -row.accuracy))


def _views(evidence: Evidence) -> tuple[str, ...]:
    """Say what the rows with views are."""
    return tuple(
        f"{row} is {row.removesuffix(VIEWS)} with the same weights: it looks "
        f"{several_views(str(selection.candidates[selection.chosen].get('views')))}, and takes the mean of the logits."
        for row in evidence.rungs
        if row.endswith(VIEWS) and (selection := evidence.selections.get(row))
    )


def _not_reached(evidence: Evidence) -> tuple[Skipped, ...]:
    if evidence.is_finished:
        return ()
    missing = (rung for rung in evidence.experiment.rungs if rung not in evidence.selections)
    return tuple(Skipped(rung=rung, reason="The run ended before its settings were chosen.") for rung in missing)
