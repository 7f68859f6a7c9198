"""One training set as the linear solvers see it; the solvers are elsewhere."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor

from linnet.training.convex.gram import Spectrum, gram, row_space
from linnet.training.convex.rows import Rows
from linnet.training.textbook.affine import Affine, Standardization
from linnet.training.threads import threads_for

_WIDEST_SPECTRUM = 8192
"""Eigenvectors of more features than this take longer than they save a solver that can do without."""


@dataclass(frozen=True, eq=False)
class Problem:
    """Hold what all fits on one training set share.

    Args:
        rows: (n, r) features as the solver sees them: the standardized ones, or where images are fewer than features,
            as many numbers as describe the space they span.
        labels: (n,) int64.
        n_classes: k.
        weights: (n,) float64, mean 1, or None.
        center: (r,) float64, the weighted mean of the rows; 0 without weights.
        spectrum: Of the weighted second moments of the rows around it.
        basis: (d, r), what the rows are in terms of the standardized features; None where they are the same.
        scale: What standardized them.
    """

    rows: Rows
    labels: Tensor
    n_classes: int
    weights: Tensor | None
    center: Tensor
    spectrum: Spectrum
    basis: Tensor | None
    scale: Standardization

    @classmethod
    def of(
        cls,
        values: Tensor,
        labels: Tensor,
        *,
        n_classes: int,
        n_channels: int,
        weights: Tensor | None = None,
        exact: bool = False,
    ) -> "Problem":
        """Prepare a training set.

        Beside the features this takes a float copy of them (see `Rows`) and a few times d^2 numbers.

        Args:
            values: (n, d) uint8 or float, channel after channel.
            labels: (n,) int64, 0 .. k-1.
            n_classes: k.
            n_channels: c.
            weights: (n,) float64, mean 1; None counts all alike.
            exact: Whether everything is computed in float64, for an answer in closed form, not only for steering.
        """
        with threads_for(values.numel() * n_classes):
            scale = Standardization.of(values, n_channels=n_channels, per_feature=True)
            rows, basis = _rows(values, scale, exact=exact)
            center = torch.zeros(rows.n_features, dtype=torch.float64)
            if weights is not None:
                center = rows.gradient((weights / len(labels)).to(rows.dtype)[None])[0]
            spectrum = _spectrum(rows, center, weights, exact=exact)
        return cls(rows, labels, n_classes, weights, center, spectrum, basis, scale)

    def threads(self) -> AbstractContextManager[None]:
        """Work on as many cores as this problem is worth."""
        return threads_for(self.rows.values.numel() * self.n_classes)

    def affine(self, weights: Tensor, *, sharpness: float = 1.0) -> Affine:
        """Turn (k, r + 1) float64 weights for the rows, the bias in the last column, into those for values."""
        spread = weights[:, :-1] if self.basis is None else weights[:, :-1] @ self.basis.T
        return self.scale.folded(spread, weights[:, -1], sharpness=sharpness)

    def outputs(self, weights: Tensor) -> Tensor:
        """Return (n, k) float64 outputs for the training images; see `affine`."""
        return self.rows.logits(weights[:, :-1], weights[:, -1]).to(torch.float64).T


def _rows(values: Tensor, scale: Standardization, *, exact: bool) -> tuple[Rows, Tensor | None]:
    """Return what the solver goes over, and its basis where images are fewer than features."""
    n, d = values.shape
    if n < d:
        features, basis = row_space(values, scale)
        return Rows(features, Standardization.none(features.shape[1])), basis
    if exact:
        return Rows(values, scale, dtype=torch.float64, copy_bytes=0), None
    return Rows(values, scale), None


def _spectrum(rows: Rows, center: Tensor, weights: Tensor | None, *, exact: bool) -> Spectrum:
    if rows.n_features > _WIDEST_SPECTRUM and not exact:
        return Spectrum(torch.ones(1, dtype=torch.float64), None)
    moments = gram(rows.values, rows.scale, weights=weights) - torch.outer(center, center)
    return Spectrum.of(moments.to(rows.dtype))
