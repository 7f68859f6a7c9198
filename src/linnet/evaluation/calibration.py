"""How far confidence can be believed: calibration errors and the bins of a reliability diagram, without intervals.

Bins are of equal width on (0, 1], 15 of them; a value on an edge belongs to the lower bin, and 0 to the first one.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linnet.evaluation.metrics import Labels, Probabilities
from linnet.records.evaluation import Bin

N_BINS = 15
"""How many bins there are unless said otherwise."""

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Binned:
    """Hold the sums of each bin; any number of axes may stand before the last one.

    Attributes:
        n: (..., n_bins) float64; how many values lie in it.
        confidence: (..., n_bins) float64; sum of these values.
        right: (..., n_bins) float64; how many of them came true.
    """

    n: Values
    confidence: Values
    right: Values


def bins_of(values: npt.NDArray[np.floating], *, n_bins: int = N_BINS) -> npt.NDArray[np.int64]:
    """Return the bin of each value.

    Edges are compared in the precision of the values, so that a float32 0.6 is on the edge 9/15 though it is a little
    above it as a float64; and they are compared, since ceil(value * n_bins) would round some into the upper bin.

    Args:
        values: Any shape, floating, in [0, 1].
        n_bins: At least 1.

    Returns:
        The same shape, int64, 0 .. n_bins - 1.
    """
    edges = (np.arange(n_bins) / n_bins).astype(values.dtype)
    return np.asarray(np.maximum(np.searchsorted(edges, values, side="left") - 1, 0))


class Placed(NamedTuple):
    """Hold the confidence of each picture, the largest entry of its row, and where that lies.

    Attributes:
        confidence: (n,) floating, in the precision of the probabilities.
        is_right: (n,) bool; whether it came true.
        bin: (n,) int64, 0 .. n_bins - 1.
    """

    confidence: npt.NDArray[np.floating]
    is_right: npt.NDArray[np.bool_]
    bin: npt.NDArray[np.int64]


def placed(probabilities: Probabilities, labels: Labels, *, n_bins: int = N_BINS) -> Placed:
    """Put each picture into the bin of its confidence; values and their draws must do this alike."""
    confidence = probabilities.max(axis=1)
    return Placed(confidence, probabilities.argmax(axis=1) == labels, bins_of(confidence, n_bins=n_bins))


def binned(probabilities: Probabilities, labels: Labels, *, n_bins: int = N_BINS) -> Binned:
    """Sum over the pictures of each bin of confidence."""
    return _collected(*placed(probabilities, labels, n_bins=n_bins), n_bins)


def expected_calibration_error(probabilities: Probabilities, labels: Labels, *, n_bins: int = N_BINS) -> float:
    """Average gap between confidence and accuracy, weighted by how many pictures fall into each confidence bin.

    Args:
        probabilities: (n, k) float32, rows sum to 1. The confidence of a picture is its row's largest entry.
        labels: (n,) int64, 0 .. k-1; n >= 1.
        n_bins: Equal-width bins on (0, 1]; a confidence on an edge belongs to the lower bin.

    Returns:
        A fraction in [0, 1]; 0 is perfect. Empty bins count nothing.

    Source:
        Guo et al. 2017, equation 3.
    """
    return float(expected_error(binned(probabilities, labels, n_bins=n_bins)))


def maximum_calibration_error(probabilities: Probabilities, labels: Labels, *, n_bins: int = N_BINS) -> float:
    """Return the largest gap between confidence and accuracy of a bin that has pictures, in [0, 1].

    Source:
        Guo et al. 2017, equation 5.
    """
    return float(maximum_error(binned(probabilities, labels, n_bins=n_bins)))


def classwise_calibration_errors(probabilities: Probabilities, labels: Labels, *, n_bins: int = N_BINS) -> Values:
    """Return the expected calibration error of each class's own probability, (k,) float64; the mean is one number.

    Unlike the error of the confidence it sees probabilities of classes that were not predicted, too.

    Source:
        Kull et al. 2019, section 2 (class-wise ECE); Nixon et al. 2019, equation 4.
    """
    # One class at a time, so that memory does not grow with pictures times classes.
    of_classes = [
        _collected(column, labels == i, bins_of(column, n_bins=n_bins), n_bins)
        for i, column in enumerate(probabilities.T)
    ]
    return np.array([expected_error(of_class) for of_class in of_classes], dtype=np.float64)


def reliability(probabilities: Probabilities, labels: Labels, *, n_bins: int = N_BINS) -> tuple[Bin, ...]:
    """Return every bin of the reliability diagram, empty ones too."""
    found = binned(probabilities, labels, n_bins=n_bins)
    return tuple(
        Bin(
            low=i / n_bins,
            high=(i + 1) / n_bins,
            n=int(n),
            confidence=float(confidence / n) if n else None,
            accuracy=float(right / n) if n else None,
        )
        for i, (n, confidence, right) in enumerate(zip(found.n, found.confidence, found.right, strict=True))
    )


def expected_error(bins: Binned) -> Values:
    """Return sum of n_b / n times |right_b / n_b - confidence_b / n_b|, which is sum |right_b - confidence_b| / n."""
    return np.asarray(np.abs(bins.right - bins.confidence).sum(axis=-1) / bins.n.sum(axis=-1))


def maximum_error(bins: Binned) -> Values:
    """Return the largest |right_b - confidence_b| / n_b of bins that are not empty."""
    return np.asarray((np.abs(bins.right - bins.confidence) / np.maximum(bins.n, 1)).max(axis=-1))


def _collected(
    confidence: npt.NDArray[np.floating],
    is_right: npt.NDArray[np.bool_],
    slots: npt.NDArray[np.int64],
    n_slots: int,
) -> Binned:
    return Binned(
        n=np.bincount(slots, minlength=n_slots).astype(np.float64),
        confidence=np.asarray(np.bincount(slots, weights=confidence, minlength=n_slots), dtype=np.float64),
        right=np.asarray(np.bincount(slots, weights=is_right, minlength=n_slots), dtype=np.float64),
    )
