"""What a report says of each class: how often it is found, how often its name is right, and where each rung is weak."""

from collections.abc import Sequence
from dataclasses import dataclass

from linnet.records.evaluation import ClassMeasures, Evaluation, OperatingCurve
from linnet.reports.costs import FLOOR
from linnet.reports.evidence import Evidence
from linnet.words import agree, count, in_100, joined, named, times_in_100

MAX_CURVES = 6
"""Classes whose curves are drawn; more lines cannot be told from one another."""
MAX_NAMED = 3
FEW = 10
"""Pictures below which a class's numbers say little."""


@dataclass(frozen=True, kw_only=True)
class ClassCurves:
    """Hold both curves of one class against all others.

    Attributes:
        roc: (false positive rates, true positive rates), left to right.
        precision_recall: (recalls, precisions).
    """

    name: str
    roc: tuple[tuple[float, ...], tuple[float, ...]]
    precision_recall: tuple[tuple[float, ...], tuple[float, ...]]


@dataclass(frozen=True, kw_only=True)
class ClassesPart:
    """Hold one rung's numbers, class by class.

    Attributes:
        split: "test" or "valid".
        rows: One per class, in order.
        curves: Of the classes with the lowest average precision, the lowest first; at most six.
        n_curves: Classes that have curves and were chosen from.
        sentences: The weakest classes, in plain words, and those about which nothing is known.
    """

    rung: str
    split: str
    rows: tuple[ClassMeasures, ...]
    curves: tuple[ClassCurves, ...]
    n_curves: int
    sentences: tuple[str, ...]


def describe_classes(evidence: Evidence) -> tuple[ClassesPart, ...]:
    """Say for each rung that was evaluated, and has learned anything, how it does on each class."""
    return tuple(
        _describe(rung, found)
        for rung in evidence.rungs
        if rung != FLOOR and (found := evidence.evaluations.get(rung)) and found.classes
    )


def _describe(rung: str, found: Evaluation) -> ClassesPart:
    curves = _curves(found)
    said = (_hard_to_find(found.classes), _often_wrong(found.classes), _unknown(found.classes), _few(found.classes))
    return ClassesPart(
        rung=rung,
        split=found.split,
        rows=found.classes,
        curves=curves[:MAX_CURVES],
        n_curves=len(curves),
        sentences=tuple(filter(None, said)),
    )


def _curves(found: Evaluation) -> tuple[ClassCurves, ...]:
    """Pair the curves of the classes that have both, the weakest class first."""
    precision_recall = {curve.name: curve for curve in found.precision_recall}
    order = {row.name: (1.0 if row.average_precision is None else row.average_precision) for row in found.classes}
    both = [(curve, precision_recall[curve.name]) for curve in found.roc if curve.name in precision_recall]
    both.sort(key=lambda pair: order.get(pair[0].name, 1.0))
    return tuple(ClassCurves(name=roc.name, roc=_points(roc), precision_recall=_points(other)) for roc, other in both)


def _points(curve: OperatingCurve) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return (curve.x, curve.y)


def _hard_to_find(rows: Sequence[ClassMeasures]) -> str:
    known = [(row.recall, row) for row in rows if row.recall is not None]
    weak = sorted((pair for pair in known if pair[0] < 1), key=lambda pair: pair[0])[:MAX_NAMED]
    if not known:
        return ""
    if not weak:
        return "Every picture of every class is found."
    said = [f"{named(row.name)}, found {times_in_100(recall)}{_range(row)}" for recall, row in weak]
    return f"Hardest to find: {joined(said)}."


def _range(row: ClassMeasures) -> str:
    """Say how sure that is; what is fairly sure needs only its interval."""
    if row.recall_low is None or row.recall_high is None:
        return ""
    said = f"{in_100(row.recall_low)} to {in_100(row.recall_high)}"
    return f" ({said}; {count(row.n, 'picture')})" if row.n < FEW else f" ({said})"


def _often_wrong(rows: Sequence[ClassMeasures]) -> str:
    """Name the class whose name is wrong most often when it is given."""
    known = [(row.precision, row) for row in rows if row.precision is not None and row.n_predicted >= FEW]
    precision, row = min(known, key=lambda pair: pair[0], default=(1.0, None))
    if row is None or precision == 1:
        return ""
    right = f"{row.n_right:,} {agree(row.n_right, 'is', 'are')}" if row.n_right else "none is"
    return f"Least to be trusted: of {row.n_predicted:,} pictures called {named(row.name)}, {right}."


def _unknown(rows: Sequence[ClassMeasures]) -> str:
    without = [row.name for row in rows if not row.n]
    if not without:
        return ""
    return (
        f"{some(without)} {agree(len(without), 'has', 'have')} no picture here, so nothing is known of finding "
        f"{agree(len(without), 'it', 'them')}."
    )


def _few(rows: Sequence[ClassMeasures]) -> str:
    few = [row.name for row in rows if 0 < row.n < FEW]
    if not few:
        return ""
    has, its = agree(len(few), "has", "have"), agree(len(few), "its", "their")
    return f"{some(few)} {has} fewer than {FEW} pictures, so {its} numbers say little."


def some(names: Sequence[str]) -> str:
    """Name some of several classes, and say how many more there are.

    Example:
        >>> some(["a"]), some(["a", "b", "c", "d"])
        ('“a”', '“a”, “b” and 2 more classes')
    """
    if len(names) <= MAX_NAMED:
        return joined([named(name) for name in names])
    rest = len(names) - MAX_NAMED + 1
    return joined([*(named(name) for name in names[: MAX_NAMED - 1]), f"{count(rest, 'more class')}"])
