"""Search by inner products, for L2 and cosine: what products become, and the loop that picks the best of them."""

import math
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from linnet.neighbors.best import Best, Floats, Integers, compiled, reordered, sink
from linnet.neighbors.method import Workers
from linnet.neighbors.plan import Plan
from linnet.neighbors.products import CENTER, Multiplier, centered

_CHUNK = 64  # products compared at once; a fixed count is what lets the compiler use vectors


class Side(NamedTuple):
    """What vectors add to their inner products; `nearest_by_products` says how.

    Attributes:
        term: (b,) float64.
        scale: (b,) float64; read for points only.
        squares: (b,) float64, squared lengths; read where the metric is cosine.
        rows: (b, d) float64 where products are rounded; (b, 0) where they are exact.
    """

    term: Floats
    scale: Floats
    squares: Floats
    rows: Floats


class Rule(NamedTuple):
    """How products become distances.

    Attributes:
        is_cosine: Cosine distance, else L2.
        is_exact: Products are exact integers; else each candidate is measured anew, from its vectors.
        slack: A bound of the relative error of rounded products.
    """

    is_cosine: bool
    is_exact: bool
    slack: float


class Block(NamedTuple):
    """Vectors that are ready to be multiplied.

    Attributes:
        vectors: (b, d), of the type that the arithmetic wants.
        side: What they add to their products.
    """

    vectors: npt.NDArray[Any]
    side: Side

    def part(self, rows: slice) -> "Block":
        """Return some of them, sharing memory."""
        return Block(self.vectors[rows], Side(*(array[rows] for array in self.side)))


class ByProducts:
    """Compare blocks by inner products.

    Args:
        plan: What is asked for.
        workers: The threads.
    """

    def __init__(self, plan: Plan, workers: Workers) -> None:
        self._plan = plan
        self._workers = workers
        self._free: SimpleQueue[Multiplier] = SimpleQueue()  # one for each thread
        n_products = plan.step_rows * plan.point_rows
        for _ in range(plan.n_threads):
            self._free.put(Multiplier(plan.arithmetic, n_features=plan.n_features, n_products=n_products))
        # A sum of d products is off by at most d roundings of |a| |b|. Eight times that, and some more, covers the
        # lengths too, and what is computed from them.
        slack = 8 * (plan.n_features + 16) * float(np.finfo(np.float64).eps)
        self._rule = Rule(plan.metric == "cosine", plan.arithmetic != "float64", slack)

    def prepare(self, rows: npt.NDArray[Any], *, are_queries: bool) -> Block:
        """Bring (b, d) vectors into the form that `take` wants."""
        if not self._rule.is_exact:
            floats = np.require(rows, np.float64, ["C", "W"])  # torch warns of what cannot be written, as a mapped file
            return Block(floats, self._side(np.zeros(len(floats)), np.einsum("ij,ij->i", floats, floats), floats))
        signed = centered(rows)
        sums, squares = np.empty((2, len(signed)), dtype=np.int64)
        self._workers.share(len(signed), lambda part: moments(signed[part], sums[part], squares[part]))
        term = np.zeros(len(signed))
        if self._rule.is_cosine:
            # With a = a' + 128: ab = a'b' + 128 sum(a') + 128 sum(b') + 128^2 d, and the same for aa.
            constant = CENTER * CENTER * self._plan.n_features
            squares = squares + 2 * CENTER * sums + constant
            term = (CENTER * sums + (constant if are_queries else 0)).astype(np.float64)
        side = self._side(term, squares.astype(np.float64), np.empty((len(signed), 0)))
        return Block(signed.astype(self._plan.arithmetic, copy=False), side)

    def _side(self, term: Floats, squares: Floats, rows: Floats) -> Side:
        if self._rule.is_cosine:
            lengths = np.sqrt(squares)
            scale = -np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
            return Side(term, scale, squares, rows)
        shrink = 1.0 if self._rule.is_exact else 1.0 - self._rule.slack
        return Side(-0.5 * shrink * squares, np.full(len(squares), -2.0), squares, rows)

    def take(self, queries: Block, points: Block, best: Best, first: int) -> None:
        """Take points, the first of them number `first`, into the best of each query."""

        def take_some(rows: slice) -> None:
            some = queries.part(rows)
            multiply = self._free.get()
            products = multiply(torch.from_numpy(some.vectors), torch.from_numpy(points.vectors))
            nearest_by_products(products, (some.side, points.side), best.part(rows), first, self._rule)
            self._free.put(multiply)

        self._workers.share(len(queries.vectors), take_some, most=self._plan.step_rows)


