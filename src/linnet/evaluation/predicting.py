"""From a classifier and a data set to predictions, with the time it took."""

import time
from dataclasses import dataclass

import numpy as np
import torch

from linnet.classifiers.base import Classifier
from linnet.datasets.base import Dataset
from linnet.errors import DataError
from linnet.progress import SILENT, Progress
from linnet.records.predictions import Predictions


@dataclass(frozen=True, kw_only=True)
class Timed:
    """Hold predictions and what they cost.

    Attributes:
        predictions: One row per picture, in the data set's order.
        seconds: Spent inside the classifier, reading pictures not counted.
    """

    predictions: Predictions
    seconds: float


def predict(classifier: Classifier, data: Dataset, *, progress: Progress = SILENT) -> Timed:
    """Predict a whole data set in batches.

    Raises:
        DataError: its classes are not the classifier's, in the same order.
    """
    if hasattr(classifier, "class_names_") and classifier.class_names_ != data.class_names:
        raise DataError(
            f"Pictures of the classes {', '.join(data.class_names)} were given to a {classifier.name()} that knows "
            f"{', '.join(classifier.class_names_)}; match them by name first."
        )
    parts, seconds = [torch.zeros(0, data.n_classes)], 0.0
    with progress.task(f"Predicting with {classifier.name()}", len(data)) as task:
        for images, _ in data.batches(max(classifier.chunk, 1)):
            started = time.perf_counter()
            parts.append(classifier.predict_proba(images))
            seconds += time.perf_counter() - started
            task.advance(len(images))
    predictions = of(data, torch.cat(parts))
    return Timed(predictions=predictions, seconds=seconds)


def of(data: Dataset, probabilities: torch.Tensor) -> Predictions:
    """Put (n, k) float32 probabilities beside the truth; torch stops here."""
    return Predictions(
        ids=data.ids,
        labels=np.asarray(data.labels.numpy(), dtype=np.int64),
        probabilities=np.asarray(probabilities.numpy(), dtype=np.float32),
        class_names=data.class_names,
    )
