import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matrices
from linnet.evaluation import calibration


def bins_by_loop(scores, came_true, n_bins):
    """List (n, mean score, share that came true) of each bin that is not empty."""
    found = []
    for i in range(n_bins):
        inside = [
            row for row, score in enumerate(scores) if (i == 0 or score > i / n_bins) and score <= (i + 1) / n_bins
        ]
        if inside:
            n = len(inside)
            found.append((n, sum(scores[r] for r in inside) / n, sum(came_true[r] for r in inside) / n))
    return found


def confidence_and_hits(probabilities, labels):
    scores = [float(max(row)) for row in probabilities]
    return scores, [int(np.argmax(row) == label) for row, label in zip(probabilities, labels, strict=True)]


def expected_by_loop(scores, came_true, n_bins):
    return sum(n / len(scores) * abs(share - mean) for n, mean, share in bins_by_loop(scores, came_true, n_bins))


cases = given(seed=st.integers(0, 10_000), n_bins=st.sampled_from([1, 2, 5, 10, 15]), n=st.integers(1, 60))


@settings(max_examples=40, deadline=None)
@cases
def test_expected_and_maximum_error_agree_with_a_loop_over_bins(seed, n_bins, n):
    probabilities, labels = matrices.matrix(n, 3, seed=seed)
    scores, hits = confidence_and_hits(probabilities, labels)
    expected = expected_by_loop(scores, hits, n_bins)
    assert calibration.expected_calibration_error(probabilities, labels, n_bins=n_bins) == pytest.approx(expected)
    largest = max(abs(share - mean) for _, mean, share in bins_by_loop(scores, hits, n_bins))
    assert calibration.maximum_calibration_error(probabilities, labels, n_bins=n_bins) == pytest.approx(largest)


@settings(max_examples=40, deadline=None)
@cases
def test_classwise_errors_agree_with_a_loop_over_classes_and_bins(seed, n_bins, n):
    probabilities, labels = matrices.matrix(n, 4, seed=seed)
    expected = [
        expected_by_loop(probabilities[:, k].astype(float).tolist(), (labels == k).tolist(), n_bins) for k in range(4)
    ]
    found = calibration.classwise_calibration_errors(probabilities, labels, n_bins=n_bins)
    assert found == pytest.approx(expected)


def test_a_large_matrix_agrees_with_the_loop_to_a_millionth():
    probabilities, labels = matrices.matrix(10_000, 10)
    expected = expected_by_loop(*confidence_and_hits(probabilities, labels), 15)
    assert calibration.expected_calibration_error(probabilities, labels) == pytest.approx(expected, abs=1e-6)


def test_sure_and_right_is_zero_and_sure_and_wrong_is_one():
    sure = np.eye(3, dtype=np.float32)
    for error in (calibration.expected_calibration_error, calibration.maximum_calibration_error):
        assert error(sure, np.array([0, 1, 2])) == 0
        assert error(sure, np.array([1, 2, 0])) == 1
    assert calibration.classwise_calibration_errors(sure, np.array([0, 1, 2])).tolist() == [0, 0, 0]


def test_a_confidence_on_an_edge_belongs_to_the_lower_bin():
    probabilities = np.array([[0.5, 0.5], [0.25, 0.75]], dtype=np.float32)
    # Bins (0, 0.5] and (0.5, 1]: |1 - 0.5| / 2 + |0 - 0.75| / 2.
    error = calibration.expected_calibration_error(probabilities, np.array([0, 0]), n_bins=2)
    assert error == pytest.approx(0.25 + 0.375)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_bins", [1, 3, 7, 10, 15, 49])
def test_every_edge_belongs_to_the_lower_bin_whatever_rounding_does(n_bins, dtype):
    upper = (np.arange(1, n_bins + 1) / n_bins).astype(dtype)
    assert calibration.bins_of(upper, n_bins=n_bins).tolist() == list(range(n_bins))
    above = np.nextafter(upper[:-1], dtype(1))
    assert calibration.bins_of(above, n_bins=n_bins).tolist() == list(range(1, n_bins))
    assert calibration.bins_of(np.zeros(1, dtype=dtype), n_bins=n_bins).tolist() == [0]


def test_reliability_lists_every_bin_and_empty_ones_without_numbers():
    probabilities = np.array([[0.9, 0.1], [0.92, 0.08], [0.6, 0.4]], dtype=np.float32)
    found = calibration.reliability(probabilities, np.array([0, 1, 0]))
    assert [(b.low, b.high) for b in found] == [(i / 15, (i + 1) / 15) for i in range(15)]
    assert [i for i, b in enumerate(found) if b.n] == [8, 13]
    assert (found[13].n, found[13].accuracy) == (2, 0.5)
    assert found[13].confidence == pytest.approx(0.91)
    assert (found[0].n, found[0].confidence, found[0].accuracy) == (0, None, None)


def test_bins_give_the_expected_error_again():
    probabilities, labels = matrices.matrix(500, 5)
    bins = calibration.reliability(probabilities, labels)
    again = sum(b.n / 500 * abs(b.accuracy - b.confidence) for b in bins if b.n)
    assert calibration.expected_calibration_error(probabilities, labels) == pytest.approx(again)


def test_a_class_that_never_occurs_counts_with_what_it_was_given():
    probabilities = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], dtype=np.float32)
    errors = calibration.classwise_calibration_errors(probabilities, np.array([0, 1]))
    assert errors == pytest.approx([0.0, 0.2, 0.2])
