"""Linnet's own convolutional rung: the most accuracy per second that we know how to get."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from linnet.classifiers.network import NetworkClassifier, Preprocessed
from linnet.classifiers.networks.fast import FastNetwork
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError

_WHITENED = 5000
"""So many training pictures, evenly spread, tell what patches look like."""


@dataclass(kw_only=True)
class FastCNN(NetworkClassifier):
    """Train a small network in few rounds: whitened patches, identity starts, Muon, a rate that falls to zero.

    Args:
        width: Multiplies the channels.

    Source:
        After Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", and the record kept there since.
    """

    about: ClassVar[str] = "a small convolutional network that learns in few rounds"
    position: ClassVar[int] = 70
    usual_batch: ClassVar[int] = 500

    width: float = 1.0
    epochs: int = 8
    optimizer: str = "muon"
    learning_rate: float = 0.12
    momentum: float = 0.6
    weight_decay: float = 0.0
    schedule: str = "linear"
    label_smoothing: float = 0.2

    def check_settings(self) -> None:
        """Refuse a width out of its range."""
        if not 0 < self.width < float("inf"):
            raise ConfigError(f"{self.name()}.width should be above 0; it is {self.width}.")

    def build(self, image_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
        """Make the layers."""
        return FastNetwork(image_shape, n_classes, width=self.width)

    def prepare(self, network: Preprocessed, train: Dataset) -> None:
        """Whiten the first layer's patches."""
        step = max(1, -(-len(train) // _WHITENED))
        body = network.body
        if isinstance(body, FastNetwork):
            body.whiten_like(network.prepared(train.subset(torch.arange(0, len(train), step)).images))

    def automatic_augmentation(self, image_shape: tuple[int, int, int]) -> str:
        """Shift by a little, and flip each picture in every second round."""
        return f"pad-crop(padding={max(1, min(image_shape[1:]) // 16)}),alternating-flip"
