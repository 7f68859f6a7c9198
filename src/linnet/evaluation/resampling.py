"""The numbers of an evaluation on many bootstrap draws at once; which numbers get an interval is decided elsewhere."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, csr_array

from linnet.evaluation import metrics
from linnet.evaluation.calibration import N_BINS, Binned, bins_of, expected_error, maximum_error, placed
from linnet.evaluation.confusion import Tally
from linnet.evaluation.intervals import Table, Values
from linnet.evaluation.metrics import Labels, Probabilities

Positions = npt.NDArray[np.int64]

_N_MEANS = 2
"""Rows of the calibration table before the bins: the surprise and the squared distance of each picture."""


@dataclass(frozen=True, eq=False, kw_only=True)
class CalibrationDraws:
    """Hold what `linnet.records.evaluation.Calibration` holds, of every draw: each (n_draws,) float64."""

    log_loss: Values
    brier_score: Values
    expected: Values
    maximum: Values
    classwise: Values


def tally_table(predicted: Labels, labels: Labels, n_classes: int) -> Table:
    """Lay out which class each picture was rightly said to be of, is of, and was said to be of.

    Returns:
        (3 k, n) float64, sparse, 0 or 1.
    """
    n = len(labels)
    pictures = np.arange(n)
    right = predicted == labels
    rows = np.concatenate([labels[right], n_classes + labels, 2 * n_classes + predicted])
    columns = np.concatenate([pictures[right], pictures, pictures])
    return csr_array(coo_array((np.ones(len(rows)), (rows, columns)), shape=(3 * n_classes, n)))


def tallies(sums: Values) -> Tally:
    """Read the sums of `tally_table` over draws: (n_draws, 3 k) as (n_draws, k) three times."""
    n_right, n_true, n_predicted = np.split(sums, 3, axis=-1)
    return Tally(n_right=n_right, n_true=n_true, n_predicted=n_predicted)


def calibration_tables(probabilities: Probabilities, labels: Labels) -> tuple[Table, Table]:
    """Lay out what calibration numbers sum over pictures.

    The class-wise error has 15 bins for each class, and each picture lies in one of each class: with 200 classes that
    is 200 entries a picture, nearly all of them in the first bin. These are left out, and found again as what the
    others leave of the class's whole sum, for which the probabilities themselves are the second table.

    Returns:
        (2 + 3 * 15 + 15 k, n) float64, sparse; and (k, n) float64.
    """
    n, n_classes = probabilities.shape
    pictures = np.arange(n)
    confidence, is_right, bins = placed(probabilities, labels)
    slots = _N_MEANS + bins
    parts = [
        (np.zeros(n, dtype=np.int64), pictures, metrics.surprises(probabilities, labels)),
        (np.ones(n, dtype=np.int64), pictures, metrics.squared_distances(probabilities, labels)),
        (slots, pictures, np.ones(n)),
        (slots + N_BINS, pictures, confidence.astype(np.float64)),
        (slots + 2 * N_BINS, pictures, is_right.astype(np.float64)),
        *(_upper_bins(probabilities[:, i], labels, i) for i in range(n_classes)),
    ]
    rows, columns, values = (np.concatenate(part) for part in zip(*parts, strict=True))
    shape = (_N_MEANS + (3 + n_classes) * N_BINS, n)
    return csr_array(coo_array((values, (rows, columns)), shape=shape)), probabilities.T.astype(np.float64)


def _upper_bins(column: Probabilities, labels: Labels, i: int) -> tuple[Positions, Positions, Values]:
    """Return rows, columns and values of one class's entries: what came true less its probability, by bin."""
    bins = bins_of(column)
    (pictures,) = np.nonzero(bins)
    gaps = (labels[pictures] == i) - column[pictures].astype(np.float64)
    return _N_MEANS + (3 + i) * N_BINS + bins[pictures], pictures, gaps


def calibration_draws(sums: Values, of_probabilities: Values, n_true: Values) -> CalibrationDraws:
    """Compute calibration numbers of every draw.

    Args:
        sums: (n_draws, 2 + 3 * 15 + 15 k) float64, of the first of `calibration_tables`.
        of_probabilities: (n_draws, k) float64, of the second one.
        n_true: (n_draws, k) float64; pictures of each class in each draw.
    """
    n_draws, n_classes = n_true.shape
    n = n_true[0].sum()
    of_bins = sums[:, _N_MEANS : _N_MEANS + 3 * N_BINS].reshape(n_draws, 3, N_BINS)
    bins = Binned(n=of_bins[:, 0], confidence=of_bins[:, 1], right=of_bins[:, 2])
    gaps = sums[:, _N_MEANS + 3 * N_BINS :].reshape(n_draws, n_classes, N_BINS)
    lowest = n_true - of_probabilities - gaps.sum(axis=-1)
    classwise = (np.abs(gaps).sum(axis=-1) + np.abs(lowest)).mean(axis=-1) / n
    return CalibrationDraws(
        log_loss=sums[:, 0] / n,
        brier_score=sums[:, 1] / n,
        expected=expected_error(bins),
        maximum=maximum_error(bins),
        classwise=classwise,
    )
