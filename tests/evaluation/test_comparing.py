import numpy as np
import pytest

import matrices
from linnet.errors import PredictionsError
from linnet.evaluation.comparing import compare
from linnet.evaluation.paired import difference_interval, holm, mcnemar
from linnet.records.predictions import Predictions

LABELS = np.array([0, 1] * 100)


def wrong_on(pictures):
    """Say the truth of 200 pictures but for some of them."""
    said = LABELS.copy()
    said[list(pictures)] = 1 - said[list(pictures)]
    return matrices.predictions(np.eye(2)[said], LABELS)


@pytest.fixture
def rungs():
    return {"poor": wrong_on(range(80)), "good": wrong_on(range(190, 200)), "also-good": wrong_on(range(10))}


def test_every_pair_is_there_once_with_the_better_one_first(rungs):
    found = compare(rungs)
    assert found.n == 200
    pairs = [(pair.first, pair.second) for pair in found.pairs]
    # Equals stay in the order in which they came.
    assert pairs == [("good", "poor"), ("also-good", "poor"), ("good", "also-good")]


def test_pictures_that_only_one_has_right_are_counted(rungs):
    by_hand = {
        ("good", "poor"): (80, 10, 0.35),
        ("also-good", "poor"): (70, 0, 0.35),
        ("good", "also-good"): (10, 10, 0.0),
    }
    for pair in compare(rungs).pairs:
        n_first, n_second, difference = by_hand[pair.first, pair.second]
        assert (pair.n_only_first, pair.n_only_second) == (n_first, n_second)
        assert pair.difference == pytest.approx(difference)


def test_p_values_are_mcnemars_corrected_over_all_pairs(rungs):
    found = compare(rungs).pairs
    raw = [mcnemar(rungs[pair.first].correct, rungs[pair.second].correct) for pair in found]
    assert [pair.p_value for pair in found] == holm(raw)
    assert found[0].p_value > raw[0]


def test_intervals_are_of_the_paired_bootstrap(rungs):
    for pair in compare(rungs).pairs:
        expected = difference_interval(rungs[pair.first].correct, rungs[pair.second].correct)
        assert (pair.low, pair.high) == expected
        assert pair.low <= pair.difference <= pair.high


def test_the_same_predictions_give_the_same_comparisons(rungs):
    assert compare(rungs) == compare(rungs)
    assert compare(rungs, seed=1) != compare(rungs)


def test_one_rung_has_nobody_to_be_compared_with(rungs):
    found = compare({"good": rungs["good"]})
    assert (found.n, found.pairs) == (200, ())
    assert compare({}).pairs == ()


def test_labels_are_compared_by_name(rungs):
    turned = Predictions(
        ids=rungs["good"].ids,
        labels=1 - rungs["good"].labels,
        probabilities=rungs["good"].probabilities[:, ::-1].copy(),
        class_names=rungs["good"].class_names[::-1],
    )
    (pair,) = compare({"good": rungs["good"], "turned": turned}).pairs
    assert (pair.n_only_first, pair.n_only_second) == (0, 0)


def test_other_pictures_another_order_and_other_labels_are_refused(rungs):
    fewer = matrices.made(7, 2)
    turned = matrices.predictions(np.eye(2)[LABELS], LABELS)
    object.__setattr__(turned, "ids", turned.ids[::-1])
    relabeled = matrices.predictions(np.eye(2)[LABELS], 1 - LABELS)
    for other in (fewer, turned, relabeled):
        with pytest.raises(PredictionsError, match=f"good has 200 pictures and odd {len(other)}"):
            compare({"good": rungs["good"], "odd": other})
