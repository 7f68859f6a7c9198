"""Inner products of blocks of vectors, exact for bytes however the machine multiplies; no distances.

Bytes are centered first, a - 128, which leaves differences alone and makes them signed 8-bit numbers. Each product of
two is then at most 128 * 128 = 2^14 in size.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

CENTER = 128

_INT32_FEATURES = 1 << 16
"""Features whose products sum to at most 2^30: no 32-bit sum overflows."""

_FLOAT32_FEATURES = 1 << 10
"""Features whose products sum to at most 2^24, up to which float32 holds every integer: no sum is ever rounded."""


@cache
def has_exact_int8() -> bool:
    """Ask the machine whether it multiplies 8-bit numbers fast and adds them up in 32 bits.

    Processors with AMX or VNNI do. On others torch has no fast path, or adds pairs in 16 bits that saturate.
    """
    capabilities = torch.cpu.get_capabilities()
    has_units = any(capabilities.get(name, False) for name in ("amx_int8", "avx512_vnni", "avx_vnni"))
    return has_units and bool(torch.backends.mkldnn.enabled) and _hardest_products_are_exact()


def _hardest_products_are_exact() -> bool:
    """Try the largest products: the matrix library may be told, or built, not to use the processor's units."""
    extremes = [torch.full((64, 256), value, dtype=torch.int8) for value in (-CENTER, CENTER - 1)]
    try:
        return all(
            bool((torch._int_mm(a, b.t()) == 256 * int(a[0, 0]) * int(b[0, 0])).all())
            for a in extremes
            for b in extremes
        )
    except (AttributeError, RuntimeError):  # a private function, which a later torch may drop or restrict
        return False


def centered(block: npt.NDArray[np.uint8]) -> npt.NDArray[np.int8]:
    """Subtract 128 from bytes, which is to flip their highest bit.

    Args:
        block: (b, d) uint8.

    Returns:
        (b, d) int8, a copy.
    """
    return np.bitwise_xor(block, np.uint8(CENTER), order="C").view(np.int8)


class Multiplier:
    """Multiply blocks of queries with blocks of points, into memory that is used again for the next blocks.

    Args:
        arithmetic: "int8" or "float32" for bytes less 128, "float64" for floats.
        n_features: d.
        n_products: The most products of one call, b * p.
    """

    def __init__(self, arithmetic: str, *, n_features: int, n_products: int) -> None:
        self._arithmetic = arithmetic
        self._fits_int32 = n_features <= _INT32_FEATURES
        is_whole = arithmetic == "float64" or not self._fits_int32
        self._float64 = torch.empty(n_products if is_whole else 0, dtype=torch.float64)
        self._int32 = torch.empty(0 if arithmetic == "float64" else n_products, dtype=torch.int32)
        n_parts = n_products if arithmetic == "float32" else 0
        self._part_float32 = torch.empty(n_parts, dtype=torch.float32)
        self._part_int32 = torch.empty(n_parts, dtype=torch.int32)

    def __call__(self, queries: Tensor, points: Tensor) -> npt.NDArray[Any]:
        """Multiply every query with every point.

        Args:
            queries: (b, d) int8, float32 or float64, as the arithmetic says.
            points: (p, d), of the same type.

        Returns:
            (b, p) int32 or float64; the next call writes over it.
        """
        shape = (len(queries), len(points))
        if self._arithmetic == "float64":
            return torch.mm(queries, points.t(), out=_shaped(self._float64, shape)).numpy()
        if self._fits_int32:
            return self._multiply_integers(queries, points).numpy()
        total = _shaped(self._float64, shape).zero_()
        for a, b in _parts(queries, points, _INT32_FEATURES):
            total.add_(self._multiply_integers(a, b))
        return total.numpy()

    def _multiply_integers(self, queries: Tensor, points: Tensor) -> Tensor:
        total = _shaped(self._int32, (len(queries), len(points)))
        if self._arithmetic == "int8":
            return torch._int_mm(queries, points.t(), out=total)
        part = _shaped(self._part_float32, (len(queries), len(points)))
        part_of_total = _shaped(self._part_int32, (len(queries), len(points)))
        total.zero_()
        for a, b in _parts(queries, points, _FLOAT32_FEATURES):
            # To convert and then to add is several times as fast as torch's sum of two types.
            total.add_(part_of_total.copy_(torch.mm(a, b.t(), out=part)))
        return total


def _parts(queries: Tensor, points: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Cut the features so that the products of each part add up without overflow, or without rounding."""
    for start in range(0, queries.shape[1], size):
        yield queries[:, start : start + size], points[:, start : start + size]


def _shaped(memory: Tensor, shape: tuple[int, int]) -> Tensor:
    return memory[: shape[0] * shape[1]].view(shape)
