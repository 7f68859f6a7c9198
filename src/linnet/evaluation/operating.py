"""What one class against the rest costs at every threshold: operating curves, thinned for drawing, and their areas."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linnet.evaluation.metrics import Labels, Probabilities
from linnet.records.evaluation import OperatingCurve

N_POINTS = 100
"""About how many points of a curve are kept."""

_DIGITS = 6
"""Of a point's coordinates; no drawing shows more, and files stay small."""

Values = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Sweep:
    """Hold what is let through as the threshold falls through every probability that occurs.

    Pictures of equal probability pass together: no threshold can tell them apart.

    Attributes:
        true_positives: (t + 1,) int64, rising from 0 to the pictures of the class.
        false_positives: (t + 1,) int64, rising from 0 to all others.
        passing: (n,) int64, 1 .. t; the threshold that lets each picture through.
        is_class: (n,) bool; the truth.
    """

    true_positives: Counts
    false_positives: Counts
    passing: Counts
    is_class: npt.NDArray[np.bool_]

    @property
    def n_positive(self) -> int:
        """Pictures of the class."""
        return int(self.true_positives[-1])

    @property
    def n_negative(self) -> int:
        """All others."""
        return int(self.false_positives[-1])


@dataclass(frozen=True, eq=False, kw_only=True)
class Operating:
    """Hold areas and curves of one class; None where its pictures do not define them."""

    roc_area: float | None
    average_precision: float | None
    roc: OperatingCurve | None
    precision_recall: OperatingCurve | None


def operate(probabilities: Probabilities, labels: Labels, names: Sequence[str]) -> tuple[list[Operating], Values]:
    """Sweep every class, one at a time, so that memory does not grow with pictures times classes.

    Args:
        probabilities: (n, k) float32, n >= 1.
        labels: (n,) int64; the truth.
        names: Of the k classes.

    Returns:
        One entry per class; and (2, n) float64, the influences of each picture on the means over the classes of their
        areas and average precisions, over those that have one.
    """
    found, sums, n_defined = [], np.zeros((2, len(labels))), np.zeros((2, 1))
    for i, name in enumerate(names):
        swept = sweep(probabilities[:, i], labels == i)
        class_found = Operating(
            roc_area=roc_area(swept),
            average_precision=average_precision(swept),
            roc=roc_curve(name, swept),
            precision_recall=precision_recall_curve(name, swept),
        )
        found.append(class_found)
        sums += [roc_area_influences(swept), average_precision_influences(swept)]
        n_defined += [[class_found.roc_area is not None], [class_found.average_precision is not None]]
    return found, sums / np.maximum(n_defined, 1)


def sweep(scores: npt.NDArray[np.floating], is_class: npt.NDArray[np.bool_]) -> Sweep:
    """Let the threshold fall from above every score to below all of them.

    Args:
        scores: (n,) floating; the class's probability of each picture, n >= 1.
        is_class: (n,) bool; the truth.
    """
    order = np.argsort(-scores)  # in any order among equals, which pass together
    falling = scores[order]
    ends = np.append(np.flatnonzero(falling[1:] != falling[:-1]), len(scores) - 1)
    passed = np.cumsum(is_class[order], dtype=np.int64)[ends]
    passing = np.empty(len(scores), dtype=np.int64)
    passing[order] = np.repeat(np.arange(1, len(ends) + 1), np.diff(ends, prepend=-1))
    return Sweep(
        true_positives=np.append(0, passed),
        false_positives=np.append(0, ends + 1 - passed),
        passing=passing,
        is_class=is_class,
    )


def roc_area(found: Sweep) -> float | None:
    """Return the chance that a picture of the class has a higher probability for it than another one, in [0, 1].

    Equal probabilities count one half. In whole numbers until the last division: between two thresholds, each of the
    new others lies below the true ones that passed before, and ties with those that pass with it.

    Returns:
        The area under the receiver operating characteristic; None where all pictures are of the class, or none.

    Source:
        Hanley and McNeil 1982: the Mann-Whitney statistic.
    """
    if not (found.n_positive and found.n_negative):
        return None
    twice = np.diff(found.false_positives) * (found.true_positives[1:] + found.true_positives[:-1])
    return int(twice.sum()) / (2 * found.n_positive * found.n_negative)


