"""The features that a solver goes over again and again, and their products with weights and slopes."""

from collections.abc import Iterator

import torch
from torch import Tensor

from linnet.datasets.base import gather
from linnet.training.textbook.affine import Standardization

COPY_BYTES = 2 << 30
"""Standardized features are kept as a float copy up to this size; beyond it they are made anew on each pass."""

_BLOCK_BYTES = 1 << 26


class Rows:
    """Multiply standardized features with weights and with slopes.

    Logits and slopes lie class after class, (k, n), because sums over classes then run along whole rows of memory.

    Args:
        values: (n, d) uint8 or float.
        scale: What standardizes them.
        dtype: Of the products; None: float64 where the values are, else float32.
        copy_bytes: See `COPY_BYTES`.
    """

    def __init__(
        self,
        values: Tensor,
        scale: Standardization,
        *,
        dtype: torch.dtype | None = None,
        copy_bytes: int = COPY_BYTES,
    ) -> None:
        self.values = values
        self.scale = scale
        self.dtype = dtype or (torch.float64 if values.dtype == torch.float64 else torch.float32)
        self._copy: Tensor | None = None
        n, d = values.shape
        if n * d * self.dtype.itemsize <= copy_bytes:
            copy = torch.empty(n, d, dtype=self.dtype)
            for start, block in self._converted():
                copy[start : start + len(block)] = block
            self._copy = copy

    @property
    def n_features(self) -> int:
        """The number of features, d."""
        return self.values.shape[1]

    def _converted(self) -> Iterator[tuple[int, Tensor]]:
        size = max(1, _BLOCK_BYTES // (8 * max(1, self.values.shape[1])))
        for start in range(0, len(self.values), size):
            yield start, self.scale.applied(self.values[start : start + size], self.dtype)

    def blocks(self) -> Iterator[tuple[int, Tensor]]:
        """Yield (first row, (b, d) standardized features in `dtype`), together all rows in order."""
        return self._converted() if self._copy is None else iter([(0, self._copy)])

    def taken(self, positions: Tensor) -> Tensor:
        """Return (m, d) float64, the standardized features of the images at (m,) positions."""
        return self.scale.applied(gather(self.values, positions))

    def logits(self, weights: Tensor, bias: Tensor) -> Tensor:
        """Multiply with weights.

        Args:
            weights: (k, d) float64.
            bias: (k,) float64.

        Returns:
            (k, n) W x + b for each image x, in `dtype`.
        """
        logits = torch.empty(len(weights), len(self.values), dtype=self.dtype)
        W, b = weights.to(self.dtype), bias.to(self.dtype)[:, None]
        for start, block in self.blocks():
            torch.addmm(b, W, block.T, out=logits[:, start : start + len(block)])
        return logits

    def gradient(self, slopes: Tensor) -> Tensor:
        """Multiply with slopes.

        Args:
            slopes: (k, n), in `dtype`.

        Returns:
            (k, d) float64, the sum over images of slope times features.
        """
        sums = torch.zeros(len(slopes), self.values.shape[1], dtype=torch.float64)
        for start, block in self.blocks():
            sums += slopes[:, start : start + len(block)] @ block
        return sums
