"""Put a rectangle of another picture of the batch into each one, and mix their targets by area."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.transforms.augmentations.base import Augmentation, check_number
from linnet.transforms.augmentations.erasing import inside
from linnet.transforms.augmentations.mixup import beta_shares
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class CutMix(Augmentation):
    """Cover a rectangle of each picture with the same part of another one.

    Targets are mixed by the pixels that were really covered, after rounding and cutting off at the edges.

    Args:
        alpha: Both shapes of the Beta distribution that the kept share comes from; 1 makes every share as likely;
            0.001 .. 100.

    Source:
        Yun et al. 2019, "CutMix", equations 1 and 2.
    """

    about: ClassVar[str] = "put a part of another picture in, labels by area"
    keeps_bytes: ClassVar[bool] = True

    alpha: float = 1.0

    def __post_init__(self) -> None:
        check_number("cutmix.alpha", self.alpha, 0.001, 100)

    def apply(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Draw rectangles about equally likely middles, and cover them."""
        height, width = images.shape[2:]
        partners = draws.partners("partner")
        half = torch.sqrt(1 - beta_shares(self.alpha, draws)) / 2
        rows = _span(draws.uniform("row"), half, height)
        columns = _span(draws.uniform("column"), half, width)
        covered = inside(rows[0], columns[0], rows[1], columns[1], size=(height, width))
        share = ((rows[1] * columns[1]) / (height * width)).to(torch.float32)[:, None]
        others = images.index_select(0, partners)
        return torch.where(covered, others, images), torch.lerp(targets, targets[partners], share)


def _span(middle: Tensor, half: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Return first pixel and length of what a span about a middle covers, cut off at the edges; in shares of size."""
    first = ((middle - half) * size).round().clamp(0, size)
    last = ((middle + half) * size).round().clamp(0, size)
    return first, last - first
