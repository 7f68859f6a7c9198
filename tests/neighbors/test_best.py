import numba
import numpy as np
import pytest

from linnet.neighbors.best import Best, compiled, reordered, sink, sort


def kept(pairs, k):
    best = Best.none(1, k)
    for distance, index in pairs:
        if distance < best.distances[0, 0]:
            sink(best.distances[0], best.indices[0], distance, index)
    sort(best)
    return list(zip(best.distances[0].tolist(), best.indices[0].tolist(), strict=True))


@pytest.mark.parametrize("k", [1, 2, 3, 4, 7, 50])
@pytest.mark.parametrize("n_values", [1, 3, 1000])
def test_the_best_pairs_are_kept_and_sorted(k, n_values):
    distances = np.random.default_rng(k).integers(0, n_values, 50).astype(float)
    pairs = [(float(distance), index) for index, distance in enumerate(distances)]
    assert kept(pairs, k) == sorted(pairs)[:k]


def test_each_heap_has_its_worst_on_top():
    best = Best.none(1, 8)
    for index, distance in enumerate(np.random.default_rng(0).integers(0, 9, 100)):
        if distance < best.distances[0, 0]:
            sink(best.distances[0], best.indices[0], distance, index)
        pairs = list(zip(best.distances[0], best.indices[0], strict=True))
        assert pairs[0] == max(pairs)


def test_any_point_comes_before_no_point():
    assert kept([(5.0, 4)], 2)[0] == (5.0, 4)


def test_parts_share_memory():
    best = Best.none(4, 2)
    part = best.part(slice(1, 3))
    part.distances[0, 0] = 7
    part.indices[1, 1] = 9
    assert best.distances[1, 0] == 7
    assert best.indices[2, 1] == 9


def test_rows_are_sorted_each_for_itself():
    best = Best(np.array([[3.0, 1.0], [9.0, 9.0]]), np.array([[0, 5], [8, 2]]))
    sort(best)
    assert best.distances.tolist() == [[1, 3], [9, 9]]
    assert best.indices.tolist() == [[5, 0], [2, 8]]


def test_a_loop_is_compiled_even_where_its_code_cannot_be_kept():
    space = {}
    exec("def twice(x):\n    return 2 * x", space)  # it has no file, so numba finds no folder for it
    with pytest.raises(RuntimeError, match="no locator"):
        numba.njit(cache=True)(space["twice"])
    assert compiled(space["twice"])(21) == 42


def test_a_reordered_sum_is_the_sum():
    def total(values):
        result = 0.0
        for i in range(len(values)):
            result += values[i]
        return result

    values = np.random.default_rng(0).normal(size=1001)
    assert reordered(total)(values) == pytest.approx(np.sum(values), abs=1e-12)
