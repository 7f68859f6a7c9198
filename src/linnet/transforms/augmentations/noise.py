"""Add noise to pictures."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number, per_picture
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Noise(PictureAugmentation):
    """Add normal noise to each pixel and channel, of a strength per picture.

    Args:
        deviation: Largest standard deviation, 0 .. 1 of the range from black to white.
    """

    about: ClassVar[str] = "add normal noise"

    deviation: float = 0.05

    def __post_init__(self) -> None:
        check_number("noise.deviation", self.deviation, 0, 1)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Add noise; the shell clamps."""
        strengths = per_picture(draws.uniform("deviation", 0, self.deviation))
        return images + strengths * draws.normal("noise", tuple(images.shape[1:]))