@compiled
def moments(vectors: npt.NDArray[np.int8], sums: Integers, squares: Integers) -> None:
    """Add up each vector, and its squares.

    Args:
        vectors: (b, d) int8.
        sums: (b,) int64, written.
        squares: (b,) int64, written.
    """
    for i in range(vectors.shape[0]):
        vector = vectors[i]
        total = 0
        square = 0
        for f in range(len(vector)):
            total += int(vector[f])
            square += int(vector[f]) * int(vector[f])
        sums[i] = total
        squares[i] = square


@compiled
def nearest_by_products(
    products: npt.NDArray[Any], sides: tuple[Side, Side], best: Best, first: int, rule: Rule
) -> None:
    """Take a block of points into the best of each query.

    The key of a query a and a point b is (ab + term_a + term_b) scale_b. For L2, terms are -aa / 2 and scales -2, and
    the key is aa + bb - 2 ab, the squared distance. For cosine, scales are -1 / |b|, and the key is -|a| cos(a, b).
    Both rise with the distance: one comparison per pair, on vectors of pairs, finds the few that are worth more.

    Where products are rounded, the squares in the terms are made smaller by the slack, so that no key is too large.

    Args:
        products: (b, p) int32 or float64.
        sides: Of b queries, and of p points.
        best: Of b queries, updated.
        first: The index of the first point.
        rule: How products become distances.
    """
    queries, points = sides
    for i in range(products.shape[0]):
        row, term, square = products[i], queries.term[i], queries.squares[i]
        distances, indices = best.distances[i], best.indices[i]
        bound = _bound(distances[0], square, rule)
        for start in range(0, len(row), _CHUNK):
            chunk = row[start : start + _CHUNK]
            terms, scales = points.term[start : start + _CHUNK], points.scale[start : start + _CHUNK]
            if len(chunk) == _CHUNK and not _any_below(chunk, terms, scales, term, bound):
                continue
            for j in range(len(chunk)):
                total = chunk[j] + term + terms[j]
                if total * scales[j] < bound:
                    distance = _distance(total, (i, start + j), queries, points, rule)
                    if distance < distances[0]:
                        sink(distances, indices, distance, first + start + j)
                        bound = _bound(distances[0], square, rule)


@compiled
def _any_below(chunk: npt.NDArray[Any], terms: Floats, scales: Floats, term: float, bound: float) -> bool:
    hits = np.int32(0)  # if it were eight bytes wide, counting would cost more than comparing
    for j in range(_CHUNK):
        hits += np.int32(1) if (chunk[j] + term + terms[j]) * scales[j] < bound else np.int32(0)
    return bool(hits > 0)


@compiled
def _bound(worst: float, square: float, rule: Rule) -> float:
    """Say below which key a point may be nearer than the worst one kept."""
    if worst == np.inf:
        return np.inf
    if rule.is_cosine:
        return (worst - 1.0 + rule.slack) * math.sqrt(square)
    if rule.is_exact:
        return float(round(worst * worst))  # the integer that `worst` is the root of
    return worst * worst * (1.0 + rule.slack)


@compiled
def _distance(total: float, pair: tuple[int, int], queries: Side, points: Side, rule: Rule) -> float:
    i, j = pair
    if rule.is_cosine and rule.is_exact:
        return _one_minus_cosine(total, queries.squares[i], points.squares[j])
    if rule.is_cosine:
        return _cosine(queries.rows[i], points.rows[j])
    if rule.is_exact:
        return math.sqrt(abs(total * points.scale[j]))  # abs: 0 times -2 is -0, which would be shown
    return _l2(queries.rows[i], points.rows[j])


@compiled
def _one_minus_cosine(product: float, square_a: float, square_b: float) -> float:
    """Divide by one root: that of x x is exactly x, so equal vectors lie at exactly 0."""
    if square_a == 0 or square_b == 0:
        return 1.0
    return max(0.0, 1.0 - product / math.sqrt(square_a * square_b))


@reordered
def _cosine(a: Floats, b: Floats) -> float:
    product = 0.0
    square_a = 0.0
    square_b = 0.0
    for f in range(len(a)):  # one loop: the three sums add in the same order, so they agree where the vectors do
        product += a[f] * b[f]
        square_a += a[f] * a[f]
        square_b += b[f] * b[f]
    return _one_minus_cosine(product, square_a, square_b)


@reordered
def _l2(a: Floats, b: Floats) -> float:
    total = 0.0
    for f in range(len(a)):
        difference = a[f] - b[f]
        total += difference * difference
    return math.sqrt(total)
