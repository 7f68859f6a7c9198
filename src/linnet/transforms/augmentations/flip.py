"""Mirror pictures left to right at random."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number
from linnet.transforms.augmentations.moving import mirrored
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Flip(PictureAugmentation):
    """Mirror each picture left to right with some probability; not for pictures whose label that changes.

    Args:
        p: Probability, 0 .. 1.
    """

    about: ClassVar[str] = "mirror left to right, by chance"
    keeps_bytes: ClassVar[bool] = True

    p: float = 0.5

    def __post_init__(self) -> None:
        check_number("flip.p", self.p, 0, 1)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Mirror the chosen ones."""
        return mirrored(images, draws.bernoulli("mirror", self.p))
