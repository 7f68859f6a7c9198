"""The temperature that makes a rung's probabilities fit its validation pictures; what it does is in `tempering.py`."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import logsumexp, softmax

from linnet.classifiers.base import Classifier
from linnet.records.predictions import Predictions
from linnet.records.run import Run

LEAST_IMAGES = 20
"""With fewer validation pictures a temperature would follow their chance more than the rung."""

LOWEST, HIGHEST = 0.05, 20.0
"""Where a temperature is looked for."""

LEAST_GAIN = 1.0
"""Nats of log-likelihood, over all pictures together, that make one more fitted number worth it (Akaike 1974)."""

_BLOCK = 1 << 20
"""Probabilities that are worked on at once; bounds memory with many classes."""

_Numbers = npt.NDArray[np.float64]


def fit_temperature(predictions: Predictions) -> float:
    """Find the temperature with the least mean negative log-likelihood of softmax(log(p) / T) on validation pictures.

    With u = 1/T, z = log p and q = softmax(u z), the loss of targets t is convex in u (a sum of log-sum-exps, less a
    linear term), and its slope,

        mean over pictures of  sum_j (q_j - t_j) z_j,

    rises with u; so the minimum is where the slope is zero, or at an end where it has no zero. Where every picture is
    right the likelihood alone would want T = 0. As Platt does, the truth has therefore the target 1 - 1/(n + 2) instead
    of 1, and the other classes share the rest: what n pictures that are all right let one believe.

    Args:
        predictions: Of pictures that the rung did not learn from, as it says them without a temperature.

    Returns:
        In [0.05, 20]; 1.0 where there is nothing to find: fewer than 20 pictures, the same answer for all of them, or a
        gain in log-likelihood of less than 1 nat over all pictures, which a fitted number finds by chance.

    Source:
        Guo et al. 2017, section 4.2; Platt 1999, section 2.2, for the targets.
    """
    said = predictions.probabilities
    if len(said) < LEAST_IMAGES or said.shape[1] < 2 or np.array_equal(said, np.broadcast_to(said[:1], said.shape)):
        return 1.0
    best = _best(predictions)
    gain = len(said) * (_loss(1.0, predictions) - _loss(1 / best, predictions))
    return best if gain >= LEAST_GAIN else 1.0


def calibrated(run: Run, row: str, classifier: Classifier) -> Classifier:
    """Give a fitted rung the temperature that suits its validation predictions, or none where the protocol wants none.

    With folds these are the answers of each fold's fit for the pictures that it had not seen, all together.

    Args:
        run: Holds the validation predictions.
        row: The rung's row.
        classifier: Fitted.
    """
    said = run.predictions(row, "valid") if run.experiment.protocol.calibrate else None
    return classifier.calibrated(1.0 if said is None else fit_temperature(said))


def _best(predictions: Predictions) -> float:
    """Return the temperature where the loss is least, in the range in which it is looked for."""
    coldest, hottest = 1 / LOWEST, 1 / HIGHEST
    if _slope(coldest, predictions) <= 0:
        return LOWEST
    if _slope(hottest, predictions) >= 0:
        return HIGHEST
    return float(1 / brentq(_slope, hottest, coldest, args=(predictions,), xtol=1e-9))


def _loss(inverse: float, predictions: Predictions) -> float:
    """Return the mean loss for an inverse temperature, in nats."""
    total = sum(
        float((logsumexp(inverse * logs, axis=1) - inverse * wanted).sum()) for logs, wanted in _blocks(predictions)
    )
    return total / len(predictions)


def _slope(inverse: float, predictions: Predictions) -> float:
    """Return the derivative of the mean loss with respect to 1/T."""
    total = sum(
        float(((softmax(inverse * logs, axis=1) * logs).sum(axis=1) - wanted).sum())
        for logs, wanted in _blocks(predictions)
    )
    return total / len(predictions)


def _blocks(predictions: Predictions) -> Iterator[tuple[_Numbers, _Numbers]]:
    """Yield z, (b, k) float64 logarithms, at least that of the smallest float32, and (b,) the sums of t z."""
    n, k = predictions.probabilities.shape
    size = max(1, _BLOCK // k)
    for start in range(0, n, size):
        part = slice(start, start + size)
        least = np.finfo(np.float32).tiny
        logs = np.log(np.maximum(predictions.probabilities[part].astype(np.float64), least))
        truth = logs[np.arange(len(logs)), predictions.labels[part]]
        # The target of the truth is 1 - 1/(n + 2); the k - 1 others share the rest.
        yield logs, truth * (1 - 1 / (n + 2)) + (logs.sum(axis=1) - truth) / ((n + 2) * (k - 1))
