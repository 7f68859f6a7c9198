"""The losses of the linear rungs and of the two-layer net, each with its gradient derived by hand; no solver.

Notation: n images, k classes, d features. z is (n, k) logits, y the true class, w_i the weight of image i (mean 1, all
1 where none are given). Every loss is a mean over images, (1/n) sum_i w_i l_i, summed in float64; gradients keep the
type of what they are gradients of. Nothing depends on the memory layout of z, but a transposed view of (k, n) memory is
several times faster, because sums over classes then run along whole rows: the solvers keep logits that way.
"""

from typing import NamedTuple

import torch
from torch import Tensor


def softmax(logits: Tensor) -> Tensor:
    """Turn logits into probabilities.

    The largest logit of each row is subtracted first, which changes no quotient and keeps every power at most 1.

    Args:
        logits: (n, k) float, any size.

    Returns:
        (n, k) of the same type, rows sum to 1.

    Example:
        >>> [round(p, 4) for p in softmax(torch.tensor([[2.0, 4.0, 6.0]]))[0].tolist()]
        [0.0159, 0.1173, 0.8668]
    """
    powers = torch.exp(logits - logits.amax(1, keepdim=True))
    return powers.div_(powers.sum(1, keepdim=True))


def cross_entropy(logits: Tensor, labels: Tensor, *, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Return the mean of -log softmax(z)_y with its gradient.

    With p = softmax(z): l = log sum_j exp(z_j) - z_y, so dl/dz_j = p_j - [j = y].

    Args:
        logits: (n, k) float, any size.
        labels: (n,) int64, 0 .. k-1.
        weights: (n,) float, mean 1; None counts all alike.

    Returns:
        The loss, () float64, and its gradient by the logits, (n, k).
    """
    top = logits.amax(1, keepdim=True)
    shifted = logits - top
    true = shifted.gather(1, labels[:, None])  # (n, 1)
    slopes = shifted.exp_()
    total = slopes.sum(1, keepdim=True)
    losses = torch.log(total) - true
    slopes.div_(total)
    slopes.scatter_add_(1, labels[:, None], slopes.new_full((len(labels), 1), -1.0))
    return _weighted(losses[:, 0], slopes, weights)


def hinge(
    logits: Tensor, labels: Tensor, *, weights: Tensor | None = None, width: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Return the mean of the multi-class hinge, sum over j != y of max(0, t_j) with t_j = 1 + z_j - z_y.

    Each wrong class whose margin of 1 is violated pulls its own logit down and the true one up:
    dl/dz_j = [t_j > 0] for j != y, and dl/dz_y = -(number of violated margins).

    A positive width rounds the corner off, as Huber does, so that a solver finds curvature there: max(0, t) becomes
    0 for t <= 0, t^2 / (2 width) up to t = width, and t - width / 2 beyond; its slope is t / width cut to [0, 1].
    It is at most width / 2 below the true hinge per class.

    Args:
        logits: (n, k) float.
        labels: (n,) int64, 0 .. k-1.
        weights: (n,) float, mean 1; None counts all alike.
        width: 0 is the hinge itself.

    Returns:
        The loss, () float64, and its gradient by the logits, (n, k).

    Source:
        Weston and Watkins 1999, equation 7; the rounding is Huber 1964.
    """
    at = labels[:, None]
    violations = (logits - (logits.gather(1, at) - 1)).clamp_(min=0)
    violations.scatter_(1, at, 0.0)
    if width > 0:
        slopes = (violations / width).clamp_(max=1)
        # t^2 / (2 width) and t - width / 2 are both s t - s^2 width / 2 for the slope s = min(t / width, 1).
        losses = (slopes * violations - slopes.square() * (width / 2)).sum(1)
    else:
        slopes = (violations > 0).to(logits.dtype)
        losses = violations.sum(1)
    slopes.scatter_(1, at, -slopes.sum(1, keepdim=True))
    return _weighted(losses, slopes, weights)


def _weighted(losses: Tensor, slopes: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor]:
    """Take the mean of (n,) losses and scale their (n, k) gradients to it."""
    n = max(len(losses), 1)
    if weights is None:
        return losses.sum(dtype=torch.float64) / n, slopes.div_(n)
    shares = weights / n
    return (losses * shares).sum(dtype=torch.float64), slopes.mul_(shares[:, None].to(slopes.dtype))


def softmax_regression_loss(
    W: Tensor, b: Tensor, *, values: Tensor, labels: Tensor, penalty: float = 0.0, weights: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return cross-entropy of z = x W^T + b plus (penalty / 2) |W|^2, with its gradients.

    By the chain rule dL/dW = (dL/dz)^T x + penalty W and dL/db = column sums of dL/dz; the bias is not penalized.

    Args:
        W: (k, d) float.
        b: (k,) float.
        values: (n, d) float, one image per row.
        labels: (n,) int64, 0 .. k-1.
        penalty: At least 0.
        weights: (n,) float, mean 1; None counts all alike.

    Returns:
        The loss, () float64, and its gradients by W, (k, d), and b, (k,).
    """
    loss, slopes = cross_entropy(values @ W.T + b, labels, weights=weights)
    return _linear_gradients(loss, slopes, values, W, penalty)


def linear_svm_loss(
    W: Tensor, b: Tensor, *, values: Tensor, labels: Tensor, penalty: float = 0.0, weights: Tensor | None = None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the multi-class hinge of z = x W^T + b plus (penalty / 2) |W|^2, with its gradients.

    Args:
        W: (k, d) float.
        b: (k,) float.
        values: (n, d) float, one image per row.
        labels: (n,) int64, 0 .. k-1.
        penalty: At least 0.
        weights: (n,) float, mean 1; None counts all alike.

    Returns:
        The loss, () float64, and its gradients by W, (k, d), and b, (k,); where a margin is exactly 1, one of several.
    """
    loss, slopes = hinge(values @ W.T + b, labels, weights=weights)
    return _linear_gradients(loss, slopes, values, W, penalty)


def _linear_gradients(
    loss: Tensor, slopes: Tensor, values: Tensor, W: Tensor, penalty: float
) -> tuple[Tensor, Tensor, Tensor]:
    return loss + _ridge(penalty, W), (slopes.T @ values).add_(W, alpha=penalty), slopes.sum(0)


def _ridge(penalty: float, *arrays: Tensor) -> float:
    """Return (penalty / 2) times the sum of squares, summed in the arrays' own type, which is much faster."""
    return penalty / 2 * sum(float(torch.linalg.vector_norm(array)) ** 2 for array in arrays) if penalty else 0.0


class TwoLayerParameters(NamedTuple):
    """The four arrays of the two-layer net, m hidden units; also the shape of their gradients.

    Attributes:
        W1: (m, d) float.
        b1: (m,) float.
        W2: (k, m) float.
        b2: (k,) float.
    """

    W1: Tensor
    b1: Tensor
    W2: Tensor
    b2: Tensor


def two_layer_logits(parameters: TwoLayerParameters, values: Tensor) -> tuple[Tensor, Tensor]:
    """Return hidden activations h = max(0, x W1^T + b1) and logits z = h W2^T + b2.

    Args:
        parameters: The four arrays.
        values: (n, d) float. Products with them are made in their type (bfloat16 where a processor is fast at it),
            everything else in the type of the parameters.

    Returns:
        (n, m) and (n, k), in the type of the parameters.
    """
    W1, b1, W2, b2 = parameters
    hidden = (values @ W1.to(values.dtype).T).to(W1.dtype).add_(b1).clamp_(min=0)
    return hidden, hidden @ W2.T + b2


def two_layer_loss(
    parameters: TwoLayerParameters,
    values: Tensor,
    *,
    labels: Tensor,
    penalty: float = 0.0,
    weights: Tensor | None = None,
) -> tuple[Tensor, TwoLayerParameters]:
    """Return cross-entropy of the two-layer net plus (penalty / 2)(|W1|^2 + |W2|^2), with its gradients.

    Backwards from g = dL/dz: dL/dW2 = g^T h + penalty W2, dL/db2 = column sums of g, dL/dh = g W2. The ReLU lets a
    slope through where h > 0, so with r = dL/dh * [h > 0]: dL/dW1 = r^T x + penalty W1 and dL/db1 = column sums of r.

    Args:
        parameters: The four arrays.
        values: (n, d) float; see `two_layer_logits` for its type.
        labels: (n,) int64, 0 .. k-1.
        penalty: At least 0.
        weights: (n,) float, mean 1; None counts all alike.

    Returns:
        The loss, () float64, and its gradients by the four arrays.
    """
    W1, _, W2, _ = parameters
    hidden, logits = two_layer_logits(parameters, values)
    loss, slopes = cross_entropy(logits, labels, weights=weights)  # (n, k)
    hidden_slopes = (slopes @ W2).mul_(hidden > 0)  # (n, m)
    by_W1 = (hidden_slopes.to(values.dtype).T @ values).to(W1.dtype)
    by_W2 = slopes.T @ hidden
    if penalty:
        by_W1.add_(W1, alpha=penalty)
        by_W2.add_(W2, alpha=penalty)
    gradients = TwoLayerParameters(by_W1, hidden_slopes.sum(0), by_W2, slopes.sum(0))
    return loss + _ridge(penalty, W1, W2), gradients
