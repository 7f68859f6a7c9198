"""All pairs of pictures that look alike, by hash and thumbnail; compiled, in memory that does not grow with pairs."""

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

MAX_HAMMING = 8
"""Signs, of those that count in both pictures, that may differ before thumbnails are compared; of at most 63."""
_BLOCK = 1024
_SIDE = 16
_COLOR_SIDE = 8


@njit(nogil=True, cache=True)
def scan(  # noqa: PLR0917
    words: npt.NDArray[np.uint32],
    gray: npt.NDArray[np.int8],
    color: npt.NDArray[np.int8],
    limits: npt.NDArray[np.float32],
    span: tuple[int, int],
    parents: npt.NDArray[np.int64],
    pairs: npt.NDArray[np.float64],
) -> int:
    """Compare some pictures with all that follow them.

    Args:
        words: (4, m) uint32, hash words as in `linnet.datasets.splitting.perceptual.Looks`, one row each.
        gray: (m, 256) int8.
        color: (m, 128) or (m, 0) int8.
        limits: (m, 3) float32: the norm of the row of `gray`, the smallest correlation, the largest sum of squared
            color differences with which the picture is taken for another.
        span: The first picture and the one after the last.
        parents: (m,) int64, a union-find forest; pairs are joined in it.
        pairs: (p, 4) float64, receives first, second, distance and 1.0 for mirrored, of the first p pairs.

    Returns:
        How many pairs were found, also more than p.
    """
    m = words.shape[1]
    hits, places = np.zeros(_BLOCK, np.uint8), np.zeros(_BLOCK, np.int64)
    own_gray, turned_gray = np.zeros(gray.shape[1], np.int8), np.zeros(gray.shape[1], np.int8)
    own_color, turned_color = np.zeros(color.shape[1], np.int8), np.zeros(color.shape[1], np.int8)
    n_found = 0
    for i in range(span[0], span[1]):
        _copy(gray, i, _SIDE, own_gray, turned_gray)
        _copy(color, i, _COLOR_SIDE, own_color, turned_color)
        for start in range(i + 1, m, _BLOCK):
            if _hash_hits(words, i, start, min(m, start + _BLOCK), hits) == 0:
                continue
            for k in places[: _list_hits(hits, places)]:
                j = start + k
                distance = -1.0
                if hits[k] & 1:
                    distance = _distance(own_gray, own_color, gray, color, limits, i, j)
                mirrored = distance < 0 and hits[k] & 2 != 0
                if mirrored:
                    distance = _distance(turned_gray, turned_color, gray, color, limits, i, j)
                if distance >= 0:
                    _join(parents, i, j)
                    if n_found < len(pairs):
                        pairs[n_found, 0], pairs[n_found, 1] = i, j
                        pairs[n_found, 2], pairs[n_found, 3] = distance, mirrored
                    n_found += 1
    return n_found


def _generate_count(_typing: Any, _word: Any) -> tuple[Any, Any]:
    """Count the ones of a uint32 with the processor's own instruction, where it has one: twice the speed of sums."""

    def generate(_context: Any, builder: Any, _signature: Any, words: Any) -> Any:
        return builder.ctpop(words[0])

    return types.uint32(types.uint32), generate


_count_bits: Any = intrinsic(_generate_count)


@njit(nogil=True, cache=True)
def _hash_hits(words: npt.NDArray[np.uint32], i: int, start: int, stop: int, hits: npt.NDArray[np.uint8]) -> np.uint32:
    even, odd, counts_even, counts_odd = words[0, i], words[1, i], words[2, i], words[3, i]
    limit = np.uint32(MAX_HAMMING)
    n_hits = np.uint32(0)
    for j in range(start, stop):
        both = counts_odd & words[3, j]
        differ_even = _count_bits((even ^ words[0, j]) & counts_even & words[2, j])
        differ_odd = _count_bits((odd ^ words[1, j]) & both)
        straight = np.uint32(differ_even + differ_odd <= limit)
        # mirroring turns every odd sign: those that agreed differ now
        mirrored = np.uint32(differ_even + _count_bits(both) - differ_odd <= limit)
        hit = straight | (mirrored << np.uint32(1))
        hits[j - start] = hit
        n_hits += hit
    hits[stop - start :] = 0  # the last block is shorter than the one before it
    return n_hits


@njit(nogil=True, cache=True)
def _list_hits(hits: npt.NDArray[np.uint8], places: npt.NDArray[np.int64]) -> int:
    eights = hits.view(np.uint64)  # hits are rare: most places are passed over eight at a time
    n = 0
    for eight in range(len(eights)):
        if eights[eight] != 0:
            for k in range(8 * eight, 8 * eight + 8):
                if hits[k] != 0:
                    places[n] = k
                    n += 1
    return n


@njit(nogil=True, cache=True)
def _distance(  # noqa: PLR0917
    own_gray: npt.NDArray[np.int8],
    own_color: npt.NDArray[np.int8],
    gray: npt.NDArray[np.int8],
    color: npt.NDArray[np.int8],
    limits: npt.NDArray[np.float32],
    i: int,
    j: int,
) -> float:
    """Return the distance of picture i, given as it is or turned, to picture j, or -1.0 where it is beyond a limit."""
    # Rows by index and not as slices, which would be counted references; int32 said at each step, or numba widens to
    # 64 bits: each costs as much as the sum itself.
    dot = np.int32(0)
    for t in range(len(own_gray)):
        dot = np.int32(dot + np.int32(np.int32(own_gray[t]) * np.int32(gray[j, t])))
    correlation = dot / (limits[i, 0] * limits[j, 0])
    if correlation < max(limits[i, 1], limits[j, 1]):
        return -1.0
    squares = np.int32(0)
    for t in range(len(own_color)):
        difference = np.int32(np.int32(own_color[t]) - np.int32(color[j, t]))
        squares = np.int32(squares + np.int32(difference * difference))
    if squares > min(limits[i, 2], limits[j, 2]):
        return -1.0
    # two vectors of length 1 with correlation r lie sqrt(2 - 2 r) apart
    return float(np.sqrt(max(0.0, 2 - 2 * correlation)))


@njit(nogil=True, cache=True)
def _copy(
    rows: npt.NDArray[np.int8], i: int, side: int, own: npt.NDArray[np.int8], turned: npt.NDArray[np.int8]
) -> None:
    for t in range(len(own)):
        own[t] = rows[i, t]
        turned[t] = rows[i, t - t % side + side - 1 - t % side]


@njit(nogil=True, cache=True)
def _join(parents: npt.NDArray[np.int64], a: int, b: int) -> None:
    while parents[a] != a:
        parents[a] = parents[parents[a]]
        a = parents[a]
    while parents[b] != b:
        parents[b] = parents[parents[b]]
        b = parents[b]
    parents[max(a, b)] = min(a, b)
