"""How the losses bend: second derivatives in the compact form that steers a solver; no answer depends on them.

The second derivative of a mean loss of z = W x + b by (W, b) is the mean over images of H_i (x) x_i x_i^T, where H_i is
the (k, k) second derivative of the loss of image i by its logits. Here it is replaced by the product of means,
B (x) A with B = mean H_i and A = mean x_i x_i^T: a solver then divides by A's and B's eigenvalues, and what the
replacement misses is left to its memory. This is the Kronecker factorization of Martens and Grosse 2015 (K-FAC) for
one layer, where A is exact.
"""

import torch
from torch import Tensor

from linnet.training.convex.gram import Spectrum
from linnet.training.textbook.losses import softmax

_FLOOR = 1e-3
"""The flattest direction of B counts as at least this share of the steepest: all classes up by one bends nothing."""


def cross_entropy_coupling(logits: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return B = mean of w (diag(p) - p p^T) with p = softmax(z).

    Args:
        logits: (n, k) float.
        weights: (n,) float, mean 1; None counts all alike.

    Returns:
        (k, k) float64.
    """
    p = softmax(logits)
    weighted = p if weights is None else p * weights.to(p.dtype)[:, None]
    return (torch.diag(weighted.sum(0)) - weighted.T @ p).to(torch.float64) / len(p)


def hinge_coupling(logits: Tensor, labels: Tensor, *, width: float, weights: Tensor | None = None) -> Tensor:
    """Return B for the rounded hinge, made wide enough to lie above it.

    A pair (j, y) bends by 1 / width while 0 < t_j < width and not at all beyond, where the slope is 1. A parabola
    that touches the loss at t_j with the same slope and lies above it everywhere bends by 1 / max(t_j, width); that
    is used instead, so that steps stay sensible where everything is far from its corner. Each pair adds
    (e_j - e_y)(e_j - e_y)^T times its bend. With M_jy the weighted sum of bends: B = diag(row sums of M) +
    diag(column sums of M) - M - M^T.

    Args:
        logits: (n, k) float.
        labels: (n,) int64, 0 .. k-1.
        width: Above 0.
        weights: (n,) float, mean 1; None counts all alike.

    Returns:
        (k, k) float64.
    """
    at = labels[:, None]
    t = logits - (logits.gather(1, at) - 1)
    bends = torch.where(t > 0, t.clamp(min=width).reciprocal_(), torch.zeros_like(t)).scatter_(1, at, 0.0)
    if weights is not None:
        bends *= weights.to(logits.dtype)[:, None]
    truth = torch.zeros_like(logits).scatter_(1, at, 1.0)
    M = (bends.T @ truth).to(torch.float64) / len(logits)
    return torch.diag(M.sum(0) + M.sum(1)) - M - M.T


class Preconditioner:
    """Divide a gradient by B (x) A + penalty, in the eigenvectors of both.

    Args:
        coupling: (k, k) float64, B.
        spectrum: Of A, the second moments of the features.
        penalty: At least 0; the bias has none, and its feature is a constant 1.
    """

    def __init__(self, coupling: Tensor, spectrum: Spectrum, *, penalty: float) -> None:
        bends, self._directions = torch.linalg.eigh(coupling)
        bends = bends.clamp(min=max(_FLOOR * float(bends[-1]), 1e-9))[:, None]  # (k, 1)
        self._vectors = spectrum.vectors
        largest = float(spectrum.values.max()) if len(spectrum.values) else 0.0
        # Directions in which the features do not vary have no slope to divide; the floor keeps 0 / 0 away.
        self._divisor = bends * spectrum.values.to(torch.float64) + max(penalty, 1e-12 * largest, 1e-30)  # (k, r)
        self._bias_divisor = bends

    def __call__(self, gradient: Tensor) -> Tensor:
        """Return (k, d + 1) float64 for a (k, d + 1) gradient whose last column is the bias's."""
        turned = self._directions.T @ gradient
        by_weights = turned[:, :-1]
        if self._vectors is None:
            divided = by_weights / self._divisor
        else:
            own = self._vectors.dtype
            inner = (by_weights.to(own) @ self._vectors) / self._divisor.to(own)
            divided = (inner @ self._vectors.T).to(torch.float64)
        step: Tensor = self._directions @ torch.cat([divided, turned[:, -1:] / self._bias_divisor], 1)
        return step
