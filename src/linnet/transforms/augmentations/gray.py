"""Take the color out of pictures."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number, per_picture
from linnet.transforms.augmentations.colors import grayed
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Gray(PictureAugmentation):
    """Make some pictures gray, with as many channels as before.

    Args:
        p: Probability, 0 .. 1.
    """

    about: ClassVar[str] = "take the color out, by chance"

    p: float = 0.1

    def __post_init__(self) -> None:
        check_number("gray.p", self.p, 0, 1)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Replace every channel by the brightness."""
        if images.shape[1] == 1:
            return images
        return torch.where(per_picture(draws.bernoulli("gray", self.p)), grayed(images), images)
