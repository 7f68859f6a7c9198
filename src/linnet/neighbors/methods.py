"""The two ways to compare a block of queries with a block of points: inner products, and absolute differences."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import torch

from linnet.neighbors import kernels
from linnet.neighbors.kernels import Best, Floats, Rule, Side
from linnet.neighbors.plan import Plan
from linnet.neighbors.products import CENTER, Multiplier, centered

Array = npt.NDArray[Any]


class Block(NamedTuple):
    """Vectors that are ready to be compared.

    Attributes:
        vectors: (b, d), of the type that the arithmetic wants.
        side: What they add to their products; empty where nothing is multiplied.
    """

    vectors: Array
    side: Side

    def part(self, rows: slice) -> "Block":
        """Return some of the vectors, sharing memory."""
        return Block(self.vectors[rows], self.side.part(rows))


class Method(Protocol):
    """A way to compare blocks."""

    def prepare(self, rows: Array, *, are_queries: bool) -> Block:
        """Make some of the queries or of the points ready."""

    def take(self, queries: Block, points: Block, best: Best, first: int) -> None:
        """Take points, the first of them number `first`, into the best of each query."""


class Workers:
    """Share the rows of a block among as many threads as torch uses; the result does not depend on how many.

    Args:
        pool: Threads that live as long as the search.
    """

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._n_threads = torch.get_num_threads()

    def share(self, n_rows: int, work: Callable[[slice], None]) -> None:
        """Call `work` with a few ranges of rows that together are all of them, and wait for the end."""
        edges = np.linspace(0, n_rows, min(self._n_threads, n_rows) + 1).astype(int).tolist()
        for _ in self._pool.map(work, map(slice, edges[:-1], edges[1:])):
            pass  # taking the results raises what a thread raised


class ByProducts:
    """Compare by inner products, for L2 and cosine.

    Args:
        plan: What is asked for.
        workers: Threads for the search; products have torch's own.
    """

    def __init__(self, plan: Plan, workers: Workers) -> None:
        self._plan = plan
        self._workers = workers
        self._multiply = Multiplier(plan)
        self._is_exact = plan.arithmetic != "float64"
        # A sum of d products is off by at most d rounding errors of the product of the lengths; eight times that, and
        # a few more, covers the lengths and the keys made of them.
        self._slack = 8 * (plan.n_features + 16) * float(np.finfo(np.float64).eps)

    def prepare(self, rows: Array, *, are_queries: bool) -> Block:
        """Make some of the queries or of the points ready."""
        if not self._is_exact:
            floats = np.ascontiguousarray(rows, dtype=np.float64)
            return Block(floats, self._side(np.einsum("ij,ij->i", floats, floats), np.zeros(len(floats)), floats))
        signed = centered(rows)
        sums, squares = np.empty((2, len(signed)), dtype=np.int64)
        self._workers.share(len(signed), lambda part: kernels.moments(signed[part], sums[part], squares[part]))
        term = np.zeros(len(signed))
        if self._plan.metric == "cosine":
            # With a = a' + 128: ab = a'b' + 128 sum(a') + 128 sum(b') + 128^2 d, and the same for aa.
            constant = CENTER * CENTER * self._plan.n_features
            squares = squares + 2 * CENTER * sums + constant
            term = (CENTER * sums + (constant if are_queries else 0)).astype(np.float64)
        vectors = signed.astype(self._plan.arithmetic, copy=False)
        return Block(vectors, self._side(squares.astype(np.float64), term, np.empty((len(signed), 0))))

    def _side(self, squares: Floats, term: Floats, rows: Floats) -> Side:
        """Put together what `kernels.nearest_by_products` adds to products; there is why."""
        if self._plan.metric == "cosine":
            lengths = np.sqrt(squares)
            scale = -np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
            return Side(term, scale, squares, rows)
        shrink = 1.0 if self._is_exact else 1.0 - self._slack
        return Side(-0.5 * shrink * squares, np.full(len(squares), -2.0), squares, rows)

    def take(self, queries: Block, points: Block, best: Best, first: int) -> None:
        """Take points, the first of them number `first`, into the best of each query."""
        rule = Rule(self._plan.metric == "cosine", self._is_exact, self._slack, first)
        for start in range(0, len(queries.vectors), self._plan.step_rows):
            step = slice(start, start + self._plan.step_rows)
            self._select(queries.part(step), points, best.part(step), rule)

    def _select(self, queries: Block, points: Block, best: Best, rule: Rule) -> None:
        products = self._multiply(torch.from_numpy(queries.vectors), torch.from_numpy(points.vectors))

        def select(rows: slice) -> None:
            kernels.nearest_by_products(products[rows], queries.side.part(rows), points.side, best.part(rows), rule)

        self._workers.share(len(products), select)


class ByDifferences:
    """Compare by absolute differences, for L1.

    Args:
        plan: What is asked for.
        workers: Threads for the search.
    """

    def __init__(self, plan: Plan, workers: Workers) -> None:
        self._workers = workers
        self._dtype = np.uint8 if plan.arithmetic == "bytes" else np.float64
        self._nearest = kernels.nearest_bytes_l1 if plan.arithmetic == "bytes" else kernels.nearest_floats_l1

    def prepare(self, rows: Array, *, are_queries: bool) -> Block:
        """Make some of the queries or of the points ready: packed, and writable, as the compiled loop expects."""
        empty = np.empty(len(rows))
        return Block(np.require(rows, self._dtype, ["C", "W"]), Side(empty, empty, empty, empty[:, None]))

    def take(self, queries: Block, points: Block, best: Best, first: int) -> None:
        """Take points, the first of them number `first`, into the best of each query."""

        def select(rows: slice) -> None:
            self._nearest(queries.vectors[rows], points.vectors, best.part(rows), first)

        self._workers.share(len(queries.vectors), select)
