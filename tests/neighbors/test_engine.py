import dataclasses
import gzip
import os
import re
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from linnet.errors import ConfigError, ImagesError, UnknownNameError
from linnet.neighbors import METRICS, search
from linnet.neighbors.engine import walk
from linnet.neighbors.plan import plan_search


def by_two_loops(queries, points, metric):
    table = np.empty((len(queries), len(points)))
    for i, a in enumerate(queries.astype(np.float64)):
        for j, b in enumerate(points.astype(np.float64)):
            if metric == "l1":
                table[i, j] = np.sum(np.abs(a - b))
            elif metric == "l2":
                table[i, j] = np.sqrt(np.sum((a - b) ** 2))
            else:
                lengths = np.sqrt((a @ a) * (b @ b))
                table[i, j] = 1 - (a @ b) / lengths if lengths > 0 else 1
    return table


def by_one_loop(queries, points, metric):
    b = points.astype(np.float64)
    table = np.empty((len(queries), len(points)))
    for i, a in enumerate(queries.astype(np.float64)):
        if metric == "l1":
            table[i] = np.abs(b - a).sum(axis=1)
        elif metric == "l2":
            table[i] = np.sqrt(((b - a) ** 2).sum(axis=1))
        else:
            table[i] = 1 - b @ a / np.sqrt((b * b).sum(axis=1) * (a @ a))
    return table


def by_no_loop(queries, points, metric):
    a, b = queries.astype(np.float64), points.astype(np.float64)
    squares_a, squares_b = (a * a).sum(axis=1)[:, None], (b * b).sum(axis=1)
    if metric == "l1":
        return np.abs(a[:, None] - b).sum(axis=2)
    if metric == "l2":
        return np.sqrt(squares_a + squares_b - 2 * a @ b.T)
    return 1 - a @ b.T / np.sqrt(squares_a * squares_b)


