"""A fit, and the seconds that it took."""

import time

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Chronicled
from linnet.datasets.base import Dataset
from linnet.progress import SILENT, Progress


def timed_fit(
    classifier: Classifier, train: Dataset, valid: Dataset | None, *, seed: int, progress: Progress = SILENT
) -> float:
    """Fit a classifier, and return the seconds, those before an interruption counted where the rung knows them."""
    started = time.perf_counter()
    classifier.fit(train, valid, seed=seed, progress=progress)
    measured = time.perf_counter() - started
    if isinstance(classifier, Chronicled) and classifier.history_.epochs:
        return max(measured, classifier.history_.epochs[-1].seconds)
    return measured
