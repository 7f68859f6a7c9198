import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.evaluation.intervals import wilson


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