def nearest_in(table, k):
    order = np.argsort(table, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(table, order, axis=1), order


def random_vectors(*shape, dtype=np.uint8, seed=0):
    draw = np.random.default_rng(seed)
    if dtype == np.uint8:
        return draw.integers(0, 256, shape, dtype=np.uint8)
    return draw.normal(size=shape).astype(dtype)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("textbook", [by_two_loops, by_one_loop, by_no_loop])
def test_the_textbook_distances_agree_with_the_engine(textbook, metric):
    queries, points = random_vectors(9, 48), random_vectors(40, 48, seed=1)
    found = search(queries, points, 7, metric=metric)
    distances, indices = nearest_in(textbook(queries, points, metric), 7)
    assert np.array_equal(found.indices, indices)
    assert np.abs(found.distances - distances).max() < 1e-12


@pytest.mark.parametrize("metric", METRICS)
def test_pixels_have_the_neighbors_of_a_float64_reference(metric):
    queries, points = random_vectors(20, 3072), random_vectors(500, 3072, seed=1)
    found = search(queries, points, 30, metric=metric)
    distances, indices = nearest_in(by_one_loop(queries, points, metric), 30)
    assert np.array_equal(found.indices, indices)
    assert np.array_equal(found.distances, distances)


@given(data=st.data(), metric=st.sampled_from(METRICS), n_levels=st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_few_gray_levels_make_many_ties_which_all_go_to_the_smaller_index(data, metric, n_levels):
    n, m, d = data.draw(st.tuples(st.integers(1, 5), st.integers(1, 140), st.integers(1, 5)))
    draw = np.random.default_rng(data.draw(st.integers(0, 1000)))
    queries, points = (draw.integers(0, n_levels, (rows, d)).astype(np.uint8) for rows in (n, m))
    k = data.draw(st.integers(1, m))
    found = search(queries, points, k, metric=metric)
    distances, indices = nearest_in(by_two_loops(queries, points, metric), k)
    assert np.array_equal(found.indices, indices)
    assert np.array_equal(found.distances, distances)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("metric", METRICS)
def test_duplicates_lie_at_zero_in_the_order_of_their_indices(metric, dtype):
    points = random_vectors(50, 33, dtype=dtype)
    points[[7, 20, 41]] = points[3]
    found = search(points[[3]], points, 4, metric=metric)
    assert found.indices.tolist() == [[3, 7, 20, 41]]
    assert found.distances.tolist() == [[0, 0, 0, 0]]
    assert not np.signbit(found.distances).any()


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
@pytest.mark.parametrize("metric", METRICS)
def test_as_many_neighbors_as_points_rank_all_points(metric, dtype):
    queries, points = random_vectors(3, 20, dtype=dtype), random_vectors(300, 20, dtype=dtype, seed=1)
    found = search(queries, points, 300, metric=metric)
    assert np.array_equal(np.sort(found.indices, axis=1), np.tile(np.arange(300), (3, 1)))
    assert (np.diff(found.distances, axis=1) >= 0).all()


@pytest.mark.parametrize("metric", METRICS)
def test_no_queries_have_no_neighbors(metric):
    found = search(random_vectors(0, 5), random_vectors(4, 5), 3, metric=metric)
    assert (found.distances.shape, found.distances.dtype) == ((0, 3), np.float64)
    assert (found.indices.shape, found.indices.dtype) == ((0, 3), np.int64)


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
@pytest.mark.parametrize("metric", METRICS)
def test_neither_blocks_nor_threads_change_the_answer(metric, dtype, n_threads):
    queries, points = random_vectors(11, 70, dtype=dtype), random_vectors(200, 70, dtype=dtype, seed=1)
    whole = search(queries, points, 9, metric=metric)
    plan = plan_search(queries, points, metric=metric)
    small = dataclasses.replace(plan, query_rows=5, point_rows=66, step_rows=2, n_threads=n_threads)
    cut = walk(queries, points, 9, small)
    assert np.array_equal(whole.indices, cut.indices)
    assert np.array_equal(whole.distances, cut.distances)


@pytest.mark.parametrize("d", [1, 784, 1025, 3072])
@pytest.mark.parametrize("metric", ["l2", "cosine"])
def test_machines_without_matrix_units_find_exactly_the_same(metric, d):
    queries, points = random_vectors(9, d), random_vectors(130, d, seed=1)
    points[5], points[6] = 0, 255
    found = [
        walk(queries, points, 11, plan_search(queries, points, metric=metric, arithmetic=arithmetic))
        for arithmetic in ("int8", "float32")
    ]
    assert np.array_equal(found[0].indices, found[1].indices)
    assert np.array_equal(found[0].distances, found[1].distances)


@pytest.mark.parametrize("arithmetic", ["int8", "float32"])
def test_sums_beyond_32_bits_are_exact(arithmetic):
    points = np.zeros((3, 140_000), dtype=np.uint8)
    points[1], points[2, 0] = 255, 1
    plan = plan_search(points, points, metric="l2", arithmetic=arithmetic)
    found = walk(points[:2], points, 3, plan)
    far = np.sqrt(140_000 * 255**2)
    assert found.indices.tolist() == [[0, 2, 1], [1, 2, 0]]
    assert found.distances.tolist() == [[0, 1, far], [0, np.sqrt(139_999 * 255**2 + 254**2), far]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("metric", "theirs"), [("l1", "manhattan"), ("l2", "euclidean"), ("cosine", "cosine")])
def test_floats_have_the_neighbors_that_scikit_learn_finds(metric, theirs, dtype):
    queries, points = random_vectors(15, 65, dtype=dtype), random_vectors(400, 65, dtype=dtype, seed=1)
    found = search(queries, points, 12, metric=metric)
    peer = NearestNeighbors(n_neighbors=12, algorithm="brute", metric=theirs).fit(points.astype(np.float64))
    distances, indices = peer.kneighbors(queries.astype(np.float64))
    assert np.array_equal(found.indices, indices)
    assert found.distances == pytest.approx(distances, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("offset", [0, 1e3, 1e7])
def test_floats_far_from_zero_keep_their_small_distances(offset):
    queries, points = (offset + random_vectors(n, 30, dtype=np.float64, seed=n) for n in (8, 200))
    found = search(queries, points, 10, metric="l2")
    distances, indices = nearest_in(by_two_loops(queries, points, "l2"), 10)
    assert np.array_equal(found.indices, indices)
    assert found.distances == pytest.approx(distances, rel=1e-12)


def test_opposite_floats_lie_at_cosine_distance_two():
    points = np.array([[-3.0, -4.0], [4.0, -3.0], [30.0, 40.0]])
    found = search(np.array([[3.0, 4.0]]), points, 3, metric="cosine")
    assert found.indices.tolist() == [[2, 1, 0]]
    assert found.distances.tolist() == [[0, 1, 2]]


@pytest.mark.parametrize("dtype", [np.uint8, np.float64])
def test_a_vector_of_zeros_lies_at_cosine_distance_one_from_all(dtype):
    points = np.array([[0, 0], [5, 0], [0, 0], [0, 7]], dtype=dtype)
    found = search(np.array([[0, 0], [2, 0]], dtype=dtype), points, 4, metric="cosine")
    assert found.indices.tolist() == [[0, 1, 2, 3], [1, 0, 2, 3]]
    assert found.distances.tolist() == [[1, 1, 1, 1], [0, 1, 1, 1]]


def test_float32_queries_may_meet_float64_points():
    queries, points = random_vectors(4, 6, dtype=np.float32), random_vectors(9, 6, dtype=np.float64)
    mixed = search(queries, points, 2, metric="l2")
    assert np.array_equal(mixed.distances, search(queries.astype(np.float64), points, 2, metric="l2").distances)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("metric", METRICS)
def test_arrays_may_be_memory_mapped_and_strided(tmp_path, metric, dtype):
    points = random_vectors(60, 40, dtype=dtype)
    np.save(tmp_path / "points.npy", points)
    mapped = np.load(tmp_path / "points.npy", mmap_mode="r")
    expected = search(points[::2, ::2].copy(), points[:, ::2].copy(), 5, metric=metric)
    found = search(mapped[::2, ::2], np.asfortranarray(points)[:, ::2], 5, metric=metric)
    assert np.array_equal(found.indices, expected.indices)
    assert np.array_equal(search(mapped[:3], mapped, 1, metric=metric).indices[:, 0], [0, 1, 2])


@pytest.mark.parametrize("metric", METRICS)
def test_what_is_lent_is_not_changed(metric):
    queries, points = random_vectors(5, 300), random_vectors(30, 300)
    search(queries, points, 3, metric=metric)
    assert np.array_equal(queries, random_vectors(5, 300))
    assert np.array_equal(points, random_vectors(30, 300))


def test_torch_keeps_its_threads():
    before = torch.get_num_threads()
    search(random_vectors(5, 30), random_vectors(30, 30), 3, metric="l2")
    assert torch.get_num_threads() == before


def test_memory_does_not_grow_with_the_table_of_distances():
    queries, points = random_vectors(500, 8), random_vectors(20_000, 8, seed=1)
    search(queries[:2], points[:2], 1, metric="l1")
    tracemalloc.start()
    search(queries, points, 1, metric="l1")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 << 20  # the table would take 80


class Recorder:
    def __init__(self):
        self.total, self.done = 0, 0

    def task(self, text, total=None):
        self.total = total
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def advance(self, n=1, note=""):
        self.done += n

    def say(self, text):
        pass


def test_progress_hears_of_every_pair_of_blocks():
    queries, points = random_vectors(5, 30), random_vectors(30, 30)
    plan = dataclasses.replace(plan_search(queries, points, metric="l2"), query_rows=2, point_rows=10)
    recorder = Recorder()
    walk(queries, points, 3, plan, progress=recorder)
    assert (recorder.done, recorder.total) == (9, 9)


@pytest.mark.parametrize(
    ("queries", "points", "said"),
    [
        (np.zeros((2, 3)), [[1.0]], "points as a NumPy array of shape (n, d), d >= 1; it got list"),
        (
            np.zeros(3),
            np.zeros((2, 3)),
            "queries as a NumPy array of shape (n, d), d >= 1; it got an array of shape (3,)",
        ),
        (np.zeros((2, 0)), np.zeros((2, 0)), "it got an array of shape (2, 0)"),
        (np.zeros((2, 3), dtype=np.int64), np.zeros((2, 3)), "uint8, float32 or float64; it got int64"),
        (np.zeros((2, 3), dtype=np.uint8), np.zeros((2, 3)), "it got uint8 and float64"),
        (np.zeros((2, 3)), np.zeros((2, 4)), "it got 3 and 4"),
        (np.array([[np.nan, 1]]), np.zeros((2, 2)), "finite queries up to 1e70; they reach nan .. nan"),
        (np.zeros((2, 2)), np.array([[np.inf, 1]]), "finite points up to 1e70; they reach 1.0 .. inf"),
        (np.zeros((2, 2)), np.array([[-1e80, 1]]), "they reach -1e+80 .. 1.0"),
    ],
)
def test_unfit_arrays_are_refused(queries, points, said):
    with pytest.raises(ImagesError, match=re.escape(said)):
        search(queries, points, 1, metric="l2")


@pytest.mark.parametrize("n_neighbors", [0, -1, 5, 2.0, "2", None])
def test_a_count_of_neighbors_outside_the_points_is_refused(n_neighbors):
    with pytest.raises(ConfigError, match=re.escape(f"integer in 1 .. 4, the number of points; it is {n_neighbors!r}")):
        search(random_vectors(2, 3), random_vectors(4, 3), n_neighbors, metric="l2")


def test_a_misspelt_metric_gets_a_guess():
    with pytest.raises(UnknownNameError, match="did you mean 'cosine'"):
        search(random_vectors(2, 3), random_vectors(4, 3), 1, metric="cosin")


def read_idx(path):
    data = gzip.decompress(path.read_bytes())
    n_axes = data[3]
    shape = np.frombuffer(data, dtype=">u4", count=n_axes, offset=4)
    return np.frombuffer(data, dtype=np.uint8, offset=4 + 4 * n_axes).reshape(shape[0], -1)


@pytest.mark.data
@pytest.mark.slow
def test_mnist_has_its_published_number_of_right_nearest_neighbors():
    folder = Path(os.environ.get("LINNET_DATA", "")) / "mnist"
    if not (folder / "train-images-idx3-ubyte.gz").exists():
        pytest.skip("MNIST's four files are not under LINNET_DATA.")
    points, labels = (read_idx(folder / f"train-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
    queries, truth = (read_idx(folder / f"t10k-{name}-ubyte.gz") for name in ("images-idx3", "labels-idx1"))
    found = search(queries, points, 1, metric="l2")
    assert int((labels[found.indices[:, 0]] == truth).sum()) == 9691
