import numpy as np
import pytest

import matrices
from linnet.evaluation import calibration, confusion, metrics, resampling
from linnet.evaluation.intervals import resampled
from linnet.seeds import numpy_generator

N_DRAWS = 12


def drawn(n, seed=0):
    """Draw pictures one draw after another, as the bootstrap does."""
    random = numpy_generator(seed, "bootstrap")
    return [random.integers(0, n, size=n) for _ in range(N_DRAWS)]


@pytest.fixture(params=[(150, 2), (150, 7), (300, 200), (1, 3)], ids=str)
def case(request):
    probabilities, labels = matrices.matrix(*request.param)
    return probabilities, labels


def test_tallies_of_draws_are_those_of_the_drawn_pictures(case):
    probabilities, labels = case
    predicted, k = probabilities.argmax(axis=1), probabilities.shape[1]
    (sums,) = resampled([resampling.tally_table(predicted, labels, k)], n_draws=N_DRAWS)
    found = resampling.tallies(sums)
    for i, chosen in enumerate(drawn(len(labels))):
        expected = confusion.tally(predicted[chosen], labels[chosen], k)
        for name in ("n_right", "n_true", "n_predicted"):
            assert np.array_equal(getattr(found, name)[i], getattr(expected, name))


def test_calibration_of_draws_is_that_of_the_drawn_pictures(case):
    probabilities, labels = case
    k = probabilities.shape[1]
    tables = [resampling.tally_table(probabilities.argmax(axis=1), labels, k)]
    tables.extend(resampling.calibration_tables(probabilities, labels))
    of_tally, *sums = resampled(tables, n_draws=N_DRAWS)
    found = resampling.calibration_draws(*sums, resampling.tallies(of_tally).n_true)
    for i, chosen in enumerate(drawn(len(labels))):
        p, y = probabilities[chosen], labels[chosen]
        assert found.log_loss[i] == pytest.approx(metrics.log_loss(p, y))
        assert found.brier_score[i] == pytest.approx(metrics.brier_score(p, y))
        assert found.expected[i] == pytest.approx(calibration.expected_calibration_error(p, y), abs=1e-9)
        assert found.maximum[i] == pytest.approx(calibration.maximum_calibration_error(p, y), abs=1e-9)
        classwise = calibration.classwise_calibration_errors(p, y).mean()
        assert found.classwise[i] == pytest.approx(classwise, abs=1e-9)


def test_confidences_on_an_edge_lie_in_the_same_bin_in_value_and_draws():
    # As float64 each of these float32 lies a little above its edge: 9/15, 12/15, 5/15, 10/15, 6/15.
    top = np.array([0.6, 0.8, 1 / 3, 2 / 3, 0.4] * 24)
    rest = (1 - top) / 3
    probabilities = np.stack([top, rest, rest, rest], axis=1).astype(np.float32)
    labels = np.arange(len(top)) % 4
    sums, _ = resampling.calibration_tables(probabilities, labels)
    counts = np.asarray(sums.sum(axis=1)).ravel()[2 : 2 + 3 * calibration.N_BINS].reshape(3, -1)
    found = calibration.binned(probabilities, labels)
    assert counts[0].tolist() == found.n.tolist()
    assert counts[1].tolist() == pytest.approx(found.confidence.tolist())
    assert counts[2].tolist() == found.right.tolist()


def test_many_classes_take_few_entries_a_picture():
    sparse, _ = resampling.calibration_tables(*matrices.matrix(300, 200))
    assert sparse.nnz <= 20 * 300
