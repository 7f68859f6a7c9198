"""Rungs that see a picture as one long row of numbers: from pixels to features, the same at fit and predict."""

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from linnet.classifiers.base import Classifier
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError
from linnet.progress import Progress
from linnet.transforms.resize import shrink, shrunk_shape


@dataclass(frozen=True, eq=False, kw_only=True)
class Features:
    """Hold what a flat rung learns from.

    Attributes:
        values: (n, d) uint8, or float32 / float64 as given; d = c * h * w, channel after channel.
        labels: (n,) int64, 0 .. k-1.
        n_classes: k.
        n_channels: c; feature j belongs to channel j // (d / c); mean and deviation are taken per channel.
        weights: (n,) float64, mean 1: how much each picture counts; None counts all alike.
    """

    values: Tensor
    labels: Tensor
    n_classes: int
    n_channels: int
    weights: Tensor | None = None


@dataclass(kw_only=True)
class FlatClassifier(Classifier):
    """Turn pictures into rows of features; an entry fills `fit_features` and `features_proba`.

    Args:
        max_side: Pixels; a picture whose longer side is longer is averaged down to it first. 0: never.
        balance: Whether every class counts alike, however many pictures it has.
    """

    max_side: int = 32
    balance: bool = False

    def __post_init__(self) -> None:
        if self.max_side < 0:
            raise ConfigError(
                f"{self.name()}.max_side should be 0 (never shrink) or a length in pixels; it is {self.max_side}."
            )
        self.check_settings()

    def features(self, train: Dataset) -> Features:
        """Read a data set as rows of features, in batches, so that only the shrunk pixels fill memory."""
        parts = [self.flatten(images) for images, _ in train.batches(self.chunk)]
        weights = class_weights(train.labels, train.n_classes) if self.balance else None
        return Features(
            values=torch.cat(parts) if len(parts) > 1 else parts[0],
            labels=train.labels,
            n_classes=train.n_classes,
            n_channels=train.image_shape[0],
            weights=weights,
        )

    def flatten(self, images: Tensor) -> Tensor:
        """Turn (n, c, h, w) uint8 or float32 in [0, 1] into (n, d) of the same type, shrunk where too large."""
        if shrunk_shape((1, *images.shape[2:]), self.max_side) == (1, *images.shape[2:]):
            return images.flatten(1)
        # Shrinking goes through floats, four bytes for each of the large pictures' pixels: chunks bound that.
        return torch.cat([shrink(part, self.max_side).flatten(1) for part in torch.split(images, self.chunk)])

    def _fit(self, train: Dataset, valid: Dataset | None, *, seed: int, progress: Progress) -> None:
        self.fit_features(self.features(train), seed=seed, progress=progress)

    def _predict_proba(self, images: Tensor) -> Tensor:
        return self.features_proba(self.flatten(images))

    def feature_shape(self) -> tuple[int, int, int]:
        """Return (c, h, w) of the pictures that the features are the pixels of; known after fit."""
        return shrunk_shape(self.image_shape_, self.max_side)

    @abstractmethod
    def check_settings(self) -> None:
        """Refuse settings out of their range.

        Raises:
            ConfigError: says which, with its value and its range.
        """

    @abstractmethod
    def fit_features(self, train: Features, *, seed: int, progress: Progress) -> None:
        """Learn from features; may be called without pictures, as the scikit-learn estimators do.

        uint8 values are pixels 0 .. 255; float values are taken as they are.
        """

    @abstractmethod
    def features_proba(self, values: Tensor) -> Tensor:
        """Return (n, k) probabilities for (n, d) features.

        A rung that learned from uint8 pixels takes float values as pixels / 255, in [0, 1].
        """


def class_weights(labels: Tensor, n_classes: int) -> Tensor:
    """Weigh each picture by the inverse of its class's share.

    Returns:
        (n,) float64, mean 1; the classes that occur have equal sums.
    """
    counts = torch.bincount(labels, minlength=n_classes).to(torch.float64)
    n_present = int((counts > 0).sum())
    return (len(labels) / (n_present * counts.clamp(min=1)))[labels]
