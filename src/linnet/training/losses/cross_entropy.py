"""Cross-entropy on logits: the negative logarithm of the probability that the truth got."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.training.losses.base import Loss


@dataclass(frozen=True, kw_only=True)
class CrossEntropy(Loss):
    """Return -sum_c t_c log softmax(z)_c; with a hard label this is log-softmax and negative log-likelihood in one.

    The logarithm of a softmax is taken in one step, z - log sum_j exp(z_j): a probability that is too small for
    float32 still has a finite logarithm. Its slope is p sum(t) - t = p - t.
    """

    about: ClassVar[str] = "negative logarithm of the true class's probability; the usual choice"

    def per_image(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return (b,) losses, at least the entropy of the targets, which is 0 for hard labels."""
        return -(targets * torch.log_softmax(logits, 1)).sum(1)
