"""Search by absolute differences, for L1: exact sums of bytes, many at a time, and sums of floats."""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from linnet.neighbors.best import Best, Floats, compiled, reordered, sink
from linnet.neighbors.method import Workers
from linnet.neighbors.plan import Plan

Bytes = npt.NDArray[np.uint8]

_TILE_BYTES = 1 << 18  # points that stay in a core's second-level cache while the queries pass
_CHUNK = 256  # bytes added up at once
_LANES = 32  # bytes of one vector


class ByDifferences:
    """Compare blocks by absolute differences.

    Args:
        plan: What is asked for.
        workers: The threads.
    """

    def __init__(self, plan: Plan, workers: Workers) -> None:
        self._plan = plan
        self._workers = workers
        self._dtype = np.uint8 if plan.arithmetic == "bytes" else np.float64
        self._nearest = nearest_bytes if plan.arithmetic == "bytes" else nearest_floats

    def prepare(self, rows: npt.NDArray[Any], *, are_queries: bool) -> npt.NDArray[Any]:
        """Bring (b, d) vectors into the form that `take` wants: packed, and writable as the compiled loop expects."""
        return np.require(rows, self._dtype, ["C", "W"])

    def take(self, queries: npt.NDArray[Any], points: npt.NDArray[Any], best: Best, first: int) -> None:
        """Take points, the first of them number `first`, into the best of each query."""

        def take_some(rows: slice) -> None:
            self._nearest(queries[rows], points, best.part(rows), first)

        self._workers.share(len(queries), take_some, most=self._plan.step_rows)


def _spell_l1_of_chunk(context: Any, a: Any, b: Any) -> Any:
    """Write the code that adds up |a - b| of `_CHUNK` bytes in vectors of 32.

    Processors add up absolute differences of 16 to 64 bytes in one instruction. From a loop the compiler finds it for
    8 bytes only, as its sums have 32 bits; spelled in vectors, it finds it for all, on any processor that has one.
    """
    bytes_, sums = ir.VectorType(ir.IntType(8), _LANES), ir.VectorType(ir.IntType(32), _LANES)

    def generate(target: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        starts = [target.make_array(signature.args[i])(target, builder, arguments[i]).data for i in (0, 1)]
        total = zero = ir.Constant(sums, None)
        for at in range(0, _CHUNK, _LANES):
            places = [builder.gep(start, [ir.Constant(ir.IntType(64), at)]) for start in starts]
            x, y = (builder.load(builder.bitcast(place, bytes_.as_pointer()), align=1) for place in places)
            difference = builder.sub(builder.zext(x, sums), builder.zext(y, sums))
            is_negative = builder.icmp_signed("<", difference, zero)
            total = builder.add(total, builder.select(is_negative, builder.neg(difference), difference))
        kind = ir.FunctionType(ir.IntType(32), [sums])
        name = f"llvm.vector.reduce.add.v{_LANES}i32"
        add = cgutils.get_or_insert_function(builder.module, kind, name)  # type: ignore[no-untyped-call]
        return builder.call(add, [total])

    return types.int32(a, b), generate


_l1_of_chunk = cast(Callable[[Bytes, Bytes], int], intrinsic(_spell_l1_of_chunk))


@compiled
def _l1_bytes(a: Bytes, b: Bytes, worst: float) -> int:
    """Measure, or give up with some number that is not below `worst`: sums only grow."""
    total = 0
    whole = len(a) - len(a) % _CHUNK
    for start in range(0, whole, _CHUNK):
        total += _l1_of_chunk(a[start : start + _CHUNK], b[start : start + _CHUNK])
        if total >= worst:
            return total
    rest = np.int32(0)
    for f in range(whole, len(a)):
        rest = np.int32(rest + abs(np.int32(np.int32(a[f]) - np.int32(b[f]))))
    return total + int(rest)


@compiled
def nearest_bytes(queries: Bytes, points: Bytes, best: Best, first: int) -> None:
    """Take a block of points into the best of each query; distances are exact.

    Args:
        queries: (b, d) uint8.
        points: (p, d) uint8.
        best: Of b queries, updated.
        first: The index of the first point.
    """
    tile = max(8, _TILE_BYTES // queries.shape[1])
    for low in range(0, points.shape[0], tile):
        for i in range(queries.shape[0]):
            query, distances, indices = queries[i], best.distances[i], best.indices[i]
            for j in range(low, min(low + tile, points.shape[0])):
                distance = _l1_bytes(query, points[j], distances[0])
                if distance < distances[0]:
                    sink(distances, indices, distance, first + j)


@reordered
def _l1(a: Floats, b: Floats) -> float:
    total = 0.0
    for f in range(len(a)):
        total += abs(a[f] - b[f])
    return total


@compiled
def nearest_floats(queries: Floats, points: Floats, best: Best, first: int) -> None:
    """Take a block of points into the best of each query.

    Args:
        queries: (b, d) float64.
        points: (p, d) float64.
        best: Of b queries, updated.
        first: The index of the first point.
    """
    tile = max(8, _TILE_BYTES // (8 * queries.shape[1]))
    for low in range(0, points.shape[0], tile):
        for i in range(queries.shape[0]):
            query, distances, indices = queries[i], best.distances[i], best.indices[i]
            for j in range(low, min(low + tile, points.shape[0])):
                distance = _l1(query, points[j])
                if distance < distances[0]:
                    sink(distances, indices, distance, first + j)
