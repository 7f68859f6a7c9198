"""Numbers that follow from how often each class was taken for each other, of one set of pictures or of many draws."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linnet.evaluation.metrics import Labels

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Tally:
    """Hold the diagonal and the sums of a confusion matrix: all that the numbers here depend on.

    Any number of axes may stand before the last one, so that a thousand bootstrap draws are one call.

    Attributes:
        n_right: (..., k) float64, whole numbers; pictures of each class that were said to be of it.
        n_true: (..., k) float64; pictures of each class.
        n_predicted: (..., k) float64; pictures that were said to be of it.
    """

    n_right: Values
    n_true: Values
    n_predicted: Values


def tally(predicted: Labels, labels: Labels, n_classes: int) -> Tally:
    """Count pictures, predictions and hits of each class.

    Args:
        predicted: (n,) int64, 0 .. k-1.
        labels: (n,) int64, 0 .. k-1; the truth.
        n_classes: k.
    """
    return Tally(
        n_right=np.bincount(labels[predicted == labels], minlength=n_classes).astype(np.float64),
        n_true=np.bincount(labels, minlength=n_classes).astype(np.float64),
        n_predicted=np.bincount(predicted, minlength=n_classes).astype(np.float64),
    )


def precisions(counts: Tally) -> Values:
    """Return each class's share of right ones among what was said to be of it, (..., k); nan where nothing was."""
    return _ratio(counts.n_right, counts.n_predicted)


def recalls(counts: Tally) -> Values:
    """Return each class's share of pictures that were found, (..., k); nan for a class without pictures."""
    return _ratio(counts.n_right, counts.n_true)


def f1_scores(counts: Tally) -> Values:
    """Return the harmonic mean of precision and recall, (..., k); nan for a class that nobody has or was given.

    With r right, t true and p predicted ones, 2 / (p/r + t/r) = 2 r / (t + p), which is 0 and not nan at r = 0.
    """
    return _ratio(2 * counts.n_right, counts.n_true + counts.n_predicted)


def balanced_accuracy(counts: Tally) -> Values:
    """Return the mean recall over the classes that have pictures, (...)."""
    return _mean_where(recalls(counts), counts.n_true > 0)


def macro(values: Values, counts: Tally) -> Values:
    """Average a number of the classes over those that have pictures or were predicted; an undefined one counts as 0.

    This is what other libraries call a macro mean: a class that is never predicted has no precision, and a rung should
    not look better for it.

    Args:
        values: (..., k) float64, with nan where undefined.
        counts: What the values were computed from.
    """
    return _mean_where(np.nan_to_num(values, nan=0.0), counts.n_true + counts.n_predicted > 0)


def cohens_kappa(counts: Tally) -> Values:
    """Return how far accuracy exceeds what chance would give with the same class shares, (...), in [-1, 1].

    nan where chance alone is always right: one class, and nothing else said.

    Source:
        Cohen 1960, equation 1; with n pictures, r right ones and m = sum of true times predicted counts, it is
        (r/n - m/n^2) / (1 - m/n^2) = (n r - m) / (n^2 - m).
    """
    n, right, by_chance = _sums(counts)
    return _ratio(n * right - by_chance, n * n - by_chance)


def matthews_correlation(counts: Tally) -> Values:
    """Return the correlation of prediction and truth, (...), in [-1, 1]; 0 where only one class is ever said.

    nan where the pictures are of one class only: then nothing can correlate with the truth.

    Source:
        Gorodkin 2004, equation 8, for k classes; Matthews 1975 for two.
    """
    n, right, by_chance = _sums(counts)
    of_truth = n * n - (counts.n_true**2).sum(axis=-1)
    of_prediction = n * n - (counts.n_predicted**2).sum(axis=-1)
    product = of_truth * np.where(of_prediction > 0, of_prediction, 1.0)
    return _ratio(n * right - by_chance, np.sqrt(product))


def _sums(counts: Tally) -> tuple[Values, Values, Values]:
    """Return pictures, right ones, and the sum over classes of true times predicted counts, each (...)."""
    products = counts.n_true * counts.n_predicted
    return counts.n_true.sum(axis=-1), counts.n_right.sum(axis=-1), products.sum(axis=-1)


def _mean_where(values: Values, counted: npt.NDArray[np.bool_]) -> Values:
    return _ratio(np.where(counted, values, 0.0).sum(axis=-1), counted.sum(axis=-1))


def _ratio(above: npt.ArrayLike, below: npt.ArrayLike) -> Values:
    """Divide, with nan and no warning where the divisor is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64))
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))
