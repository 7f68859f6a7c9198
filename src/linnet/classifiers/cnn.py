"""The textbook convolutional network: three blocks of two convolutions and a fully connected head."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from linnet.classifiers.network import NetworkClassifier
from linnet.classifiers.networks.cnn import build_cnn
from linnet.errors import ConfigError


@dataclass(kw_only=True)
class CNN(NetworkClassifier):
    """Train the textbook network with the textbook recipe: Adam, a constant rate, pad-crop and flip.

    Args:
        width: Multiplies the channels and hidden units; 1 is the textbook's.
    """

    about: ClassVar[str] = "the textbook convolutional network"
    position: ClassVar[int] = 80

    width: float = 1.0
    optimizer: str = "adam"
    learning_rate: float = 1e-4
    weight_decay: float = 0.0
    schedule: str = "constant"

    def check_settings(self) -> None:
        """Refuse a width out of its range."""
        if not 0 < self.width < float("inf"):
            raise ConfigError(f"{self.name()}.width should be above 0; it is {self.width}.")

    def build(self, image_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
        """Make the layers."""
        return build_cnn(image_shape, n_classes, width=self.width)
