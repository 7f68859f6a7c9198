import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linnet.datasets.splitting.sides import check_disjoint, join_sides, leaked, leaks
from linnet.errors import DataError
from linnet.records.manifest import texts_of

small = st.lists(st.tuples(st.sampled_from(["", "a", "b", "c"]), st.integers(0, 6)), min_size=0, max_size=25)


def joined_by_hand(groups, clusters):
    """Spread the smallest number along shared groups and clusters until nothing changes."""
    number = list(range(len(groups)))
    changed = True
    while changed:
        changed = False
        for i in range(len(groups)):
            for j in range(len(groups)):
                same = clusters[i] == clusters[j] or (groups[i] != "" and groups[i] == groups[j])
                if same and number[i] != number[j]:
                    number[i] = number[j] = min(number[i], number[j])
                    changed = True
    return number


@settings(deadline=None)
@given(small)
def test_sides_are_the_connected_components_of_groups_and_clusters(case):
    groups, clusters = texts_of([g for g, _ in case]), np.array([c for _, c in case], dtype=np.int64)
    sides = join_sides(groups, clusters)
    by_hand = np.array(joined_by_hand(groups.tolist(), clusters.tolist()), dtype=np.int64)
    np.testing.assert_array_equal(sides[:, None] == sides[None], by_hand[:, None] == by_hand[None])


def test_sides_are_numbered_as_they_occur():
    sides = join_sides(texts_of(["", "x", "", "x", ""]), np.array([7, 3, 7, 4, 0]))
    assert sides.tolist() == [0, 1, 0, 1, 2]


def test_empty_groups_do_not_hold_together():
    assert len(set(join_sides(texts_of(["", "", ""]), np.arange(3)).tolist())) == 3


def test_whole_sides_pass_the_check():
    check_disjoint(texts_of(["train", "train", "test", ""]), np.array([0, 0, 1, 1]))


def test_a_parted_side_fails_the_check():
    with pytest.raises(DataError, match="1 do, the first in train and test"):
        check_disjoint(texts_of(["train", "test", "test"]), np.array([0, 0, 1]))


def test_leaks_count_pictures_of_the_later_split():
    split = texts_of(["train", "train", "test", "test", "test", "valid", ""])
    clusters = np.array([0, 1, 0, 0, 2, 1, 2])
    assert leaks(split, clusters) == {"train-valid": 1, "train-test": 2, "valid-test": 0}


def test_leaks_name_only_splits_that_occur():
    assert leaks(texts_of(["train", "test"]), np.array([0, 1])) == {"train-test": 0}
    assert leaks(texts_of(["train", "train"]), np.array([0, 0])) == {}


def test_leaked_marks_the_pictures_of_the_target_only():
    split = texts_of(["train", "test", "test"])
    assert leaked(split, np.array([5, 5, 6]), "train", "test").tolist() == [False, True, False]
