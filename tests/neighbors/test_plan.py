import numpy as np
import pytest
import torch

from linnet.neighbors import products
from linnet.neighbors.plan import METRICS, plan_search

GIB = 1 << 30


def without_memory(n, d, dtype=np.uint8):
    """Look like n vectors: all are one number."""
    return np.broadcast_to(dtype(0), (n, d))


@pytest.mark.parametrize("n_threads", [1, 2, 64])
@pytest.mark.parametrize("d", [1, 784, 3072, 150_528, 1_000_000])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("metric", METRICS)
def test_memory_stays_below_a_gibibyte_however_much_is_compared(monkeypatch, metric, dtype, d, n_threads):
    monkeypatch.setattr(torch, "get_num_threads", lambda: n_threads)
    vectors = without_memory(10_000_000, d, dtype)
    assert plan_search(vectors, vectors, metric=metric).n_bytes < 0.75 * GIB


@pytest.mark.parametrize("d", [1, 3072, 150_528])
def test_the_slow_exact_way_stays_below_a_gibibyte_too(d):
    vectors = without_memory(10_000_000, d)
    assert plan_search(vectors, vectors, metric="l2", arithmetic="float32").n_bytes < 0.75 * GIB


def test_a_vector_larger_than_a_block_is_a_block_of_its_own():
    vectors = without_memory(10, 100_000_000)
    plan = plan_search(vectors, vectors, metric="l2", arithmetic="int8")
    assert (plan.query_rows, plan.point_rows, plan.step_rows) == (1, 1, 1)


def test_blocks_are_not_larger_than_the_data():
    plan = plan_search(without_memory(5, 10), without_memory(7, 10), metric="l2")
    assert (plan.query_rows, plan.point_rows) == (5, 7)


def test_few_queries_are_shared_among_all_threads(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4)
    plan = plan_search(without_memory(100, 10), without_memory(100, 10), metric="l1")
    assert (plan.step_rows, plan.n_threads) == (25, 4)


@pytest.mark.parametrize(
    ("metric", "dtype", "arithmetic"),
    [("l1", np.uint8, "bytes"), ("l1", np.float32, "floats"), ("l2", np.float32, "float64")],
)
def test_the_kind_of_numbers_decides_the_arithmetic(metric, dtype, arithmetic):
    vectors = without_memory(5, 10, dtype)
    assert plan_search(vectors, vectors, metric=metric).arithmetic == arithmetic


@pytest.mark.parametrize(("has_units", "arithmetic"), [(True, "int8"), (False, "float32")])
def test_the_machine_decides_how_bytes_are_multiplied(monkeypatch, has_units, arithmetic):
    monkeypatch.setattr(products, "has_exact_int8", lambda: has_units)
    vectors = without_memory(5, 10)
    assert plan_search(vectors, vectors, metric="cosine").arithmetic == arithmetic
