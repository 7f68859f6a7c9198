"""Focal loss: cross-entropy that looks away from what is learned already."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.errors import ConfigError
from linnet.training.losses.base import Loss


@dataclass(frozen=True, kw_only=True)
class Focal(Loss):
    """Return -sum_c t_c (1 - p_c)^gamma log p_c with p = softmax(z).

    Args:
        gamma: At least 0. An image whose class has probability p counts (1 - p)^gamma of its cross-entropy: 0 is
            cross-entropy itself, 2 counts an image at p = 0.9 for a hundredth.

    Source:
        Lin et al. 2017, equation 4; its class weights alpha are the loss's class_weights.
    """

    about: ClassVar[str] = "cross-entropy that counts easy images less"

    gamma: float = 2.0

    def __post_init__(self) -> None:
        """Refuse a negative gamma."""
        if not 0 <= self.gamma < math.inf:
            raise ConfigError(f"focal.gamma should be a number of at least 0; it is {self.gamma}.")

    def per_image(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return (b,) losses, at most cross-entropy."""
        logarithms = torch.log_softmax(logits, 1)
        # 1 - exp(l) loses everything where p is nearly 1; expm1 does not. At exactly 0 the slope of a power below 1 is
        # infinite, and infinite times a logarithm of 0 is no number: the floor cuts that slope off.
        doubts = (-torch.expm1(logarithms)).clamp(min=torch.finfo(logits.dtype).tiny)
        return -(targets * doubts.pow(self.gamma) * logarithms).sum(1)
