"""How sure a classifier may be of its outputs: the one number that turns margins into probabilities."""

import torch
from torch import Tensor

from linnet.training.textbook.losses import softmax

LEAST = 0.01
"""Outputs that tell nothing would get 0, and with it every class the same probability; so much keeps their order."""

_HALVINGS = 50

_EVERY = 5


def fit_sharpness(outputs: Tensor, labels: Tensor, *, weights: Tensor | None = None) -> float:
    """Find the factor a that makes softmax(a o) explain labels best.

    The mean cross-entropy is convex in a, with the slope mean sum_j (p_j - y_j) o_j: a is where it changes its sign.
    The truth y is mixed with an even share, as if each class had been seen once more for every image together
    (k / (n + k) of it), which keeps a finite where outputs are always right; Platt 1999 does the same for two classes.

    Args:
        outputs: (n, k) float64 for images that the outputs were not fitted to.
        labels: (n,) int64, 0 .. k-1.
        weights: (n,) float64; None counts all alike.

    Returns:
        At least `LEAST`; 1 where there is no image.
    """
    n, k = outputs.shape
    if n == 0:
        return 1.0
    share = k / (n + k)
    truth = torch.full_like(outputs, share / k).scatter_add_(
        1, labels[:, None], torch.full((n, 1), 1 - share, dtype=outputs.dtype)
    )
    w = torch.ones(n, dtype=outputs.dtype) if weights is None else weights
    spread = outputs - outputs.mean(1, keepdim=True)
    wanted = float((truth * spread).sum(1) @ w)

    def slope(a: float) -> float:
        return float((softmax(a * spread) * spread).sum(1) @ w) - wanted

    low, high = LEAST, 1.0
    if slope(low) >= 0:
        return LEAST
    while slope(high) < 0 and high < 2**40:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return (low + high) / 2


def held_out(labels: Tensor, *, n_classes: int) -> Tensor:
    """Choose every fifth image of each class, for outputs to be judged on that were not fitted to them.

    Returns:
        (n,) bool; False everywhere where no class has five images.
    """
    chosen = torch.zeros(len(labels), dtype=torch.bool)
    for label in range(n_classes):
        chosen[torch.nonzero(labels == label).flatten()[_EVERY - 1 :: _EVERY]] = True
    return chosen
