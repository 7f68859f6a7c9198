"""Numbers that say how good predictions are: pure functions of probabilities and labels, in NumPy."""

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


def confusion_counts(predicted: Labels, labels: Labels, n_classes: int) -> npt.NDArray[np.int64]:
    """Count how often each class was taken for each other.

    Args:
        predicted: (n,) int64, 0 .. k-1.
        labels: (n,) int64, 0 .. k-1; the truth.
        n_classes: k.

    Returns:
        (k, k) int64: rows are the truth, columns the prediction.
    """
    flat = np.bincount(labels * n_classes + predicted, minlength=n_classes * n_classes)
    return np.asarray(flat.reshape(n_classes, n_classes), dtype=np.int64)


def accuracy(predicted: Labels, labels: Labels) -> float:
    """Return the fraction of pictures that are right, in [0, 1]; n >= 1."""
    return float(np.mean(predicted == labels))


def balanced_accuracy(predicted: Labels, labels: Labels) -> float:
    """Return the mean of the classes' fractions right, over the classes that occur among the labels; n >= 1.

    Source:
        Brodersen et al. 2010, section 2, for two classes; the mean of the recalls for more.
    """
    totals = np.bincount(labels)
    right = np.bincount(labels[predicted == labels], minlength=len(totals))
    return float(np.mean(right[totals > 0] / totals[totals > 0]))


def log_loss(probabilities: Probabilities, labels: Labels) -> float:
    """Return the mean negative log-likelihood of the truth, in nats; 0 is perfect, ln k is guessing.

    Args:
        probabilities: (n, k) float32, rows sum to 1. Below the float32 resolution (1.2e-7) they count as that.
        labels: (n,) int64, 0 .. k-1; n >= 1.
    """
    given_to_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.mean(np.log(np.clip(given_to_truth, np.finfo(np.float32).eps, 1.0))))


def expected_calibration_error(probabilities: Probabilities, labels: Labels, *, n_bins: int = 15) -> float:
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
    confidence = probabilities.max(axis=1).astype(np.float64)
    correct = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    bins = np.clip(np.ceil(confidence * n_bins).astype(np.int64) - 1, 0, n_bins - 1)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(labels))
