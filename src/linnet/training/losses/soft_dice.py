"""Soft Dice: how little the probabilities overlap with the truth."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.training.losses.base import Loss


@dataclass(frozen=True, kw_only=True)
class SoftDice(Loss):
    """Return 1 - 2 p.t / (p.p + t.t) with p = softmax(z), classes taking the place of the pixels of a mask.

    Since p.p + t.t - 2 p.t = |p - t|^2, it is |p - t|^2 / (|p|^2 + |t|^2): never negative, and 0 at p = t only, for
    soft targets too. The denominator is at least 2 / k, so that no smoothing term is needed. Its slope fades where a
    net is certain and wrong, so it forgives mislabelled images, and may start slowly.

    Source:
        Milletari, Navab and Ahmadi 2016, section 3, the form with squares.
    """

    about: ClassVar[str] = "overlap of probabilities with the truth; forgives wrong labels, starts slowly"

    def per_image(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return (b,) losses in 0 .. 1."""
        p = torch.softmax(logits, 1)
        return (p - targets).square().sum(1) / (p.square().sum(1) + targets.square().sum(1))
