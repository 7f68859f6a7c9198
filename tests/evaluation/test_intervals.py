import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.stats import bootstrap

from linnet.evaluation import intervals
from linnet.evaluation.intervals import percentile, resampled, wilson
from linnet.seeds import numpy_generator


def wilson_by_formula(n_right, n, z=1.959963984540054):
    p = n_right / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return middle - half, middle + half


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_interval_is_wilsons_formula(case):
    n_right, n = case
    assert wilson(n_right, n) == pytest.approx(wilson_by_formula(n_right, n), abs=1e-9)


def test_interval_holds_the_fraction_and_stays_inside_zero_and_one():
    for n_right, n in ((0, 3), (3, 3), (50, 100), (9999, 10000)):
        low, high = wilson(n_right, n)
        assert 0 <= low <= n_right / n <= high <= 1


def test_more_pictures_make_a_narrower_interval():
    few, many = wilson(9, 10), wilson(900, 1000)
    assert many[1] - many[0] < (few[1] - few[0]) / 3


def test_more_confidence_makes_a_wider_interval():
    narrow, wide = wilson(80, 100, confidence=0.5), wilson(80, 100, confidence=0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_sums_of_draws_are_those_of_a_loop_over_the_same_draws():
    generator = np.random.default_rng(0)
    dense, sparse = generator.normal(size=(3, 20)), generator.integers(0, 2, size=(4, 20)).astype(float)
    sums = resampled([dense, csr_array(sparse)], seed=3, n_draws=50)
    random = numpy_generator(3, "bootstrap")
    for draw in range(50):
        chosen = random.integers(0, 20, size=20)
        assert sums[0][draw] == pytest.approx(sum(dense[:, i] for i in chosen))
        assert sums[1][draw] == pytest.approx(sum(sparse[:, i] for i in chosen))


def test_the_same_seed_draws_the_same_and_another_one_others():
    table = np.arange(30.0)[None]
    first, again, other = (resampled([table], seed=seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_blocks_change_nothing(monkeypatch):
    table = np.arange(30.0)[None]
    whole = resampled([table], n_draws=100)[0]
    monkeypatch.setattr(intervals, "_BLOCK", 30 * 7)
    assert np.array_equal(resampled([table], n_draws=100)[0], whole)


def test_the_interval_of_a_mean_is_that_of_scipy():
    values = np.random.default_rng(5).gamma(2.0, size=400)
    sums = resampled([values[None]], n_draws=4000)[0][:, 0] / 400
    ours = percentile(float(values.mean()), sums)
    theirs = bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=np.random.default_rng(6))
    width = theirs.confidence_interval.high - theirs.confidence_interval.low
    assert ours == pytest.approx(tuple(theirs.confidence_interval), abs=0.06 * width)


def test_about_95_of_100_intervals_hold_the_true_mean():
    generator = np.random.default_rng(7)
    held = 0
    for seed in range(200):
        values = generator.normal(size=100)
        low, high = percentile(float(values.mean()), resampled([values[None]], seed=seed, n_draws=200)[0][:, 0] / 100)
        held += low <= 0 <= high
    # Standard deviation of the share is 1.5 %; percentile intervals of 100 values are a little narrow.
    assert 0.90 <= held / 200 <= 0.985


def test_an_interval_is_stretched_to_hold_its_number_and_undefined_draws_are_left_out():
    draws = np.array([0.2, 0.3, np.nan, 0.4])
    assert percentile(0.1, draws)[0] == 0.1
    assert percentile(0.5, draws)[1] == 0.5
    assert percentile(0.3, draws, confidence=0.5) == pytest.approx((0.25, 0.35))


def test_what_is_not_defined_has_no_interval():
    assert percentile(math.nan, np.array([0.1, 0.2])) == (None, None)
    assert percentile(0.5, np.full(3, math.nan)) == (None, None)
