"""One random change per picture, of random strength."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number
from linnet.transforms.augmentations.operations import OPERATIONS, Reach, operated
from linnet.transforms.draws import Draws

_REACH = Reach(degrees=135, slant=0.99, share=0.5, enhancement=0.99, lost_bits=6)


@dataclass(frozen=True, kw_only=True)
class TrivialAugment(PictureAugmentation):
    """Change each picture by one of fourteen operations, each strength as likely; nothing to tune.

    Args:
        strength: Largest strength, 0 .. 1; 1 is the paper's wide space, where half the side may move out.

    Source:
        Müller and Hutter 2021, "TrivialAugment", section 3, with translations in shares of the side.
    """

    about: ClassVar[str] = "one of fourteen changes, of any strength"

    strength: float = 1.0

    def __post_init__(self) -> None:
        check_number("trivial-augment.strength", self.strength, 0, 1)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Change once."""
        which = draws.integers("operation", 0, len(OPERATIONS))
        return operated(images, which, draws.uniform("strength", -self.strength, self.strength), _REACH)
