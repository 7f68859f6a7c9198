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

from linnet.neighbors.plan import Plan

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
        plan: Its arithmetic multiplies.
    """

    def __init__(self, plan: Plan) -> None:
        n_products = plan.step_rows * plan.point_rows
        self._kind = plan.arithmetic
        self._in_parts = plan.arithmetic == "float32" or (
            plan.arithmetic == "int8" and plan.n_features > _INT32_FEATURES
        )
        sums_in_int32 = plan.arithmetic == "int8" and not self._in_parts
        self._sums = torch.empty(n_products, dtype=torch.int32 if sums_in_int32 else torch.float64)
        part_type = torch.int32 if plan.arithmetic == "int8" else torch.float32
        self._part = torch.empty(n_products if self._in_parts else 0, dtype=part_type)

    def __call__(self, queries: Tensor, points: Tensor) -> npt.NDArray[Any]:
        """Multiply every query with every point.

        Args:
            queries: (b, d) int8, float32 or float64, as the arithmetic says.
            points: (p, d), of the same type.

        Returns:
            (b, p) int32 or float64; the next call writes over it.
        """
        sums = _shaped(self._sums, len(queries), len(points))
        if not self._in_parts:
            self._multiply(queries, points, sums)
            return sums.numpy()
        part = _shaped(self._part, len(queries), len(points))
        sums.zero_()
        for a, b in self._parts(queries, points):
            self._multiply(a, b, part)
            sums.add_(part)
        return sums.numpy()

    def _multiply(self, queries: Tensor, points: Tensor, out: Tensor) -> None:
        if self._kind == "int8":
            torch._int_mm(queries, points.t(), out=out)
        else:
            torch.mm(queries, points.t(), out=out)

    def _parts(self, queries: Tensor, points: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Cut the features so that the products of each part sum up without rounding or overflow."""
        size = _INT32_FEATURES if self._kind == "int8" else _FLOAT32_FEATURES
        for start in range(0, queries.shape[1], size):
            yield queries[:, start : start + size], points[:, start : start + size]


def _shaped(memory: Tensor, n_rows: int, n_columns: int) -> Tensor:
    return memory[: n_rows * n_columns].view(n_rows, n_columns)
