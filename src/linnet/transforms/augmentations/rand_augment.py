"""Several random changes per picture, all of one strength."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number, check_whole
from linnet.transforms.augmentations.operations import OPERATIONS, Reach, operated
from linnet.transforms.draws import Draws

_REACH = Reach(degrees=30, slant=0.3, share=0.45, enhancement=0.9, lost_bits=4)


@dataclass(frozen=True, kw_only=True)
class RandAugment(PictureAugmentation):
    """Change each picture by n of fourteen operations, chosen anew each time, in a random direction.

    Args:
        n: How many, at least 0.
        magnitude: Strength, 0 .. 30.

    Source:
        Cubuk et al. 2019, "RandAugment", section 3.
    """

    about: ClassVar[str] = "n of fourteen changes, of one strength"

    n: int = 2
    magnitude: float = 9.0

    def __post_init__(self) -> None:
        check_whole("rand-augment.n", self.n, 0)
        check_number("rand-augment.magnitude", self.magnitude, 0, 30)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Change n times."""
        for i in range(self.n):
            which = draws.integers(f"{i} operation", 0, len(OPERATIONS))
            directions = 2 * draws.integers(f"{i} direction", 0, 2) - 1
            images = operated(images, which, directions * (self.magnitude / 30), _REACH)
        return images
