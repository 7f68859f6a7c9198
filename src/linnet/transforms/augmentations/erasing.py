"""Cover a rectangle of each picture."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor

from linnet.errors import ConfigError
from linnet.transforms.augmentations.base import PictureAugmentation, check_number, check_word, per_picture
from linnet.transforms.draws import Draws

Fill = Literal["mean", "noise", "black"]


@dataclass(frozen=True, kw_only=True)
class Erasing(PictureAugmentation):
    """Cover a rectangle of random size, shape and place, in some pictures; it always lies wholly inside.

    Args:
        p: Probability, 0 .. 1.
        low: Smallest share of the area, 0 .. 1.
        high: Largest share, `low` .. 1.
        elongation: Largest ratio of the longer side to the shorter one, at least 1.
        fill: What covers it: the picture's "mean" color, "noise" (uniform), or "black".

    Source:
        Zhong et al. 2017, "Random erasing data augmentation"; also as Cutout, DeVries and Taylor 2017.
    """

    about: ClassVar[str] = "cover a rectangle, by chance"

    p: float = 0.5
    low: float = 0.02
    high: float = 0.33
    elongation: float = 3.3
    fill: Fill = "mean"

    def __post_init__(self) -> None:
        check_number("erasing.p", self.p, 0, 1)
        check_number("erasing.low", self.low, 0, 1)
        check_number("erasing.high", self.high, 0, 1)
        check_number("erasing.elongation", self.elongation, 1, 100)
        check_word("erasing.fill", self.fill, get_args(Fill))
        if self.low > self.high:
            raise ConfigError(f"erasing.low should be at most erasing.high; they are {self.low} and {self.high}.")

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Draw rectangles and cover them."""
        height, width = images.shape[2:]
        areas = draws.uniform("area", self.low, self.high) * (height * width)
        longest = math.log(self.elongation)
        ratios = torch.exp(draws.uniform("ratio", -longest, longest))
        tall = torch.sqrt(areas * ratios).round().clamp(max=height)
        wide = torch.sqrt(areas / ratios).round().clamp(max=width)
        top = torch.floor(draws.uniform("top") * (height - tall + 1))
        left = torch.floor(draws.uniform("left") * (width - wide + 1))
        covered = inside(top, left, tall, wide, size=(height, width))
        covered &= draws.bernoulli("erase", self.p).view(-1, 1, 1, 1)
        return torch.where(covered, self._cover(images, draws), images)

    def _cover(self, images: Tensor, draws: Draws) -> Tensor:
        if self.fill == "noise":
            return draws.uniform("cover", shape=tuple(images.shape[1:])).to(torch.float32)
        if self.fill == "mean":
            return images.flatten(2).to(torch.float64).mean(2).to(torch.float32)[:, :, None, None]
        return per_picture(torch.zeros(len(images), device=images.device))


def inside(top: Tensor, left: Tensor, tall: Tensor, wide: Tensor, *, size: tuple[int, int]) -> Tensor:
    """Say which pixels lie in each picture's rectangle, as (b, 1, h, w) bool; all four are (b,) whole numbers."""
    rows = torch.arange(size[0], device=top.device)
    columns = torch.arange(size[1], device=top.device)
    in_rows = (rows >= top[:, None]) & (rows < (top + tall)[:, None])
    in_columns = (columns >= left[:, None]) & (columns < (left + wide)[:, None])
    return (in_rows[:, :, None] & in_columns[:, None, :])[:, None]
