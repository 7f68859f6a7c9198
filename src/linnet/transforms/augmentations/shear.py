"""Slant pictures."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number, check_word
from linnet.transforms.augmentations.moving import EDGES, Edge
from linnet.transforms.augmentations.warping import angles, shearing, warped
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Shear(PictureAugmentation):
    """Slant each picture sideways and up or down, each by its own angle.

    Args:
        degrees: Largest angle, 0 .. 45.
        edge: What comes in from beyond the edge: "zero" or "reflect".
    """

    about: ClassVar[str] = "slant sideways and upwards"

    degrees: float = 10.0
    edge: Edge = "zero"

    def __post_init__(self) -> None:
        # At 45 degrees both ways every pixel would lie on one line; only that one draw, of no probability, is lost.
        check_number("shear.degrees", self.degrees, 0, 45)
        check_word("shear.edge", self.edge, EDGES)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Slant by angles that are equally likely."""
        across, down = (torch.tan(angles(draws, name, self.degrees)) for name in ("across", "down"))
        return warped(images, shearing(across, down, across), edge=self.edge)
