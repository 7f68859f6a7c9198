"""The compiled loops of the neighbor search: distances and the k best of each query; no blocks, no threads.

Each query keeps its k best as a heap with the worst on top, ordered by (distance, index). Points arrive by rising
index, so a point as far as the worst one kept never replaces it: ties go to the smaller index.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

_Function = TypeVar("_Function", bound=Callable[..., object])
_CHUNK = 64  # columns compared at once; a fixed count is what lets the compiler use vectors
_TILE_BYTES = 1 << 18  # points that stay in a core's second-level cache while queries pass by
_SEGMENT = 1_024  # features between two looks at whether a point can still be among the best


class Best(NamedTuple):
    """The best points so far.

    Attributes:
        distances: (b, k) float64, each row a heap; infinity where nothing was found yet.
        indices: (b, k) int64.
    """

    distances: Floats
    indices: Integers

    def part(self, rows: slice) -> "Best":
        """Return those of some queries, sharing memory."""
        return Best(self.distances[rows], self.indices[rows])


class Side(NamedTuple):
    """What a block of vectors adds to its inner products; see `nearest_by_products`.

    Attributes:
        term: (b,) float64.
        scale: (b,) float64; read for points only.
        squares: (b,) float64, squared lengths; read where the metric is cosine.
        rows: (b, d) float64, read where products are rounded; (b, 0) where they are exact integers.
    """

    term: Floats
    scale: Floats
    squares: Floats
    rows: Floats

    def part(self, rows: slice) -> "Side":
        """Return those of some vectors, sharing memory."""
        return Side(*(array[rows] for array in self))


class Rule(NamedTuple):
    """How products become distances.

    Attributes:
        is_cosine: Cosine distance, else L2.
        is_exact: The products are exact integers; else each candidate is measured anew from its rows.
        slack: An upper bound of the relative error of a rounded product.
        first: The index of the block's first point.
    """

    is_cosine: bool
    is_exact: bool
    slack: float
    first: int


def compiled(function: _Function, **options: Any) -> _Function:
    """Compile a loop, release the interpreter's lock while it runs, and keep the machine code for the next process."""
    try:
        result = numba.njit(nogil=True, cache=True, **options)(function)
    except RuntimeError:  # no folder can be written, so each process compiles for itself
        result = numba.njit(nogil=True, **options)(function)
    return result  # type: ignore[no-any-return]


def reordered(function: _Function) -> _Function:
    """Compile a floating-point sum in whatever order suits vectors: fixed on one machine, not across machines."""
    return compiled(function, fastmath={"reassoc"})


@compiled
def _sift(distances: Floats, indices: Integers, size: int, distance: float, index: int) -> None:
    """Let (distance, index) sink from the top of a heap to its place."""
    at = 0
    child = 1
    while child < size:
        other = child + 1
        if other < size and (
            distances[other] > distances[child]
            or (distances[other] == distances[child] and indices[other] > indices[child])
        ):
            child = other
        if distances[child] < distance or (distances[child] == distance and indices[child] < index):
            break
        distances[at] = distances[child]
        indices[at] = indices[child]
        at = child
        child = 2 * at + 1
    distances[at] = distance
    indices[at] = index


@compiled
def sort(best: Best) -> None:
    """Turn each row's heap into ascending (distance, index), in place."""
    for i in range(best.distances.shape[0]):
        distances = best.distances[i]
        indices = best.indices[i]
        for last in range(len(distances) - 1, 0, -1):
            distance = distances[last]
            index = indices[last]
            distances[last] = distances[0]
            indices[last] = indices[0]
            _sift(distances, indices, last, distance, index)


@compiled
def moments(rows: npt.NDArray[np.int8], sums: Integers, squares: Integers) -> None:
    """Sum each row and its squares, exactly.

    Args:
        rows: (b, d) int8.
        sums: (b,) int64, written.
        squares: (b,) int64, written.
    """
    for i in range(rows.shape[0]):
        row = rows[i]
        total = 0
        square = 0
        for f in range(len(row)):
            total += int(row[f])
            square += int(row[f]) * int(row[f])
        sums[i] = total
        squares[i] = square


@reordered
def _l2(a: Floats, b: Floats) -> float:
    total = 0.0
    for f in range(len(a)):
        difference = a[f] - b[f]
        total += difference * difference
    return math.sqrt(total)


@reordered
def _cosine(a: Floats, b: Floats) -> float:
    """Measure 1 - cos in one loop: the three sums add in the same order, so equal vectors are at exactly 0."""
    product = 0.0
    square_a = 0.0
    square_b = 0.0
    for f in range(len(a)):
        product += a[f] * b[f]
        square_a += a[f] * a[f]
        square_b += b[f] * b[f]
    return _one_minus_cosine(product, square_a, square_b)


@compiled
def _one_minus_cosine(product: float, square_a: float, square_b: float) -> float:
    """Divide once by sqrt(aa bb), not twice: sqrt(x x) is exactly x, so equal vectors are at exactly 0."""
    if square_a == 0 or square_b == 0:
        return 1.0
    return max(0.0, 1.0 - product / math.sqrt(square_a * square_b))


