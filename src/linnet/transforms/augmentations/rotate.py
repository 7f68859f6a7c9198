"""Turn pictures about their middle."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number, check_word
from linnet.transforms.augmentations.moving import EDGES, Edge
from linnet.transforms.augmentations.warping import angles, rotation, warped
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Rotate(PictureAugmentation):
    """Turn each picture about its middle, either way.

    Args:
        degrees: Largest angle, 0 .. 180.
        edge: What comes in from beyond the edge: "zero" or "reflect".
    """

    about: ClassVar[str] = "turn about the middle"

    degrees: float = 15.0
    edge: Edge = "zero"

    def __post_init__(self) -> None:
        check_number("rotate.degrees", self.degrees, 0, 180)
        check_word("rotate.edge", self.edge, EDGES)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Turn by -degrees .. degrees, each angle as likely."""
        return warped(images, rotation(angles(draws, "degrees", self.degrees)), edge=self.edge)
