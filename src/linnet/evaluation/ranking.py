"""From test predictions of all rungs to the leaderboard: intervals, the paired test against the best, order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from linnet.evaluation import calibration, metrics, paired
from linnet.evaluation.intervals import wilson
from linnet.records.leaderboard import Leaderboard, LeaderboardRow, Skipped
from linnet.records.predictions import Predictions

TIE_LEVEL = 0.05
"""A corrected p-value of at least this says: the test cannot tell this rung from the best."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """Hold what the leaderboard needs of one rung.

    Attributes:
        rung: Its name.
        predictions: On the test split; all contenders' have the same pictures in the same order.
        fit_seconds: Of the final fit.
        predict_seconds: For all test pictures.
        parameters: Learned numbers.
        n_bytes: What it needs to predict.
        settings: What it ended with.
    """

    rung: str
    predictions: Predictions
    fit_seconds: float
    predict_seconds: float
    parameters: int
    n_bytes: int
    settings: dict[str, Any]


def rank(contenders: Sequence[Contender], *, skipped: Sequence[Skipped] = ()) -> Leaderboard:
    """Order rungs by accuracy (then by log-loss, then by name) and say which of them tie with the first.

    The p-value is that of the pair among all pairs: the first is chosen on the same pictures.

    Args:
        contenders: At least one, each with at least one picture.
        skipped: Rungs that have no row.
    """
    rows = [(_row(contender), contender) for contender in contenders]
    rows.sort(key=lambda pair: (-pair[0].accuracy, pair[0].log_loss, pair[0].rung))
    best, *others = [row for row, _ in rows]
    p_values = paired.all_pairs({contender.rung: contender.predictions.correct for contender in contenders})
    tested = [_tested(row, p_values[frozenset({best.rung, row.rung})]) for row in others]
    return Leaderboard(rows=(best, *tested), skipped=tuple(skipped))


def _tested(row: LeaderboardRow, p_value: float) -> LeaderboardRow:
    return replace(row, p_value=p_value, tied_with_best=p_value >= TIE_LEVEL)


def _row(contender: Contender) -> LeaderboardRow:
    said = contender.predictions
    n, n_right = len(said), int(said.correct.sum())
    low, high = wilson(n_right, n)
    return LeaderboardRow(
        rung=contender.rung,
        accuracy=n_right / n,
        accuracy_low=low,
        accuracy_high=high,
        n=n,
        balanced_accuracy=metrics.balanced_accuracy(said.predicted, said.labels),
        log_loss=metrics.log_loss(said.probabilities, said.labels),
        ece=calibration.expected_calibration_error(said.probabilities, said.labels),
        fit_seconds=round(contender.fit_seconds, 4),
        ms_per_image=round(1000 * contender.predict_seconds / n, 5),
        parameters=contender.parameters,
        megabytes=contender.n_bytes / 1e6,
        tied_with_best=True,
        p_value=1.0,
        settings=contender.settings,
    )
