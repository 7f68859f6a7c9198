"""The contract of a way to compare blocks of vectors, and the threads that such a way may use."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, Self, TypeVar

import numpy.typing as npt
import torch
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from linnet.neighbors.best import Best

Ready = TypeVar("Ready")


class Method(Protocol[Ready]):
    """Compare blocks of queries with blocks of points."""

    def prepare(self, rows: npt.NDArray[Any], *, are_queries: bool) -> Ready:
        """Bring (b, d) vectors into the form that `take` wants."""

    def take(self, queries: Ready, points: Ready, best: Best, first: int) -> None:
        """Take points, the first of them number `first`, into the best of each query."""


class Workers:
    """Do pieces of a search on some threads; what comes out does not depend on how many.

    Each thread does whole pieces, products included, so torch must start no threads of its own in them: they would
    wait for one another by spinning, which costs more than the selection does. The limit is OpenMP's, and holds for
    these threads only.

    Args:
        n_threads: How many.
    """

    def __init__(self, n_threads: int) -> None:
        self._n_threads = n_threads
        self._pool = ThreadPoolExecutor(n_threads, "neighbors", _limit_this_thread)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def share(self, n_rows: int, work: Callable[[slice], None], *, most: int | None = None) -> None:
        """Call `work` with ranges that together are 0 .. n_rows - 1, and wait until all are done.

        Args:
            n_rows: At least 1.
            work: Called in several threads at once.
            most: Rows of a range; None: as many as make one range for each thread.
        """
        step = most or -(-n_rows // self._n_threads)
        for _ in self._pool.map(work, [slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step)]):
            pass  # asking for the results raises what a thread raised


def _limit_this_thread() -> None:
    torch.get_num_threads()  # torch sets the number that it was told at its first use in a thread, and so not later
    threadpool_limits(limits=1, user_api="openmp")
