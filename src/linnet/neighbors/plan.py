"""How a search is cut into blocks, and the memory that this takes; nothing is computed here."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Metric = Literal["l1", "l2", "cosine"]
METRICS: tuple[Metric, ...] = ("l1", "l2", "cosine")

Arithmetic = Literal["bytes", "floats", "int8", "float32", "float64"]
"""How pairs are compared.

"bytes" and "floats" add up absolute differences. The others multiply: "int8" and "float32" exactly, bytes less 128;
"float64" rounded, floats.
"""

FEATURE_BYTES: dict[Arithmetic, int] = {"bytes": 1, "floats": 8, "int8": 1, "float32": 4, "float64": 8}
"""What one feature takes in a block that is ready to be compared."""

_BLOCK_BYTES = 64 << 20
_PRODUCT_ROWS = 2_048  # products of 2,048 x 2,048 were the fastest: smaller starve the matrix units, larger the cache


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Say how a search is done.

    Attributes:
        metric: One of `METRICS`.
        arithmetic: How pairs are compared.
        n_features: d.
        query_rows: Queries that are made ready at once.
        step_rows: Queries of these that are multiplied at once.
        point_rows: Points that are made ready, and multiplied, at once.
    """

    metric: Metric
    arithmetic: Arithmetic
    n_features: int
    query_rows: int
    step_rows: int
    point_rows: int

    @property
    def n_bytes(self) -> int:
        """The most memory that the blocks take, in bytes, beside the answer.

        A block is counted twice, for what it is made from or for the copy that the matrix library may arrange;
        a product as 12 bytes, for one part and for the sum of the parts.
        """
        vectors = 2 * (self.query_rows + self.point_rows) * self.n_features * FEATURE_BYTES[self.arithmetic]
        products = 0 if self.metric == "l1" else 12 * self.step_rows * self.point_rows
        return vectors + products


def plan_search(
    queries: npt.NDArray[Any], points: npt.NDArray[Any], *, metric: Metric, arithmetic: Arithmetic | None = None
) -> Plan:
    """Choose the arithmetic and the sizes of the blocks.

    Args:
        queries: (n, d) uint8 or float.
        points: (m, d) uint8 or float.
        metric: One of `METRICS`.
        arithmetic: How pairs are compared; None: the fastest way of this machine.
    """
    if arithmetic is None:
        arithmetic = _fastest(points.dtype, metric)
    n_features = queries.shape[1]
    rows = max(1, _BLOCK_BYTES // (n_features * FEATURE_BYTES[arithmetic]))
    query_rows = min(len(queries), rows)
    return Plan(
        metric=metric,
        arithmetic=arithmetic,
        n_features=n_features,
        query_rows=query_rows,
        step_rows=min(query_rows, _PRODUCT_ROWS),
        point_rows=min(len(points), rows, _PRODUCT_ROWS),
    )


def _fastest(dtype: np.dtype[Any], metric: Metric) -> Arithmetic:
    if metric == "l1":
        return "bytes" if dtype == np.uint8 else "floats"
    if dtype != np.uint8:
        return "float64"
    from linnet.neighbors.products import has_exact_int8

    return "int8" if has_exact_int8() else "float32"
