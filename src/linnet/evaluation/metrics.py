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
    return float(np.mean(surprises(probabilities, labels)))


def surprises(probabilities: Probabilities, labels: Labels) -> npt.NDArray[np.float64]:
    """Return the negative log-likelihood of each truth, (n,) float64 in nats, 0 .. 16."""
    given_to_truth = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return np.asarray(-np.log(np.clip(given_to_truth, np.finfo(np.float32).eps, 1.0)))


def brier_score(probabilities: Probabilities, labels: Labels) -> float:
    """Return the mean squared distance of the probabilities from the truth; 0 is perfect, 2 is sure and wrong.

    Args:
        probabilities: (n, k) float32, rows sum to 1.
        labels: (n,) int64, 0 .. k-1; n >= 1.

    Source:
        Brier 1950, equation 2: summed over the classes, not halved.
    """
    return float(np.mean(squared_distances(probabilities, labels)))


def squared_distances(probabilities: Probabilities, labels: Labels) -> npt.NDArray[np.float64]:
    """Return the squared distance of each row from the corner of its truth, (n,) float64 in [0, 2]."""
    distances = probabilities.astype(np.float64)
    distances[np.arange(len(labels)), labels] -= 1
    return np.asarray((distances**2).sum(axis=1))


def top_k_hits(probabilities: Probabilities, labels: Labels, *, k: int) -> npt.NDArray[np.bool_]:
    """Say whether the truth is among the k largest probabilities of each row, (n,) bool.

    Of equal probabilities the smaller index counts as the larger one, as in a prediction; so k = 1 is accuracy.

    Args:
        probabilities: (n, classes) float32.
        labels: (n,) int64; the truth.
        k: At least 1.
    """
    of_truth = np.take_along_axis(probabilities, labels[:, None], axis=1)
    columns = np.arange(probabilities.shape[1])
    ahead = (probabilities > of_truth) | ((probabilities == of_truth) & (columns < labels[:, None]))
    return np.asarray(ahead.sum(axis=1) < k)


def top_k_accuracy(probabilities: Probabilities, labels: Labels, *, k: int) -> float:
    """Return the fraction of pictures whose truth is among the k classes with the largest probabilities; n >= 1."""
    return float(np.mean(top_k_hits(probabilities, labels, k=k)))
