"""Describe loaded data in numbers, for data.json and the report."""

import numpy as np
import numpy.typing as npt

from linnet.datasets.base import Dataset
from linnet.datasets.loading import Loaded
from linnet.records.data_facts import DataFacts

_BATCH = 4096


def data_facts(loaded: Loaded) -> DataFacts:
    """Gather what is known of the data; reads the training pictures once, for their mean and deviation."""
    levels = np.arange(256) / 255
    counts = level_counts(loaded.part("train")).astype(np.float64)  # (c, 256)
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
        duplicates=loaded.duplicates,
        messages=loaded.messages,
        split_hash=loaded.split_hash(),
    )


def level_counts(data: Dataset) -> npt.NDArray[np.int64]:
    """Count how often each level 0 .. 255 occurs in each channel, as (c, 256) int64.

    Mean and deviation from these counts are exact, and the pictures are read once, in batches.
    """
    n_channels = data.image_shape[0]
    counts = np.zeros((n_channels, 256), dtype=np.int64)
    for images, _ in data.batches(_BATCH):
        pixels = images.numpy()
        for channel in range(n_channels):
            counts[channel] += np.bincount(pixels[:, channel].ravel(), minlength=256)
    return counts
