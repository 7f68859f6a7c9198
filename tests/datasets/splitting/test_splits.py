import hashlib
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from linnet.datasets.splitting import splits
from linnet.errors import ConfigError, DataError
from linnet.records.manifest import texts_of

THREE = {"train": 0.7, "valid": 0.15, "test": 0.15}
TWO = {"train": 0.8, "valid": 0.2}
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def hashes_of(n, salt=""):
    return texts_of([hashlib.sha256(f"{salt}{i}".encode()).hexdigest() for i in range(n)])


def alone(n):
    return np.arange(n)


@st.composite
def pure_sides(draw):
    """Labels, sides that each lie in one class, and hashes."""
    n_classes = draw(st.integers(1, 4))
    labels, sides, side = [], [], 0
    for label in range(n_classes):
        for size in draw(st.lists(st.integers(1, 6), min_size=3, max_size=25)):
            labels += [label] * size
            sides += [side] * size
            side += 1
    order = np.random.default_rng(draw(st.integers(0, 99))).permutation(len(labels))
    return np.array(labels)[order], np.array(sides)[order], hashes_of(len(labels), str(draw(st.integers(0, 999))))


@st.composite
def mixed_sides(draw):
    """Labels and sides by chance, so that sides have several classes."""
    n = draw(st.integers(30, 150))
    generator = np.random.default_rng(draw(st.integers(0, 999)))
    return generator.integers(0, 3, n), generator.integers(0, n // 3, n), hashes_of(n)


def assert_side_by_side(part, sides):
    for side in np.unique(sides):
        assert len(np.unique(part[sides == side])) == 1


@relaxed
@given(pure_sides(), st.integers(0, 9))
def test_each_split_has_its_share_of_each_class_within_one_side(case, seed):
    labels, sides, hashes = case
    split = splits.assign(labels, sides, hashes, fractions=THREE, seed=seed)
    for label in np.unique(labels):
        of_class = labels == label
        biggest = np.unique(sides[of_class], return_counts=True)[1].max()
        few = len(np.unique(sides[of_class])) < 8  # where a share is less than a side, being in each split comes first
        for name, share in THREE.items():
            held = np.sum(split[of_class] == name)
            assert held > 0
            assert few or abs(held - share * of_class.sum()) <= biggest + 1e-9


@relaxed
@given(pure_sides(), st.integers(0, 9))
def test_sides_and_equal_content_are_never_parted(case, seed):
    labels, sides, hashes = case
    hashes = hashes.copy()
    hashes[1::7] = hashes[0::7][: len(hashes[1::7])]
    try:
        split = splits.assign(labels, sides, hashes, fractions=THREE, seed=seed)
    except DataError:
        assume(False)
    assert_side_by_side(split, sides)
    assert_side_by_side(split, hashes)


@relaxed
@given(mixed_sides(), st.integers(0, 9))
def test_sides_of_several_classes_stay_whole_and_every_class_is_everywhere(case, seed):
    labels, sides, hashes = case
    n_sides = [len(np.unique(sides[labels == label])) for label in np.unique(labels)]
    assume(min(n_sides) >= len(THREE))  # of fewer, none can be everywhere, and they are refused
    split = splits.assign(labels, sides, hashes, fractions=THREE, seed=seed)
    assert_side_by_side(split, sides)
    for label in np.unique(labels):
        assert set(split[labels == label]) == set(THREE)


@relaxed
@given(pure_sides(), st.integers(0, 9), st.integers(0, 99))
def test_the_order_of_the_files_plays_no_part(case, seed, shuffling):
    labels, sides, hashes = case
    order = np.random.default_rng(shuffling).permutation(len(labels))
    straight = splits.assign(labels, sides, hashes, fractions=THREE, seed=seed)
    shuffled = splits.assign(labels[order], sides[order], hashes[order], fractions=THREE, seed=seed)
    np.testing.assert_array_equal(straight[order], shuffled)


@relaxed
@given(pure_sides(), st.integers(0, 9))
def test_one_picture_more_leaves_nearly_all_where_they_were(case, seed):
    labels, sides, hashes = case
    before = splits.assign(labels, sides, hashes, fractions=THREE, seed=seed)
    after = splits.assign(
        np.append(labels, 0), np.append(sides, sides.max() + 1), np.append(hashes, "f" * 64), fractions=THREE, seed=seed
    )
    moved = np.unique(sides[before != after[:-1]])
    assert len(moved) <= 4
    assert not np.any((before != after[:-1]) & (labels != 0))


def test_one_picture_more_of_thousands_moves_at_most_two_others():
    labels = np.arange(5000) % 10
    before = splits.assign(labels[:-1], alone(4999), hashes_of(5000)[:-1], fractions=THREE, seed=0)
    after = splits.assign(labels, alone(5000), hashes_of(5000), fractions=THREE, seed=0)
    assert np.sum(before != after[:-1]) <= 2


def test_other_seeds_give_other_splits():
    labels = np.zeros(200, np.int64)
    first, second = (splits.assign(labels, alone(200), hashes_of(200), fractions=THREE, seed=seed) for seed in (0, 1))
    assert np.mean(first != second) > 0.2


def test_rounding_cancels_over_many_small_classes():
    labels = np.repeat(np.arange(100), 10)  # 1.5 test pictures wanted in each class
    split = splits.assign(labels, alone(1000), hashes_of(1000), fractions=THREE, seed=3)
    assert abs(np.sum(split == "test") - 150) <= 5
    assert abs(np.sum(split == "valid") - 150) <= 5


def test_three_pictures_of_a_class_go_into_three_splits():
    split = splits.assign(np.zeros(3, np.int64), alone(3), hashes_of(3), fractions=THREE, seed=0)
    assert sorted(split) == ["test", "train", "valid"]


@pytest.mark.parametrize("n", [1, 2])
def test_a_class_too_small_to_split_is_named_with_its_count(n):
    labels = np.array([0] * 20 + [1] * n)
    with pytest.raises(DataError, match=rf"3 splits; class 'wren' has {n} picture"):
        splits.assign(labels, alone(20 + n), hashes_of(20 + n), fractions=THREE, seed=0, class_names=("robin", "wren"))


def test_a_class_of_many_pictures_in_two_bursts_is_too_small_as_well():
    sides = np.array([0] * 5 + [1] * 5)
    with pytest.raises(DataError, match="10 pictures in 2 groups of pictures that belong together"):
        splits.assign(np.zeros(10, np.int64), sides, hashes_of(10), fractions=THREE, seed=0)


def test_classes_that_cannot_be_divided_together_are_refused():
    # two sides have both classes and the third sides of both are pinned: one split of class 1 stays empty
    labels = np.array([0, 1, 0, 1])
    sides = np.array([0, 0, 1, 1])
    stay = np.ones(4, np.bool_)
    with pytest.raises(DataError, match="shared with other classes, could not be divided"):
        splits.assign(labels, sides, hashes_of(4), fractions=TWO, seed=0, stay=stay)


def test_a_class_without_pictures_is_no_hindrance():
    labels = np.array([0] * 10 + [2] * 10)
    split = splits.assign(labels, alone(20), hashes_of(20), fractions=TWO, seed=0)
    assert set(split[labels == 2]) == {"train", "valid"}


def test_pictures_with_a_copy_in_a_given_split_stay_in_training_with_their_sides():
    labels = np.zeros(100, np.int64)
    sides = np.arange(100) // 2
    stay = np.arange(100) % 10 == 0
    split = splits.assign(labels, sides, hashes_of(100), fractions=TWO, seed=0, stay=stay)
    assert set(split[np.isin(sides, sides[stay])]) == {"train"}
    assert abs(np.sum(split == "valid") - 20) <= 2


@pytest.mark.parametrize(
    "fractions",
    [{}, {"train": 1.2, "test": -0.2}, {"train": 0.5, "test": 0.4}, {"train": 0.5, "holdout": 0.5}],
)
def test_fractions_that_are_none_are_refused(fractions):
    with pytest.raises(ConfigError, match="Fractions"):
        splits.assign(np.zeros(9, np.int64), alone(9), hashes_of(9), fractions=fractions, seed=0)


@relaxed
@given(pure_sides(), st.integers(2, 3), st.integers(0, 9))
def test_folds_are_complete_stratified_and_part_no_side(case, n_folds, seed):
    labels, sides, hashes = case
    fold = splits.folds(labels, sides, hashes, n_folds=n_folds, seed=seed)
    assert_side_by_side(fold, sides)
    for label in np.unique(labels):
        of_class = labels == label
        counts = np.bincount(fold[of_class], minlength=n_folds)
        assert len(counts) == n_folds
        assert counts.min() > 0
        if len(np.unique(sides[of_class])) >= 8:
            assert (
                np.abs(counts - of_class.sum() / n_folds).max()
                <= np.unique(sides[of_class], return_counts=True)[1].max()
            )


def test_folds_of_single_pictures_differ_by_one_at_most_in_each_class():
    labels = np.repeat([0, 1], [103, 58])
    fold = splits.folds(labels, alone(161), hashes_of(161), n_folds=10, seed=0)
    for label in (0, 1):
        counts = np.bincount(fold[labels == label], minlength=10)
        assert counts.max() - counts.min() <= 1


def test_folds_do_not_depend_on_order():
    labels, order = np.arange(90) % 3, np.random.default_rng(0).permutation(90)
    straight = splits.folds(labels, alone(90), hashes_of(90), n_folds=5, seed=1)
    shuffled = splits.folds(labels[order], alone(90)[order], hashes_of(90)[order], n_folds=5, seed=1)
    np.testing.assert_array_equal(straight[order], shuffled)


def test_a_class_smaller_than_the_number_of_folds_is_refused():
    with pytest.raises(DataError, match="5 pictures for 5 folds; class '1' has 4 pictures"):
        splits.folds(np.array([0] * 9 + [1] * 4), alone(13), hashes_of(13), n_folds=5, seed=0)


def test_one_fold_is_refused():
    with pytest.raises(ConfigError, match="2 or more; they are 1"):
        splits.folds(np.zeros(9, np.int64), alone(9), hashes_of(9), n_folds=1, seed=0)


def test_nothing_splits_into_nothing():
    nothing = np.zeros(0, np.int64)
    assert len(splits.assign(nothing, nothing, texts_of([]), fractions=TWO, seed=0)) == 0


def test_seventy_thousand_pictures_are_split_in_a_second_or_so():
    labels, hashes = np.arange(70_000) % 10, hashes_of(70_000)
    start = time.process_time()
    splits.assign(labels, alone(70_000), hashes, fractions=THREE, seed=0)
    assert time.process_time() - start < 3
