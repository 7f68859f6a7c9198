"""What explainers by gradients share: logits that hang on the pixels, and one value per pixel out of its channels."""

from collections.abc import Callable

import torch
from torch import Tensor

from linnet.classifiers.capabilities import Differentiable

FLOATS_AT_ONCE = 2**18
"""Pixel values in one pass with its graph: 85 color pictures of 32 x 32; a deep network keeps 20 MB for each."""


def logits_of(rung: Differentiable) -> Callable[[Tensor], Tensor]:
    """Return the function from (b, c, h, w) pixels to (b, k) logits, whose graph leads back to the pixels always."""

    def logits(images: Tensor) -> Tensor:
        # Where nothing is learned the answer may not hang on the pixels at all; then its gradient is 0 and no error.
        return rung.logits(images) + 0 * images.flatten(1).sum(1, keepdim=True)

    return logits


def strongest(gradients: Tensor) -> Tensor:
    """Return (b, h, w) for (b, c, h, w): the largest value by magnitude among the channels, with its sign.

    A sum would lose edges between colors, whose channels pull in opposite directions.
    """
    return gradients.gather(1, gradients.abs().argmax(1, keepdim=True)).squeeze(1)


def images_at_once(image: Tensor, *, at_least: int = 1) -> int:
    """Return how many copies of a (c, h, w) picture may go through a network in one pass."""
    return max(at_least, FLOATS_AT_ONCE // max(1, image.numel()))


def target_logits(logits: Tensor, targets: Tensor) -> Tensor:
    """Return (b,) out of (b, k): each row's logit of its target."""
    return torch.gather(logits, 1, targets[:, None]).squeeze(1)
