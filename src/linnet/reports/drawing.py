"""Which chart shows which part of a report; how a chart looks is the business of `linnet.charts`."""

from collections.abc import Callable, Sequence
from typing import Any

from linnet.charts import courses, learning, operating, pareto, reliability
from linnet.charts.brightness import pictures_over_brightness
from linnet.charts.curves import Line, accuracy_over
from linnet.records.evaluation import Calibration
from linnet.reports.calibration import CalibrationPart
from linnet.reports.choosing import Choice
from linnet.reports.classes import ClassesPart
from linnet.reports.costs import LEAST, CostRow, CostsPart
from linnet.reports.courses import CoursePart
from linnet.reports.data import Brightness
from linnet.reports.learning import LearningPart


def draw(what: str, part: Any, name: str) -> str:
    """Draw a part of a report.

    Args:
        what: The chart's name: one of `CHARTS`.
        part: What that chart shows.
        name: Unique on the page; letters, digits and hyphens.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    return CHARTS[what](part, name)


def _curve(choice: Choice, name: str) -> str:
    if choice.curve is None:
        return ""
    lines = [Line(x=line.x, y=line.accuracy, spread=line.spread) for line in choice.curve.lines]
    return accuracy_over(
        lines,
        name=name,
        setting=choice.curve.setting.replace("_", " "),
        metric=choice.metric,
        is_log=choice.curve.is_log,
        chosen=choice.curve.chosen,
    )


def _course(part: CoursePart, what: str) -> courses.Course:
    return courses.Course(
        epochs=[row.epoch for row in part.rows],
        train=[getattr(row, f"train_{what}") for row in part.rows],
        valid=[getattr(row, f"valid_{what}") for row in part.rows],
    )


def _loss(part: CoursePart, name: str) -> str:
    return courses.loss_over_epochs(_course(part, "loss"), name=name, kept=part.kept.epoch)


def _accuracy(part: CoursePart, name: str) -> str:
    return courses.accuracy_over_epochs(_course(part, "accuracy"), name=name, kept=part.kept.epoch)


def _reliability(part: CalibrationPart, name: str) -> str:
    before = _bins(part.before) if part.before else []
    return reliability.accuracy_over_confidence(_bins(part.after), name=name, before=before)


def _bins(found: Calibration) -> list[reliability.ReliabilityBin]:
    return [
        reliability.ReliabilityBin(
            low=each.low,
            high=each.high,
            n=each.n,
            confidence=each.confidence or 0.0,
            accuracy=each.accuracy or 0.0,
        )
        for each in found.bins
    ]


def _roc(part: ClassesPart, name: str) -> str:
    lines = [operating.OperatingLine(x=curves.roc[0], y=curves.roc[1]) for curves in part.curves]
    return operating.receiver_operating_characteristics(lines, name=name)


def _precision_recall(part: ClassesPart, name: str) -> str:
    both = [curves.precision_recall for curves in part.curves]
    return operating.precision_over_recall([operating.OperatingLine(x=x, y=y) for x, y in both], name=name)


def _time(part: CostsPart, name: str) -> str:
    points = [_point(row, row.ms_per_image, is_on_front=row.is_fast) for row in part.rows]
    return pareto.accuracy_over_cost(points, name=name, cost="milliseconds per picture")


def _size(part: CostsPart, name: str) -> str:
    points = [_point(row, row.megabytes, is_on_front=row.is_small) for row in part.rows]
    return pareto.accuracy_over_cost(points, name=name, cost="megabytes")


def _point(row: CostRow, cost: float, *, is_on_front: bool) -> pareto.CostPoint:
    return pareto.CostPoint(
        number=row.number,
        cost=max(cost, LEAST),
        accuracy=row.accuracy,
        low=row.low,
        high=row.high,
        is_on_front=is_on_front,
    )


def _learning(parts: Sequence[LearningPart], name: str) -> str:
    lines = [
        learning.LearningLine(
            n_images=[point.n_images for point in part.points],
            accuracy=[point.accuracy for point in part.points],
            low=[point.low for point in part.points],
            high=[point.high for point in part.points],
        )
        for part in parts
    ]
    return learning.accuracy_over_size(lines, name=name)


def _brightness(part: Brightness, name: str) -> str:
    return pictures_over_brightness(part.counts, name=name)


CHARTS: dict[str, Callable[[Any, str], str]] = {
    "curve": _curve,
    "loss": _loss,
    "accuracy": _accuracy,
    "reliability": _reliability,
    "roc": _roc,
    "precision-recall": _precision_recall,
    "time": _time,
    "size": _size,
    "learning": _learning,
    "brightness": _brightness,
}
"""{what: the function that draws it}."""
