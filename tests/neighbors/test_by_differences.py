import numpy as np
import pytest

from linnet.neighbors.best import Best, sort
from linnet.neighbors.by_differences import ByDifferences, nearest_bytes, nearest_floats
from linnet.neighbors.method import Workers
from linnet.neighbors.plan import plan_search


def reference(queries, points, k):
    table = np.abs(queries[:, None].astype(np.float64) - points).sum(axis=2)
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(table, order, axis=1), order


@pytest.mark.parametrize("d", [1, 31, 32, 255, 256, 257, 512, 784, 3072])
def test_sums_of_bytes_are_exact_at_the_edges_of_chunks(d):
    draw = np.random.default_rng(d)
    queries, points = (draw.integers(0, 256, (n, d), dtype=np.uint8) for n in (4, 30))
    best = Best.none(4, 5)
    nearest_bytes(queries, points, best, 0)
    sort(best)
    distances, indices = reference(queries, points, 5)
    assert np.array_equal(best.distances, distances)
    assert np.array_equal(best.indices, indices)


@pytest.mark.parametrize(("a", "b"), [(0, 255), (255, 0)])
def test_the_largest_differences_do_not_overflow(a, b):
    best = Best.none(1, 1)
    nearest_bytes(np.full((1, 200_000), a, np.uint8), np.full((1, 200_000), b, np.uint8), best, 0)
    assert best.distances[0, 0] == 200_000 * 255


def test_a_point_that_is_given_up_early_is_not_kept():
    points = np.zeros((3, 1024), dtype=np.uint8)
    points[1], points[2, 1023] = 200, 1
    best = Best.none(1, 2)
    nearest_bytes(np.zeros((1, 1024), dtype=np.uint8), points, best, 0)
    sort(best)
    assert best.indices.tolist() == [[0, 2]]
    assert best.distances.tolist() == [[0, 1]]


@pytest.mark.parametrize(("nearest", "dtype"), [(nearest_bytes, np.uint8), (nearest_floats, np.float64)])
def test_later_blocks_count_on_and_lose_ties(nearest, dtype):
    points = np.array([[1, 1], [9, 9], [1, 1], [0, 1]], dtype=dtype)
    best = Best.none(1, 2)
    nearest(points[:1], points[:2], best, 0)
    nearest(points[:1], points[2:], best, 2)
    sort(best)
    assert best.indices.tolist() == [[0, 2]]


@pytest.mark.parametrize("n_points", [1, 7, 8, 9, 600])
@pytest.mark.parametrize(("nearest", "dtype"), [(nearest_bytes, np.uint8), (nearest_floats, np.float64)])
def test_no_point_is_lost_at_the_edges_of_tiles(nearest, dtype, n_points):
    draw = np.random.default_rng(n_points)
    queries, points = (draw.integers(0, 256, (n, 1000)).astype(dtype) for n in (2, n_points))
    best = Best.none(2, 1)
    nearest(queries, points, best, 0)
    assert np.array_equal(best.distances, reference(queries, points, 1)[0])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_blocks_are_packed_and_writable_whatever_they_come_from(dtype):
    rows = np.ones((6, 8), dtype=dtype)[::2, ::2]
    rows.flags.writeable = False
    with Workers(1) as workers:
        ready = ByDifferences(plan_search(rows, rows, metric="l1"), workers).prepare(rows, are_queries=True)
    assert ready.flags.c_contiguous
    assert ready.flags.writeable
    assert np.array_equal(ready, rows)
