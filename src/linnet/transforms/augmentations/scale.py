"""Enlarge and shrink pictures about their middle."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.errors import ConfigError
from linnet.transforms.augmentations.base import PictureAugmentation, check_number, check_word
from linnet.transforms.augmentations.moving import EDGES, Edge
from linnet.transforms.augmentations.warping import scaling, warped
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Scale(PictureAugmentation):
    """Enlarge or shrink each picture about its middle; its frame keeps its size.

    Args:
        low: Smallest factor, 0.1 .. 10; below 1 shrinks.
        high: Largest factor, `low` .. 10.
        edge: What comes in from beyond the edge: "zero" or "reflect".
    """

    about: ClassVar[str] = "enlarge or shrink about the middle"

    low: float = 0.8
    high: float = 1.25
    edge: Edge = "zero"

    def __post_init__(self) -> None:
        check_number("scale.low", self.low, 0.1, 10)
        check_number("scale.high", self.high, 0.1, 10)
        check_word("scale.edge", self.edge, EDGES)
        if self.low > self.high:
            raise ConfigError(f"scale.low should be at most scale.high; they are {self.low} and {self.high}.")

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Scale by factors whose logarithms are equally likely, so that half is as likely as twice."""
        factors = torch.exp(draws.uniform("factor", math.log(self.low), math.log(self.high)))
        return warped(images, scaling(factors), edge=self.edge)
