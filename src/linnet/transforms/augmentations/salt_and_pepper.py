"""Turn single pixels white or black."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class SaltAndPepper(PictureAugmentation):
    """Turn some pixels white and as many black, all channels together; how many is drawn per picture.

    Args:
        share: Largest share of the pixels, 0 .. 1.
    """

    about: ClassVar[str] = "turn single pixels white or black"

    share: float = 0.05

    def __post_init__(self) -> None:
        check_number("salt-and-pepper.share", self.share, 0, 1)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Compare one number per pixel with the picture's share: its lower half makes pepper, its upper half salt."""
        share = draws.uniform("share", 0, self.share).view(-1, 1, 1, 1)
        drawn = draws.uniform("pixels", shape=(1, *images.shape[2:]))
        salted = torch.where(drawn < share, torch.ones_like(images), images)
        return torch.where(drawn < share / 2, torch.zeros_like(images), salted)