@compiled
def _bound(worst: float, square: float, rule: Rule) -> float:
    """Say below which key a point may beat the worst distance kept."""
    if worst == np.inf:
        return np.inf
    if rule.is_cosine:
        return (worst - 1.0 + rule.slack) * math.sqrt(square)
    if rule.is_exact:
        return float(round(worst * worst))  # the integer whose root it is
    return worst * worst * (1.0 + rule.slack)


@compiled
def _any_below(products: Array, term: float, points: Side, start: int, bound: float) -> bool:
    row = products[start : start + _CHUNK]
    terms = points.term[start : start + _CHUNK]
    scales = points.scale[start : start + _CHUNK]
    hits = np.int32(0)  # eight bytes wide, the count would cost more than the comparison
    for j in range(_CHUNK):
        hits += np.int32(1) if (row[j] + term + terms[j]) * scales[j] < bound else np.int32(0)
    return bool(hits > 0)


@compiled
def nearest_by_products(products: Array, queries: Side, points: Side, best: Best, rule: Rule) -> None:
    """Take a block of points into the best of each query.

    The key of a pair is (ab + term_a + term_b) scale_b. For L2, with term = -aa / 2 and scale = -2, it is
    aa + bb - 2 ab, the squared distance; for cosine, with scale = -1 / |b|, it is -|a| cos(a, b). Both rise with the
    distance, so one comparison per pair, on vectors, finds the few points worth a closer look.

    Args:
        products: (b, p) int32 or float64, inner products of the queries with the points.
        queries: Of b queries. Rounded products want terms shrunk by the slack: then no key is too large.
        points: Of p points.
        best: Of the b queries, updated.
        rule: How products become distances.
    """
    n_points = products.shape[1]
    for i in range(products.shape[0]):
        bound = _bound(best.distances[i, 0], queries.squares[i], rule)
        for start in range(0, n_points, _CHUNK):
            stop = min(start + _CHUNK, n_points)
            if stop - start < _CHUNK or _any_below(products[i], queries.term[i], points, start, bound):
                for j in range(start, stop):
                    sum_ = products[i, j] + queries.term[i] + points.term[j]
                    if sum_ * points.scale[j] < bound:
                        distance = _distance(sum_, (i, j), queries, points, rule)
                        if distance < best.distances[i, 0]:
                            _sift(best.distances[i], best.indices[i], best.distances.shape[1], distance, rule.first + j)
                            bound = _bound(best.distances[i, 0], queries.squares[i], rule)


@compiled
def _distance(sum_: float, pair: tuple[int, int], queries: Side, points: Side, rule: Rule) -> float:
    i, j = pair
    if rule.is_cosine and rule.is_exact:
        return _one_minus_cosine(sum_, queries.squares[i], points.squares[j])
    if rule.is_cosine:
        return _cosine(queries.rows[i], points.rows[j])
    if rule.is_exact:
        return math.sqrt(sum_ * points.scale[j])
    return _l2(queries.rows[i], points.rows[j])


@compiled
def _l1_bytes(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> np.int32:
    """Add up |a - b| in 32 bits, in the very form that compilers turn into their sum of absolute differences."""
    total = np.int32(0)
    for f in range(len(a)):
        total = np.int32(total + abs(np.int32(np.int32(a[f]) - np.int32(b[f]))))
    return total


@compiled
def nearest_bytes_l1(queries: npt.NDArray[np.uint8], points: npt.NDArray[np.uint8], best: Best, first: int) -> None:
    """Take a block of points into the best of each query; distances are exact.

    Args:
        queries: (b, d) uint8.
        points: (p, d) uint8.
        best: Of the b queries, updated.
        first: The index of the first point.
    """
    n_features = queries.shape[1]
    tile = max(8, _TILE_BYTES // n_features)
    for low in range(0, points.shape[0], tile):
        for i in range(queries.shape[0]):
            for j in range(low, min(low + tile, points.shape[0])):
                worst = best.distances[i, 0]
                total = 0
                for start in range(0, n_features, _SEGMENT):
                    stop = start + _SEGMENT
                    total += int(_l1_bytes(queries[i, start:stop], points[j, start:stop]))
                    if total >= worst:  # sums only grow, so the rest need not be added
                        break
                if total < worst:
                    _sift(best.distances[i], best.indices[i], best.distances.shape[1], total, first + j)


@reordered
def _l1(a: Floats, b: Floats) -> float:
    total = 0.0
    for f in range(len(a)):
        total += abs(a[f] - b[f])
    return total


@compiled
def nearest_floats_l1(queries: Floats, points: Floats, best: Best, first: int) -> None:
    """Take a block of points into the best of each query.

    Args:
        queries: (b, d) float64.
        points: (p, d) float64.
        best: Of the b queries, updated.
        first: The index of the first point.
    """
    tile = max(8, _TILE_BYTES // (8 * queries.shape[1]))
    for low in range(0, points.shape[0], tile):
        for i in range(queries.shape[0]):
            for j in range(low, min(low + tile, points.shape[0])):
                distance = _l1(queries[i], points[j])
                if distance < best.distances[i, 0]:
                    _sift(best.distances[i], best.indices[i], best.distances.shape[1], distance, first + j)
