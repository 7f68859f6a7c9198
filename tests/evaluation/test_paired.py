from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.evaluation.paired import all_pairs, difference_interval, holm, mcnemar


def pair(only_one, only_other, both=20):
    correct = np.array([True] * (only_one + both) + [False] * only_other)
    other = np.array([False] * only_one + [True] * (both + only_other))
    return correct, other


def binomial_by_sum(a, b):
    n = a + b
    tail = sum(comb(n, i) for i in range(min(a, b) + 1)) / 2**n
    return min(1.0, 2 * tail)


@given(st.integers(0, 25), st.integers(0, 25))
def test_p_value_is_the_exact_two_sided_binomial(a, b):
    assert mcnemar(*pair(a, b)) == pytest.approx(binomial_by_sum(a, b) if a + b else 1.0)


def test_pictures_on_which_both_agree_do_not_matter():
    assert mcnemar(*pair(12, 3, both=0)) == mcnemar(*pair(12, 3, both=500))


def test_two_equal_classifiers_cannot_be_told_apart():
    correct, _ = pair(5, 5)
    assert mcnemar(correct, correct) == 1.0


def test_a_clear_winner_has_a_small_p_value():
    assert mcnemar(*pair(40, 2)) < 1e-6


def test_holm_by_hand():
    # Sorted 0.01, 0.03, 0.04 times 3, 2, 1 is 0.03, 0.06, 0.04; the last is raised to 0.06.
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])


def test_holm_of_nothing_and_of_one():
    assert holm([]) == []
    assert holm([0.2]) == [0.2]


def test_every_two_have_one_p_value_in_whatever_order_they_come():
    right = {"a": pair(40, 2)[0], "b": pair(40, 2)[1], "c": pair(30, 12)[1]}
    raw = holm([mcnemar(right[one], right[other]) for one, other in ("ab", "ac", "bc")])
    found = all_pairs(right)
    assert found == dict(zip([frozenset("ab"), frozenset("ac"), frozenset("bc")], raw, strict=True))
    assert all_pairs(dict(reversed(right.items()))) == found
    assert all_pairs({"a": right["a"]}) == all_pairs({}) == {}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_a_p_value_nor_passes_one(p_values):
    for before, after in zip(p_values, holm(p_values), strict=True):
        assert before <= after <= 1


def test_the_interval_of_a_difference_is_that_of_drawing_pictures():
    correct, other = pair(40, 22, both=238)
    generator = np.random.default_rng(0)
    draws = []
    for _ in range(4000):
        chosen = generator.integers(0, 300, 300)
        draws.append(correct[chosen].mean() - other[chosen].mean())
    expected = np.quantile(draws, [0.025, 0.975])
    found = difference_interval(correct, other, n_draws=4000)
    assert found == pytest.approx(tuple(expected), abs=0.005)
    assert found[0] < 18 / 300 < found[1]


def test_the_interval_holds_zero_for_equals_and_not_for_a_clear_winner():
    low, high = difference_interval(*pair(10, 10))
    assert low < 0 < high
    low, high = difference_interval(*pair(40, 2))
    assert 0 < low < high


def test_the_same_answers_have_a_difference_of_nothing():
    correct, _ = pair(5, 5)
    assert difference_interval(correct, correct) == (0, 0)
    assert difference_interval(correct[:0], correct[:0]) == (0, 0)


def test_intervals_of_a_difference_repeat_and_depend_on_the_seed():
    assert difference_interval(*pair(30, 12), seed=1) == difference_interval(*pair(30, 12), seed=1)
    assert difference_interval(*pair(30, 12), seed=1) != difference_interval(*pair(30, 12), seed=2)
