"""What may be asked of the neighbor search, and the walk over blocks that answers it; no arithmetic."""

import operator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from linnet.errors import ConfigError, ImagesError, UnknownNameError
from linnet.neighbors.plan import METRICS, Plan, plan_search
from linnet.progress import SILENT, Progress

Vectors = npt.NDArray[Any]

_LARGEST = 1e70  # the product of two squared lengths still is a float64


@dataclass(frozen=True, eq=False)
class Neighbors:
    """Hold the nearest points of each query, the nearest first.

    Attributes:
        distances: (n, k) float64, >= 0, rising along each row.
        indices: (n, k) int64, rows of the points.
    """

    distances: npt.NDArray[np.float64]
    indices: npt.NDArray[np.int64]


def search(
    queries: Vectors, points: Vectors, n_neighbors: int, *, metric: str, progress: Progress = SILENT
) -> Neighbors:
    """Find the nearest points of each query, exactly.

    Bytes are compared in integers, floats in float64. Points at the same distance come in the order of their indices.
    Beside the answer, the search takes less than 1 GiB of memory, however many queries and points there are; both may
    be memory-mapped.

    Args:
        queries: (n, d) uint8, or finite float32 or float64; n may be 0.
        points: (m, d) uint8 if the queries are, else finite float32 or float64.
        n_neighbors: k, 1 .. m.
        metric: "l1", the sum of absolute differences; "l2", the root of the sum of squared differences; "cosine",
            1 - cos of the angle, where a vector of zeros has no angle and lies at distance 1 from every vector.
        progress: Told how many pairs of blocks are done.

    Raises:
        UnknownNameError: no such metric.
        ConfigError: n_neighbors is no integer in 1 .. m.
        ImagesError: arrays of other shapes or types; NaN, infinity, or numbers beyond 1e70.

    Example:
        >>> points = np.array([[0, 0], [3, 4], [0, 1]], dtype=np.uint8)
        >>> search(points[:1], points, 2, metric="l2").distances
        array([[0., 1.]])
    """
    if metric not in METRICS:
        raise UnknownNameError("metric", metric, METRICS)
    _check_vectors(queries, points)
    k = _checked_count(n_neighbors, len(points))
    return walk(queries, points, k, plan_search(queries, points, metric=metric), progress=progress)


def walk(queries: Vectors, points: Vectors, n_neighbors: int, plan: Plan, *, progress: Progress = SILENT) -> Neighbors:
    """Find the nearest points of each query in the way of a plan; `search` checks, plans, and calls this.

    Args:
        queries: (n, d) uint8 or float.
        points: (m, d) of the same kind.
        n_neighbors: k, 1 .. m.
        plan: How pairs are compared, and in which blocks.
        progress: Told how many pairs of blocks are done.
    """
    from linnet.neighbors.best import Best, sort  # and so numba, which takes its time to import
    from linnet.neighbors.by_differences import ByDifferences
    from linnet.neighbors.by_products import ByProducts
    from linnet.neighbors.method import Method, Workers

    n, m = len(queries), len(points)
    best = Best.none(n, n_neighbors)
    if n == 0:
        return Neighbors(best.distances, best.indices)
    starts = [(q, p) for q in range(0, n, plan.query_rows) for p in range(0, m, plan.point_rows)]
    text = f"Comparing {n:,} with {m:,} vectors"
    with Workers(plan.n_threads) as workers, progress.task(text, len(starts)) as task:
        method: Method[Any] = (ByDifferences if plan.metric == "l1" else ByProducts)(plan, workers)
        for q, p in starts:
            rows = slice(q, q + plan.query_rows)
            if p == 0:
                ready = method.prepare(queries[rows], are_queries=True)
            block = method.prepare(points[p : p + plan.point_rows], are_queries=False)
            method.take(ready, block, best.part(rows), p)
            task.advance()
        workers.share(n, lambda rows: sort(best.part(rows)))
    return Neighbors(best.distances, best.indices)


def _check_vectors(queries: Vectors, points: Vectors) -> None:
    for name, array in (("queries", queries), ("points", points)):
        if not isinstance(array, np.ndarray) or array.ndim != 2 or array.shape[1] == 0:
            came = f"an array of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
            raise ImagesError(
                f"A neighbor search wants {name} as a NumPy array of shape (n, d), d >= 1; it got {came}."
            )
        if array.dtype not in (np.uint8, np.float32, np.float64):
            raise ImagesError(
                f"A neighbor search wants {name} of type uint8, float32 or float64; it got {array.dtype}."
            )
        if array.dtype != np.uint8 and array.size:
            low, high = float(array.min()), float(array.max())  # NaN if there is one
            if not -_LARGEST <= low <= high <= _LARGEST:
                raise ImagesError(f"A neighbor search wants finite {name} up to 1e70; they reach {low} .. {high}.")
    if (queries.dtype == np.uint8) != (points.dtype == np.uint8):
        raise ImagesError(
            "A neighbor search wants queries and points that are both uint8 or both float; "
            f"it got {queries.dtype} and {points.dtype}."
        )
    if queries.shape[1] != points.shape[1]:
        raise ImagesError(
            "A neighbor search wants queries and points with as many features; "
            f"it got {queries.shape[1]} and {points.shape[1]}."
        )


def _checked_count(n_neighbors: int, n_points: int) -> int:
    try:
        k = operator.index(n_neighbors)
    except TypeError:
        k = 0
    if not 1 <= k <= n_points:
        raise ConfigError(
            f"n_neighbors must be an integer in 1 .. {n_points}, the number of points; it is {n_neighbors!r}."
        )
    return k
