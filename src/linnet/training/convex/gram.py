"""Second moments of standardized features and their eigenvectors, exact for bytes; no solver."""

from dataclasses import dataclass

import torch
from torch import Tensor

from linnet.datasets.base import gather
from linnet.neighbors.products import CENTER, centered, has_exact_int8
from linnet.training.textbook.affine import Standardization

_INT32_ROWS = 1 << 16
"""Products of two signed bytes are at most 2^14 in size: 2^16 of them sum up to at most 2^30."""

_FLOAT32_ROWS = 1 << 10
"""Up to 2^24 float32 holds every whole number: no sum of 2^10 such products is rounded."""

_BLOCK_BYTES = 1 << 26

_DISTINCT_WEIGHTS = 64
"""Up to so many different weights the images are summed up weight by weight, which keeps bytes whole numbers."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Hold eigenvalues and eigenvectors of the second moments.

    Args:
        values: (r,) float, at least 0.
        vectors: (d, r), one per column; None: the features themselves.
    """

    values: Tensor
    vectors: Tensor | None

    @classmethod
    def of(cls, moments: Tensor) -> "Spectrum":
        """Decompose (d, d) symmetric moments; what rounding left below 0 counts as 0."""
        values, vectors = torch.linalg.eigh(moments)
        return cls(values.clamp(min=0), vectors)


def gram(values: Tensor, scale: Standardization, *, weights: Tensor | None = None) -> Tensor:
    """Return the mean over images of w z z^T, where z = (x - c) / s.

    For bytes the mean of w x x^T is summed up exactly, in 8-bit products where the machine is fast at them, and
    standardized afterwards. With q = x - 128, m = c - 128, S = sum w q q^T, f = sum w q and W = sum w:
    sum w (q - m)(q - m)^T = S - m f^T - f m^T + W m m^T.

    Args:
        values: (n, d) uint8 or float.
        scale: What standardizes them.
        weights: (n,) float64, mean 1; None counts all alike.

    Returns:
        (d, d) float64.
    """
    n, d = values.shape
    levels = torch.ones(1, dtype=torch.float64) if weights is None else torch.unique(weights)
    if values.dtype != torch.uint8 or len(levels) > _DISTINCT_WEIGHTS:
        return _float_gram(values, scale, weights)
    S = torch.zeros(d, d, dtype=torch.float64)
    f = torch.zeros(d, dtype=torch.float64)
    for level in levels:
        chosen = values if weights is None else gather(values, torch.nonzero(weights == level).flatten())
        products, sums = _byte_moments(chosen)
        S += products.mul_(level)
        f += sums.mul_(level)
    total = n if weights is None else float(weights.sum())
    m = scale.center - CENTER
    S -= torch.outer(m, f)
    S -= torch.outer(f, m)
    S += total * torch.outer(m, m)
    return S.div_(n).div_(scale.deviation).div_(scale.deviation[:, None])


def _byte_moments(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return (d, d) sum of q q^T and (d,) sum of q, float64 whole numbers, where q = x - 128."""
    d = values.shape[1]
    products = torch.zeros(d, d, dtype=torch.float64)
    sums = torch.zeros(d, dtype=torch.float64)
    fast = has_exact_int8()
    for block in torch.split(values, _INT32_ROWS if fast else _FLOAT32_ROWS):
        q = torch.from_numpy(centered(block.numpy()))
        ones = torch.ones(16, len(q), dtype=torch.int8)
        if fast:
            products += torch._int_mm(q.T, q)
            sums += torch._int_mm(ones, q)[0]
        else:
            wide = q.to(torch.float32)
            products += wide.T @ wide
            sums += wide.sum(0, dtype=torch.float64)
    return products, sums


def _float_gram(values: Tensor, scale: Standardization, weights: Tensor | None) -> Tensor:
    n, d = values.shape
    total = torch.zeros(d, d, dtype=torch.float64)
    size = max(1, _BLOCK_BYTES // (8 * max(d, 1)))
    for start in range(0, n, size):
        z = scale.applied(values[start : start + size])
        total += z.T @ (z if weights is None else z * weights[start : start + size, None])
    return total.div_(n)


def row_space(values: Tensor, scale: Standardization) -> tuple[Tensor, Tensor]:
    """Describe few images with many features by at most as many numbers as there are images.

    Weights that a penalty keeps small are sums of images, so only the space that the images span matters. With
    Z the (n, d) standardized features and Z Z^T = U S^2 U^T, an orthonormal basis of that space is V = Z^T U / S, and
    an image x is V^T x in its terms; r is the number of S above rounding.

    Args:
        values: (n, d) uint8 or float.
        scale: What standardizes them.

    Returns:
        (n, r) float64 features in terms of the basis, and (d, r) float64, the basis.
    """
    n, d = values.shape
    size = max(1, _BLOCK_BYTES // (8 * n))
    kernel = torch.zeros(n, n, dtype=torch.float64)
    for start in range(0, d, size):
        z = _columns(values, scale, start, size)
        kernel += z @ z.T
    squares, U = torch.linalg.eigh(kernel)
    kept = squares > squares[-1].clamp(min=1e-300) * n * torch.finfo(torch.float64).eps
    to_basis = U[:, kept] / squares[kept].sqrt()  # (n, r)
    basis = torch.cat([_columns(values, scale, start, size).T @ to_basis for start in range(0, d, size)])
    return U[:, kept] * squares[kept].sqrt(), basis


def _columns(values: Tensor, scale: Standardization, start: int, size: int) -> Tensor:
    part = slice(start, start + size)
    narrow = Standardization(scale.center[part], scale.deviation[part], scale.bytes_in)
    return narrow.applied(values[:, part])
