"""Put pictures out of focus."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.errors import ConfigError
from linnet.transforms.augmentations.base import PictureAugmentation, check_number, per_picture
from linnet.transforms.augmentations.moving import padded
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Blur(PictureAugmentation):
    """Average each pixel with its surroundings by a Gaussian, of a width per picture; edges are mirrored.

    Args:
        low: Smallest standard deviation in pixels, 0 .. 20.
        high: Largest one, `low` .. 20.
    """

    about: ClassVar[str] = "Gaussian blur"

    low: float = 0.1
    high: float = 2.0

    def __post_init__(self) -> None:
        check_number("blur.low", self.low, 0, 20)
        check_number("blur.high", self.high, 0, 20)
        if self.low > self.high:
            raise ConfigError(f"blur.low should be at most blur.high; they are {self.low} and {self.high}.")

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Blur down the columns and then along the rows, which is the same as both at once."""
        # The reach is that of the widest blur, so that it does not hang on what the batch has drawn.
        return blurred(images, draws.uniform("deviation", self.low, self.high), reach=math.ceil(3 * self.high))


def blurred(images: Tensor, deviations: Tensor, *, reach: int) -> Tensor:
    """Blur each picture by its own Gaussian.

    Args:
        images: (b, c, h, w) float32.
        deviations: (b,) float64, pixels, at least 0.
        reach: How many pixels away a pixel still counts.
    """
    distances = torch.arange(reach + 1, dtype=torch.float64, device=images.device)
    # Below a thousandth of a pixel nothing but the pixel itself counts, and 0 would divide by 0.
    weights = torch.exp(-0.5 * (distances / deviations.clamp(min=1e-3)[:, None]) ** 2)
    weights = weights / (2 * weights.sum(1, keepdim=True) - 1)
    for axis in (2, 3):
        size = images.shape[axis]
        wide = padded(images, *((reach, 0) if axis == 2 else (0, reach)), "reflect")
        images = images * per_picture(weights[:, 0])
        for distance in range(1, reach + 1):
            both = wide.narrow(axis, reach - distance, size) + wide.narrow(axis, reach + distance, size)
            images.addcmul_(both, per_picture(weights[:, distance]))
    return images
