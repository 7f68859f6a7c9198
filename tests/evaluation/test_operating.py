import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

import matrices
from linnet.evaluation import operating


def tied_case(seed, n):
    generator = np.random.default_rng(seed)
    scores = (generator.integers(0, 6, n) / 5).astype(np.float32)
    return scores, generator.random(n) < 0.2 + 0.6 * scores


def area_by_pairs(scores, is_class):
    wins = [(a > b) + (a == b) / 2 for a in scores[is_class] for b in scores[~is_class]]
    return float(np.mean(wins)) if wins else None


@pytest.mark.parametrize("k", range(10))
def test_areas_of_a_large_matrix_agree_with_scikit_learn_to_a_millionth(k):
    probabilities, labels = matrices.matrix(10_000, 10)
    found = operating.sweep(probabilities[:, k], labels == k)
    area = reference.roc_auc_score(labels == k, probabilities[:, k])
    assert operating.roc_area(found) == pytest.approx(area, abs=1e-6)
    precision = reference.average_precision_score(labels == k, probabilities[:, k])
    assert operating.average_precision(found) == pytest.approx(precision, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40))
def test_roc_area_is_the_share_of_pairs_in_order_with_ties_as_halves(seed, n):
    scores, is_class = tied_case(seed, n)
    area = operating.roc_area(operating.sweep(scores, is_class))
    assert area == (None if is_class.all() or not is_class.any() else pytest.approx(area_by_pairs(scores, is_class)))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 40))
def test_average_precision_agrees_with_scikit_learn_under_ties(seed, n):
    scores, is_class = tied_case(seed, n)
    found = operating.average_precision(operating.sweep(scores, is_class))
    if is_class.any():
        assert found == pytest.approx(reference.average_precision_score(is_class, scores))
    else:
        assert found is None


@pytest.mark.parametrize(
    ("influences", "weighted"),
    [
        (operating.roc_area_influences, reference.roc_auc_score),
        (operating.average_precision_influences, reference.average_precision_score),
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_influences_are_the_derivatives_of_weighted_areas(influences, weighted, seed):
    scores, is_class = tied_case(seed, 30)
    found = influences(operating.sweep(scores, is_class))
    step = 1e-4
    for picture in range(30):
        up, down = np.ones(30), np.ones(30)
        up[picture] += step
        down[picture] -= step
        more, less = (weighted(is_class, scores, sample_weight=weights) for weights in (up, down))
        assert found[picture] == pytest.approx((more - less) / (2 * step), abs=1e-6)
    assert found.sum() == pytest.approx(0, abs=1e-12)


def test_every_class_is_swept_and_influences_are_means_over_those_that_have_areas():
    probabilities, labels = matrices.matrix(60, 3)
    labels[labels == 2] = 1
    found, influences = operating.operate(probabilities, labels, ("ant", "bee", "cat"))
    swept = [operating.sweep(probabilities[:, i], labels == i) for i in range(3)]
    assert [one.roc_area for one in found] == [operating.roc_area(one) for one in swept]
    assert (found[2].roc_area, found[2].average_precision, found[2].roc) == (None, None, None)
    assert influences[0] == pytest.approx(sum(map(operating.roc_area_influences, swept[:2])) / 2)
    assert influences[1] == pytest.approx(sum(map(operating.average_precision_influences, swept[:2])) / 2)


def test_short_curves_are_those_of_scikit_learn():
    scores, is_class = tied_case(3, 40)
    found = operating.sweep(scores, is_class)
    false_rate, true_rate, _ = reference.roc_curve(is_class, scores, drop_intermediate=False)
    curve = operating.roc_curve("owl", found)
    assert curve.name == "owl"
    assert curve.x == pytest.approx(false_rate, abs=1e-6)
    assert curve.y == pytest.approx(true_rate, abs=1e-6)
    precision, recall, _ = reference.precision_recall_curve(is_class, scores)
    curve = operating.precision_recall_curve("owl", found)
    # Theirs runs from full recall to none, and ends with precision 1; ours begins with that of the first threshold.
    assert curve.x == pytest.approx(recall[::-1], abs=1e-6)
    assert curve.y[1:] == pytest.approx(precision[::-1][1:], abs=1e-6)
    assert curve.y[0] == curve.y[1]


@pytest.mark.parametrize("draw", [operating.roc_curve, operating.precision_recall_curve])
def test_long_curves_are_thinned_to_points_of_their_own_and_keep_their_ends(draw):
    probabilities, labels = matrices.matrix(10_000, 10)
    found = operating.sweep(probabilities[:, 0], labels == 0)
    curve = draw("owl", found)
    assert 50 <= len(curve.x) <= operating.N_POINTS
    assert list(curve.x) == sorted(curve.x)
    assert (curve.x[0], curve.x[-1]) == (0, 1)
    every = operating.N_POINTS
    try:
        operating.N_POINTS = 10**6
        whole = draw("owl", found)
    finally:
        operating.N_POINTS = every
    assert set(zip(curve.x, curve.y, strict=True)) <= set(zip(whole.x, whole.y, strict=True))


def test_a_thinned_curve_has_nearly_the_same_area():
    probabilities, labels = matrices.matrix(10_000, 10)
    found = operating.sweep(probabilities[:, 0], labels == 0)
    curve = operating.roc_curve("owl", found)
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(operating.roc_area(found), abs=0.002)


def test_one_class_only_has_no_curve_to_draw():
    scores = np.array([0.2, 0.9], dtype=np.float32)
    all_of_it, none_of_it = (operating.sweep(scores, np.full(2, is_class)) for is_class in (True, False))
    assert operating.roc_curve("owl", all_of_it) is operating.roc_curve("owl", none_of_it) is None
    assert operating.roc_area(all_of_it) is operating.roc_area(none_of_it) is None
    assert operating.precision_recall_curve("owl", none_of_it) is None
    assert operating.average_precision(all_of_it) == 1


def test_a_constant_score_tells_nothing():
    found = operating.sweep(np.full(10, 0.5, dtype=np.float32), np.arange(10) < 3)
    assert operating.roc_area(found) == 0.5
    assert operating.average_precision(found) == pytest.approx(0.3)
    assert operating.roc_curve("owl", found).x == (0, 1)
