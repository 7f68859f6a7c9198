"""Residual networks for small pictures, and any of timm's architectures from scratch."""

from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from linnet.classifiers.network import NetworkClassifier
from linnet.classifiers.networks.from_timm import build_timm, check_timm
from linnet.classifiers.networks.resnet import build_resnet
from linnet.errors import ConfigError


@dataclass(kw_only=True)
class ResNet(NetworkClassifier):
    """Train a residual network, by default ResNet-20 for pictures of 32 pixels.

    Args:
        depth: Layers, 6n + 2: 20, 32, 44, 56 or 110 are the paper's.
        architecture: One of timm's, with random weights, instead of ours; depth is not asked then.

    Source:
        He, Zhang, Ren and Sun 2016, section 4.2, with a cosine for its steps.
    """

    about: ClassVar[str] = "a residual network for small pictures, or any of timm's from scratch"
    position: ClassVar[int] = 90

    depth: int = 20
    architecture: str = ""
    optimizer: str = "nesterov"
    learning_rate: float = 0.1
    warmup: float = 0.05

    def check_settings(self) -> None:
        """Refuse a depth that no such network has, and an architecture that timm does not have."""
        if self.depth < 8 or (self.depth - 2) % 6:
            raise ConfigError(f"{self.name()}.depth should be 6n + 2, as 20, 32, 44, 56 or 110; it is {self.depth}.")
        if self.architecture:
            check_timm(self.architecture)

    def build(self, image_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
        """Make the layers."""
        if self.architecture:
            return build_timm(self.architecture, image_shape, n_classes)
        return build_resnet(image_shape, n_classes, depth=self.depth)
