"""The k best points of each query while a search goes on, and how its loops are compiled; no distances.

Each query keeps its best as a heap with the worst on top, ordered by (distance, index). Points must arrive by rising
index; then a point as far as the worst one kept never replaces it, and ties go to the smaller index.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_Function = TypeVar("_Function", bound=Callable[..., object])


def compiled(function: _Function, **options: Any) -> _Function:
    """Compile a loop that lets other threads run, and keep its machine code for the next process where that can be."""
    try:
        result = numba.njit(nogil=True, cache=True, **options)(function)
    except RuntimeError:  # there is no folder to write to, so each process compiles for itself
        result = numba.njit(nogil=True, **options)(function)
    return result  # type: ignore[no-any-return]


def reordered(function: _Function) -> _Function:
    """Compile a floating-point sum in the order that suits vectors: the same on one machine, not on every machine."""
    return compiled(function, fastmath={"reassoc"})


class Best(NamedTuple):
    """Hold the best points so far.

    Attributes:
        distances: (n, k) float64, each row a heap; infinity where nothing was found yet.
        indices: (n, k) int64.
    """

    distances: Floats
    indices: Integers

    @classmethod
    def none(cls, n_queries: int, n_neighbors: int) -> "Best":
        """Begin with nothing found; the largest index stands for no point, so that any point comes before it."""
        shape = (n_queries, n_neighbors)
        return cls(np.full(shape, np.inf), np.full(shape, np.iinfo(np.int64).max))

    def part(self, rows: slice) -> "Best":
        """Return those of some queries, sharing memory."""
        return Best(self.distances[rows], self.indices[rows])


@compiled
def sink(distances: Floats, indices: Integers, distance: float, index: int) -> None:
    """Put (distance, index) in the place of the worst of one query.

    Args:
        distances: (k,) float64, a heap.
        indices: (k,) int64.
        distance: What comes.
        index: Where it comes from.
    """
    at = 0
    child = 1
    while child < len(distances):
        other = child + 1
        if other < len(distances) and (
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
    """Turn each heap into rising (distance, index), in place: the worst goes to the end, and the heap shrinks."""
    for i in range(best.distances.shape[0]):
        distances = best.distances[i]
        indices = best.indices[i]
        for last in range(len(distances) - 1, 0, -1):
            distance = distances[last]
            index = indices[last]
            distances[last] = distances[0]
            indices[last] = indices[0]
            sink(distances[:last], indices[:last], distance, index)
