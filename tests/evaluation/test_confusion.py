import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference

import matrices
from linnet.evaluation import confusion


def case(seed, n, k):
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, k, n)
    predicted = np.where(generator.random(n) < 0.6, labels, generator.integers(0, k, n))
    return predicted, labels


def test_a_large_case_agrees_with_scikit_learn_to_a_millionth():
    probabilities, labels = matrices.matrix(10_000, 10)
    predicted = probabilities.argmax(axis=1)
    counts = confusion.tally(predicted, labels, 10)
    precision, recall, f1, _ = reference.precision_recall_fscore_support(labels, predicted)
    assert confusion.precisions(counts) == pytest.approx(precision, abs=1e-6)
    assert confusion.recalls(counts) == pytest.approx(recall, abs=1e-6)
    assert confusion.f1_scores(counts) == pytest.approx(f1, abs=1e-6)
    kappa, correlation = reference.cohen_kappa_score, reference.matthews_corrcoef
    assert confusion.cohens_kappa(counts) == pytest.approx(kappa(labels, predicted), abs=1e-6)
    assert confusion.matthews_correlation(counts) == pytest.approx(correlation(labels, predicted), abs=1e-6)
    balanced = reference.balanced_accuracy_score(labels, predicted)
    assert confusion.balanced_accuracy(counts) == pytest.approx(balanced, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(1, 30), k=st.sampled_from([2, 3, 7, 200]))
def test_macro_means_are_those_of_scikit_learn_also_where_classes_are_missing(seed, n, k):
    predicted, labels = case(seed, n, k)
    counts = confusion.tally(predicted, labels, k)
    expected = reference.precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    ours = [
        confusion.macro(of(counts), counts) for of in (confusion.precisions, confusion.recalls, confusion.f1_scores)
    ]
    assert ours == pytest.approx(list(expected[:3]))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 30), k=st.sampled_from([2, 3, 7]))
def test_kappa_and_correlation_are_those_of_scikit_learn_where_the_truth_varies(seed, n, k):
    predicted, labels = case(seed, n, k)
    labels[:2] = (0, 1)
    counts = confusion.tally(predicted, labels, k)
    assert confusion.cohens_kappa(counts) == pytest.approx(reference.cohen_kappa_score(labels, predicted))
    assert confusion.matthews_correlation(counts) == pytest.approx(reference.matthews_corrcoef(labels, predicted))


def test_kappa_by_hand():
    # 20 and 15 of 50 agree; chance is 0.5 * 0.6 + 0.5 * 0.4 = 0.5, accuracy 0.7: (0.7 - 0.5) / (1 - 0.5).
    labels = np.repeat([0, 0, 1, 1], [20, 5, 10, 15])
    predicted = np.repeat([0, 1, 0, 1], [20, 5, 10, 15])
    assert confusion.cohens_kappa(confusion.tally(predicted, labels, 2)) == pytest.approx(0.4)


def test_a_class_that_is_never_predicted_has_no_precision_and_recall_zero():
    counts = confusion.tally(np.array([0, 0, 1]), np.array([0, 2, 1]), 4)
    assert np.isnan(confusion.precisions(counts)).tolist() == [False, False, True, True]
    assert confusion.recalls(counts)[2] == confusion.f1_scores(counts)[2] == 0
    assert np.isnan(confusion.recalls(counts)[3])
    assert np.isnan(confusion.f1_scores(counts)[3])


def test_saying_one_class_only_correlates_with_nothing():
    counts = confusion.tally(np.zeros(4, dtype=np.int64), np.array([0, 0, 1, 2]), 3)
    assert confusion.matthews_correlation(counts) == 0
    assert confusion.cohens_kappa(counts) == 0


def test_pictures_of_one_class_only_leave_chance_and_correlation_undefined():
    counts = confusion.tally(np.zeros(4, dtype=np.int64), np.zeros(4, dtype=np.int64), 2)
    assert np.isnan(confusion.cohens_kappa(counts))
    assert np.isnan(confusion.matthews_correlation(counts))
    assert confusion.balanced_accuracy(counts) == 1


def test_many_tallies_at_once_are_each_as_if_alone():
    cases = [case(seed, 40, 4) for seed in range(6)]
    alone = [confusion.tally(*one, 4) for one in cases]
    together = confusion.Tally(
        n_right=np.stack([t.n_right for t in alone]),
        n_true=np.stack([t.n_true for t in alone]),
        n_predicted=np.stack([t.n_predicted for t in alone]),
    )
    for of in (confusion.cohens_kappa, confusion.matthews_correlation, confusion.balanced_accuracy):
        assert of(together) == pytest.approx([float(of(one)) for one in alone])
