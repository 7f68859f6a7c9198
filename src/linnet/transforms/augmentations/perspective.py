"""Look at pictures from aside."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number, check_word
from linnet.transforms.augmentations.moving import EDGES, Edge
from linnet.transforms.augmentations.warping import to_corners, warped
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Perspective(PictureAugmentation):
    """Move the four corners of each picture inwards, each by its own distance.

    Args:
        distortion: Largest distance, 0 .. 0.9 of half the height and half the width.
        edge: What comes in from beyond the edge: "zero" or "reflect".
    """

    about: ClassVar[str] = "move the corners inwards, as if seen from aside"

    distortion: float = 0.3
    edge: Edge = "zero"

    def __post_init__(self) -> None:
        check_number("perspective.distortion", self.distortion, 0, 0.9)
        check_word("perspective.edge", self.edge, EDGES)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Move each corner by distances that are equally likely."""
        height, width = images.shape[2:]
        inwards = draws.uniform("inwards", 0, self.distortion, (4, 2))
        signs = torch.tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=torch.float64, device=images.device)
        corners = signs * (1 - inwards) * torch.tensor([width / 2, height / 2], dtype=torch.float64).to(images.device)
        return warped(images, to_corners(corners, height, width), edge=self.edge)
