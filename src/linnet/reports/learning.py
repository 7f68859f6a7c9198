"""What a report says of the number of training pictures: accuracy over it, and whether more would bring more."""

import math
from dataclasses import dataclass

from linnet.records.learning_curve import LearningCurve, LearningPoint
from linnet.reports.evidence import Evidence
from linnet.words import count, in_100

FLAT = 0.005
"""Difference of accuracy that is hardly one."""


@dataclass(frozen=True, kw_only=True)
class LearningPart:
    """Hold one rung's learning curve.

    Attributes:
        points: By rising number of training pictures, at least one.
        trend: What the last two sizes say by intervals: "rising", "falling", "open", "flat", or "unknown" with
            one size only.
        sentence: The same in plain words.
    """

    rung: str
    points: tuple[LearningPoint, ...]
    trend: str
    sentence: str


def describe_learning(evidence: Evidence) -> tuple[LearningPart, ...]:
    """Say for each rung that has a learning curve what more pictures would bring."""
    return tuple(
        part
        for rung in evidence.rungs
        if (found := evidence.learning_curves.get(rung)) and (part := _describe(rung, found))
    )


def _describe(rung: str, found: LearningCurve) -> LearningPart | None:
    points = tuple(point for point in found.points if point.n_images > 0 and math.isfinite(point.accuracy))
    if not points:
        return None
    trend = _trend(points)
    return LearningPart(rung=rung, points=points, trend=trend, sentence=_sentence(rung, points, trend))


def _trend(points: tuple[LearningPoint, ...]) -> str:
    """Compare the last two sizes.

    Intervals that do not touch leave little to chance; those that overlap leave it open, for both are of the same
    validation pictures and a paired comparison might still see a difference.
    """
    if len(points) < 2:
        return "unknown"
    before, last = points[-2:]
    if last.low > before.high:
        return "rising"
    if last.high < before.low:
        return "falling"
    return "open" if abs(last.accuracy - before.accuracy) > FLAT else "flat"


def _sentence(rung: str, points: tuple[LearningPoint, ...], trend: str) -> str:
    last = points[-1]
    if trend == "unknown":
        return f"{rung} was trained on one size only, which says nothing of more pictures."
    before = points[-2]
    step = f"From {before.n_images:,} to {count(last.n_images, 'picture')}, {rung}"
    change = f"{in_100(before.accuracy, 1)} to {in_100(last.accuracy, 1)} in 100"
    if trend == "rising":
        return f"{step} rose from {change}, more than chance explains: more pictures would probably help."
    if trend == "falling":
        return (
            f"{step} fell from {change}, more than chance explains: more pictures should not hurt, so look at the "
            "labels of those that were added, and at how it was trained."
        )
    if trend == "open":
        return f"{step} went from {change}, but the intervals overlap: whether more pictures would help is open."
    return f"{step} went from {change}: it is flat, and more pictures of the same kind would probably bring little."
