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
_PRODUCT_BYTES = 256 << 20  # of all threads
_ROWS = 2_048  # fewer points starve the matrix units; more, and their products leave the cache before they are read
_STEP_ROWS = 1_024


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Say how a search is done.

    Attributes:
        metric: One of `METRICS`.
        arithmetic: How pairs are compared.
        n_features: d.
        query_rows: Queries that are made ready at once.
        point_rows: Points that are made ready at once.
        step_rows: Queries that one thread compares with these points at once.
        n_threads: How many threads do so.
    """

    metric: Metric
    arithmetic: Arithmetic
    n_features: int
    query_rows: int
    point_rows: int
    step_rows: int
    n_threads: int

    @property
    def n_bytes(self) -> int:
        """The most memory that the search takes, in bytes, beside the answer.

        Blocks count twice, for what they are made from, or the copy that the matrix library may arrange.
        """
        vectors = 2 * (self.query_rows + self.point_rows) * self.n_features * FEATURE_BYTES[self.arithmetic]
        return vectors + self.n_threads * self.step_rows * self.point_rows * product_bytes(self.arithmetic)


def product_bytes(arithmetic: Arithmetic) -> int:
    """Count the bytes that one product takes at most, with its parts and sums of several types."""
    return {"int8": 12, "float32": 20, "float64": 8}.get(arithmetic, 0)


def plan_search(
    queries: npt.NDArray[Any], points: npt.NDArray[Any], *, metric: Metric, arithmetic: Arithmetic | None = None
) -> Plan:
    """Choose the arithmetic, the sizes of the blocks, and as many threads as torch uses.

    Args:
        queries: (n, d) uint8 or float, n >= 1.
        points: (m, d) uint8 or float, m >= 1.
        metric: One of `METRICS`.
        arithmetic: How pairs are compared; None: the fastest way of this machine.
    """
    import torch

    arithmetic = arithmetic or _fastest(points.dtype, metric)
    n_threads = torch.get_num_threads()
    n_features = queries.shape[1]
    rows = max(1, _BLOCK_BYTES // (n_features * FEATURE_BYTES[arithmetic]))
    query_rows, point_rows = min(len(queries), rows), min(len(points), rows, _ROWS)
    affordable = _PRODUCT_BYTES // (n_threads * point_rows * max(1, product_bytes(arithmetic)))
    return Plan(
        metric=metric,
        arithmetic=arithmetic,
        n_features=n_features,
        query_rows=query_rows,
        point_rows=point_rows,
        step_rows=max(1, min(_STEP_ROWS, affordable, -(-query_rows // n_threads))),
        n_threads=n_threads,
    )


def _fastest(dtype: np.dtype[Any], metric: Metric) -> Arithmetic:
    if metric == "l1":
        return "bytes" if dtype == np.uint8 else "floats"
    if dtype != np.uint8:
        return "float64"
    from linnet.neighbors.products import has_exact_int8

    return "int8" if has_exact_int8() else "float32"
