"""Describe loaded data in numbers, for data.json and the report."""

import numpy as np
import numpy.typing as npt

from linnet.datasets.base import Dataset
from linnet.datasets.loading import Loaded
from linnet.records.data_facts import DataFacts

_BATCH = 4096
_STEPS = 20


def data_facts(loaded: Loaded) -> DataFacts:
    """Gather what is known of the data; reads the training pictures once, for their mean, deviation and brightness."""
    levels = np.arange(256) / 255
    counts, brightness = level_counts(loaded.part("train"))
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    mean = shares @ levels
    variance = (shares * (levels - mean[:, None]) ** 2).sum(axis=1)
    return DataFacts(
        name=loaded.name,
        class_names=loaded.everything.class_names,
        image_shape=loaded.everything.image_shape,
        geometry=loaded.geometry.to_plain(),
        counts=loaded.manifest.counts(),
        class_counts=loaded.manifest.class_counts(loaded.everything.class_names),
        files=loaded.files,
        mean=tuple(mean.tolist()),
        std=tuple(np.sqrt(variance).tolist()),
        brightness=tuple(brightness.tolist()),
        duplicates=loaded.duplicates,
        messages=loaded.messages,
        split_hash=loaded.split_hash(),
    )


def level_counts(data: Dataset) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Count how often each level 0 .. 255 occurs in each channel, and how bright the pictures are.

    Mean and deviation from these counts are exact, and the pictures are read once, in batches.

    Returns:
        (c, 256) int64, and (20,) int64: pictures by the mean of all their pixels, in equal steps from 0 to 1.
    """
    n_channels, n_pixels = data.image_shape[0], int(np.prod(data.image_shape))
    counts, brightness = np.zeros((n_channels, 256), dtype=np.int64), np.zeros(_STEPS, dtype=np.int64)
    for images, _ in data.batches(_BATCH):
        pixels = images.numpy()
        for channel in range(n_channels):
            counts[channel] += np.bincount(pixels[:, channel].ravel(), minlength=256)
        # In whole numbers, so that no picture on the edge of a step falls to either side by rounding.
        sums = pixels.sum(axis=(1, 2, 3), dtype=np.int64)
        steps = np.minimum(sums * _STEPS // (255 * n_pixels), _STEPS - 1)
        brightness += np.bincount(steps, minlength=_STEPS)
    return counts, brightness
