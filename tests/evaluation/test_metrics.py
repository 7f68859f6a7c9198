import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

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


def calibration_error_by_loop(probabilities, labels, n_bins):
    total = 0.0
    for i in range(n_bins):
        inside = [
            row
            for row in range(len(labels))
            if (i == 0 or max(probabilities[row]) > i / n_bins) and max(probabilities[row]) <= (i + 1) / n_bins
        ]
        if inside:
            right = sum(int(np.argmax(probabilities[row]) == labels[row]) for row in inside) / len(inside)
            confident = sum(float(max(probabilities[row])) for row in inside) / len(inside)
            total += len(inside) / len(labels) * abs(right - confident)
    return total


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), n_bins=st.sampled_from([1, 2, 5, 10, 15]), n=st.integers(1, 60))
def test_calibration_error_agrees_with_a_loop_over_bins(seed, n_bins, n):
    probabilities, labels = random_case(seed, n=n, k=3)
    expected = calibration_error_by_loop(probabilities.astype(np.float64), labels, n_bins)
    assert metrics.expected_calibration_error(probabilities, labels, n_bins=n_bins) == pytest.approx(expected)


def test_calibration_error_of_sure_and_right_is_zero_and_of_sure_and_wrong_is_one():
    sure = np.eye(3, dtype=np.float32)
    assert metrics.expected_calibration_error(sure, np.array([0, 1, 2])) == 0
    assert metrics.expected_calibration_error(sure, np.array([1, 2, 0])) == 1


def test_a_confidence_on_an_edge_belongs_to_the_lower_bin():
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75]], dtype=np.float32)
    # Bins (0, 0.5] and (0.5, 1]: |1 - 0.5| / 2 + |0 - 0.75| / 2.
    error = metrics.expected_calibration_error(probabilities, np.array([0, 0]), n_bins=2)
    assert error == pytest.approx(0.25 + 0.375)
