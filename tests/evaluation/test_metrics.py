import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

import matrices
from linnet.evaluation import metrics


def random_case(seed, n=200, k=5):
    generator = np.random.default_rng(seed)
    probabilities = generator.dirichlet(np.ones(k), size=n).astype(np.float32)
    labels = generator.integers(0, k, size=n)
    return probabilities, labels


@pytest.mark.parametrize("seed", range(5))
def test_metrics_agree_with_scikit_learn(seed):
    probabilities, labels = random_case(seed)
    predicted = probabilities.argmax(axis=1)
    assert metrics.accuracy(predicted, labels) == pytest.approx(reference.accuracy_score(labels, predicted))
    assert metrics.balanced_accuracy(predicted, labels) == pytest.approx(
        reference.balanced_accuracy_score(labels, predicted)
    )
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    expected = reference.log_loss(labels, exact, labels=list(range(5)))
    assert metrics.log_loss(probabilities, labels) == pytest.approx(expected, rel=1e-5)
    counts = metrics.confusion_counts(predicted, labels, 5)
    assert (counts == reference.confusion_matrix(labels, predicted, labels=range(5))).all()


def test_rows_of_the_confusion_matrix_are_the_truth():
    counts = metrics.confusion_counts(np.array([1, 1, 0]), np.array([0, 1, 1]), 3)
    assert counts.tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 0]]


def test_balanced_accuracy_leaves_out_classes_that_do_not_occur():
    assert metrics.balanced_accuracy(np.array([0, 0, 2, 1]), np.array([0, 0, 2, 2])) == pytest.approx((1 + 0.5) / 2)


def test_balanced_accuracy_of_the_majority_is_one_over_k():
    labels = np.array([0] * 90 + [1] * 10)
    assert metrics.balanced_accuracy(np.zeros(100, dtype=np.int64), labels) == 0.5


def test_log_loss_of_guessing_is_ln_k():
    probabilities = np.full((7, 4), 0.25, dtype=np.float32)
    assert metrics.log_loss(probabilities, np.arange(7) % 4) == pytest.approx(math.log(4))


def test_log_loss_of_a_flat_zero_is_finite():
    probabilities = np.array([[0.0, 1.0]], dtype=np.float32)
    assert metrics.log_loss(probabilities, np.array([0])) == pytest.approx(-math.log(np.finfo(np.float32).eps))


def brier_score_by_loop(probabilities, labels):
    total = 0.0
    for row, label in zip(probabilities.tolist(), labels.tolist(), strict=True):
        total += sum((p - (j == label)) ** 2 for j, p in enumerate(row))
    return total / len(labels)


def test_a_large_matrix_agrees_with_scikit_learn_to_a_millionth():
    probabilities, labels = matrices.matrix(10_000, 10)
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(axis=1, keepdims=True)
    assert metrics.log_loss(probabilities, labels) == pytest.approx(reference.log_loss(labels, exact), abs=1e-6)
    expected = reference.brier_score_loss(labels, exact, scale_by_half=False)
    assert metrics.brier_score(probabilities, labels) == pytest.approx(expected, abs=1e-6)
    for k in (1, 2, 5, 9):
        expected = reference.top_k_accuracy_score(labels, exact, k=k)
        assert metrics.top_k_accuracy(probabilities, labels, k=k) == pytest.approx(expected, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40), k=st.integers(1, 6))
def test_brier_score_agrees_with_a_loop(seed, n, k):
    probabilities, labels = random_case(seed, n=n, k=k)
    assert metrics.brier_score(probabilities, labels) == pytest.approx(brier_score_by_loop(probabilities, labels))


def test_brier_score_reaches_from_perfect_to_sure_and_wrong():
    sure = np.eye(3, dtype=np.float32)
    assert metrics.brier_score(sure, np.array([0, 1, 2])) == 0
    assert metrics.brier_score(sure, np.array([1, 2, 0])) == 2


def test_of_equal_probabilities_the_smaller_index_is_ahead_as_in_a_prediction():
    even = np.full((3, 3), 1 / 3, dtype=np.float32)
    assert metrics.top_k_hits(even, np.array([0, 1, 2]), k=1).tolist() == [True, False, False]
    assert metrics.top_k_hits(even, np.array([0, 1, 2]), k=2).tolist() == [True, True, False]
    assert metrics.top_k_hits(even, np.array([0, 1, 2]), k=3).all()


@given(seed=st.integers(0, 1000))
def test_the_first_of_the_top_is_the_prediction_though_probabilities_repeat(seed):
    generator = np.random.default_rng(seed)
    probabilities = generator.integers(0, 3, size=(30, 4)).astype(np.float32)
    labels = generator.integers(0, 4, size=30)
    assert metrics.top_k_accuracy(probabilities, labels, k=1) == metrics.accuracy(probabilities.argmax(1), labels)