def average_precision(found: Sweep) -> float | None:
    """Return the area under the precision-recall curve as the sum of steps (R_i - R_(i-1)) P_i, in [0, 1].

    Steps, since between two thresholds precision does not run along a straight line. None without a picture.

    Source:
        Davis and Goadrich 2006, section 4, on why not to interpolate.
    """
    if not found.n_positive:
        return None
    return float(np.sum(np.diff(found.true_positives) * _precisions(found)) / found.n_positive)


def roc_area_influences(found: Sweep) -> Values:
    """Return how the ROC area changes per unit of weight of each picture, (n,) float64; they sum to 0.

    With weights w the area is the sum of w_i w_j [i above j] over pictures i of the class and others j, divided by the
    weights P of the former and N of the latter; so the derivative for i is (share of others below i - area) / P.

    Source:
        DeLong, DeLong and Clarke-Pearson 1988, equation 4 and 5: these are their structural components, centered.
    """
    area = roc_area(found)
    if area is None:
        return np.zeros(len(found.passing))
    n_positive, n_negative = found.n_positive, found.n_negative
    above = (found.true_positives[1:] + found.true_positives[:-1]) / (2 * n_positive)
    below = 1 - (found.false_positives[1:] + found.false_positives[:-1]) / (2 * n_negative)
    threshold = found.passing - 1
    return np.where(found.is_class, (below[threshold] - area) / n_positive, (above[threshold] - area) / n_negative)


def average_precision_influences(found: Sweep) -> Values:
    """Return how the average precision changes per unit of weight of each picture, (n,) float64; they sum to 0.

    With weights w it is the sum of w_i T_i / A_i over pictures i of the class, divided by their weight P, where T_i is
    the weight of the class and A_i of all pictures that pass with i. Every picture m that passes with or before i
    is in A_i, which gives -T_i / A_i^2; one of the class is in T_i, too, which gives 1 / A_i, and is itself summed
    over and in P, which gives T_m / A_m less the average precision.
    """
    average = average_precision(found)
    if average is None:
        return np.zeros(len(found.passing))
    positives, passed = found.true_positives[1:], found.true_positives[1:] + found.false_positives[1:]
    new = np.diff(found.true_positives)
    of_class = _from_here_on(new / passed) + positives / passed - average
    of_all = -_from_here_on(new * positives / passed**2)
    threshold = found.passing - 1
    return np.asarray((of_all[threshold] + np.where(found.is_class, of_class[threshold], 0)) / found.n_positive)


def roc_curve(name: str, found: Sweep) -> OperatingCurve | None:
    """Return true over false positive rate from (0, 0) to (1, 1), thinned; None where there is no area."""
    if not (found.n_positive and found.n_negative):
        return None
    return _thinned(name, found.false_positives / found.n_negative, found.true_positives / found.n_positive)


def precision_recall_curve(name: str, found: Sweep) -> OperatingCurve | None:
    """Return precision over recall, thinned, from recall 0, where precision is given as at the highest threshold.

    None for a class without pictures.
    """
    if not found.n_positive:
        return None
    precisions = _precisions(found)
    return _thinned(name, found.true_positives / found.n_positive, np.append(precisions[0], precisions))


def _from_here_on(values: Values) -> Values:
    """Return the sum of each value and all after it."""
    return np.cumsum(values[::-1])[::-1]


def _precisions(found: Sweep) -> npt.NDArray[np.float64]:
    passed = found.true_positives[1:] + found.false_positives[1:]
    return np.asarray(found.true_positives[1:] / passed)


def _thinned(name: str, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> OperatingCurve:
    """Keep points at about even distances along the curve, first and last included; those kept are not moved."""
    way = np.append(0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))
    kept = np.searchsorted(way, np.linspace(0, way[-1], N_POINTS - 1))
    kept = np.unique(np.append(np.minimum(kept, len(x) - 1), len(x) - 1))
    return OperatingCurve(
        name=name, x=tuple(np.round(x[kept], _DIGITS).tolist()), y=tuple(np.round(y[kept], _DIGITS).tolist())
    )
