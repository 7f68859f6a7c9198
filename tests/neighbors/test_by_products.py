import numpy as np
import pytest

from linnet.neighbors.best import Best, sort
from linnet.neighbors.by_products import ByProducts, Rule, Side, moments, nearest_by_products
from linnet.neighbors.method import Workers
from linnet.neighbors.plan import plan_search


def sides(queries, points, *, rows=False, shrink=1.0):
    """Say what vectors add to their products, for L2."""
    return tuple(
        Side(
            -0.5 * shrink * (v * v).sum(1), np.full(len(v), -2.0), (v * v).sum(1), v if rows else np.empty((len(v), 0))
        )
        for v in (queries, points)
    )


def reference(queries, points, k):
    table = np.sqrt(((queries[:, None] - points) ** 2).sum(axis=2))
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(table, order, axis=1), order


def test_moments_are_sums_and_sums_of_squares():
    vectors = np.random.default_rng(0).integers(-128, 128, (4, 999)).astype(np.int8)
    vectors[0] = -128
    sums, squares = np.empty((2, 4), dtype=np.int64)
    moments(vectors, sums, squares)
    assert np.array_equal(sums, vectors.sum(axis=1, dtype=np.int64))
    assert np.array_equal(squares, (vectors.astype(np.int64) ** 2).sum(axis=1))


@pytest.mark.parametrize("dtype", [np.int32, np.float64])
@pytest.mark.parametrize("n_points", [1, 5, 63, 64, 65, 128, 130])
def test_no_point_is_lost_at_the_edges_of_chunks(n_points, dtype):
    draw = np.random.default_rng(n_points)
    queries, points = (draw.integers(-9, 9, (n, 6)).astype(np.float64) for n in (7, n_points))
    k = min(4, n_points)
    best = Best.none(7, k)
    products = (queries @ points.T).astype(dtype)
    nearest_by_products(products, sides(queries, points), best, 100, Rule(False, True, 0.0))
    sort(best)
    distances, indices = reference(queries, points, k)
    assert np.array_equal(best.distances, distances)
    assert np.array_equal(best.indices, indices + 100)


@pytest.mark.parametrize("sign", [-1, 1])
def test_rounded_products_find_the_same_as_long_as_the_slack_covers_the_rounding(sign):
    draw = np.random.default_rng(0)
    queries, points = draw.normal(size=(5, 8)), draw.normal(size=(300, 8))
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(points, axis=1)
    slack = 0.1
    rounded = queries @ points.T + sign * slack / 4 * lengths
    best = Best.none(5, 10)
    both = sides(queries, points, rows=True, shrink=1 - slack)
    nearest_by_products(rounded, both, best, 0, Rule(False, False, slack))
    sort(best)
    distances, indices = reference(queries, points, 10)
    assert np.array_equal(best.indices, indices)
    assert best.distances == pytest.approx(distances)


@pytest.mark.parametrize("metric", ["l2", "cosine"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_keys_of_a_prepared_block_rise_with_the_distance(metric, dtype):
    draw = np.random.default_rng(0)
    queries, points = (draw.integers(1, 256, (n, 20), dtype=np.uint8).astype(dtype) for n in (3, 40))
    with Workers(2) as workers:
        method = ByProducts(plan_search(queries, points, metric=metric), workers)
        a, b = method.prepare(queries, are_queries=True), method.prepare(points, are_queries=False)
    products = a.vectors.astype(np.float64) @ b.vectors.astype(np.float64).T
    keys = (products + a.side.term[:, None] + b.side.term) * b.side.scale
    x, y = queries.astype(np.float64), points.astype(np.float64)
    if metric == "l2":
        assert keys == pytest.approx(((x[:, None] - y) ** 2).sum(axis=2))
    else:
        assert keys == pytest.approx(-(x @ y.T) / np.linalg.norm(y, axis=1))


def test_parts_of_a_block_belong_together():
    vectors = np.random.default_rng(0).integers(0, 256, (9, 5), dtype=np.uint8)
    with Workers(1) as workers:
        method = ByProducts(plan_search(vectors, vectors, metric="cosine"), workers)
        whole, part = (method.prepare(v, are_queries=True) for v in (vectors, vectors[2:6]))
    cut = whole.part(slice(2, 6))
    assert np.array_equal(cut.vectors, part.vectors)
    assert all(np.array_equal(a, b) for a, b in zip(cut.side, part.side, strict=True))
