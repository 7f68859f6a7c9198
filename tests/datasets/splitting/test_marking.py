from dataclasses import replace

import numpy as np
import pytest

from linnet.datasets.splitting import marking
from linnet.datasets.splitting.duplicates import Duplicates, NearPair
from linnet.datasets.splitting.marking import Wanted
from linnet.errors import DataError
from linnet.records.experiment import Protocol
from linnet.records.manifest import Manifest, texts_of


def table(labels, *, split=None, hashes=None, group=None):
    n = len(labels)
    return Manifest(
        id=texts_of([f"{label}/{i}" for i, label in enumerate(labels)]),
        label=texts_of(labels),
        split=texts_of(split or [""] * n),
        fold=np.full(n, -1, dtype=np.int64),
        group=texts_of(group or [""] * n),
        content_hash=texts_of(hashes or [f"{i:04x}" for i in range(n)]),
        status=texts_of(["used"] * n),
        reason=texts_of([""] * n),
    )


def nothing_found(n, **changes):
    values = {
        "exact": np.arange(n),
        "clusters": np.arange(n),
        "conflicting": np.zeros(n, dtype=bool),
        "pairs": (),
        "n_pairs": 0,
        "n_flat": 0,
    }
    return Duplicates(**{**values, **changes})


def wanted(data, *, sides=None, **protocol):
    names = sorted(set(data.label.tolist()))
    labels = np.array([names.index(label) for label in data.label.tolist()])
    n = len(data)
    return Wanted(
        rows=np.arange(n),
        labels=labels,
        sides=np.arange(n) if sides is None else sides,
        class_names=tuple(names),
        protocol=Protocol(**protocol),
    )


def split(data):
    """Split, and say what is to be said of it."""
    marked = marking.split(data, wanted(data), seed=0)
    return marked, marking.split_messages(data.split, marked.split, Protocol())


def test_classes_that_were_not_asked_for_are_ignored_and_in_no_split():
    marked = marking.select_classes(table(["a", "b", "c"], split=["train", "train", "test"]), ["c", "a"])
    assert marked.status.tolist() == ["used", "ignored", "used"]
    assert marked.split.tolist() == ["train", "", "test"]
    assert "not asked for" in marked.reason[1]


def test_a_copy_is_listed_and_kept():
    found = nothing_found(3, exact=np.array([0, 1, 0]))
    marked, out = marking.mark_duplicates(table(["a", "b", "a"]), np.arange(3), found, drop=())
    assert marked.status.tolist() == ["used", "used", "duplicate"]
    assert marked.reason[2] == "the same picture as a/0"
    assert not out.any()


def test_a_copy_is_left_out_only_when_told():
    found = nothing_found(3, exact=np.array([0, 1, 0]))
    data = table(["a", "b", "a"], split=["train", "train", "test"])
    marked, out = marking.mark_duplicates(data, np.arange(3), found, drop=("duplicates",))
    assert out.tolist() == [False, False, True]
    assert marked.split.tolist() == ["train", "train", ""]
    assert marked.reason[2].endswith("left out")


def test_all_of_a_conflict_are_listed_with_the_other_label():
    found = nothing_found(3, exact=np.array([0, 1, 0]), conflicting=np.array([True, False, True]))
    marked, out = marking.mark_duplicates(table(["a", "b", "b"]), np.arange(3), found, drop=())
    assert marked.status.tolist() == ["conflicting", "used", "conflicting"]
    assert marked.reason[0] == "the same picture as b/2, which is labeled b"
    assert marked.reason[2] == "the same picture as a/0, which is labeled a"
    assert not out.any()


def test_all_of_a_conflict_go_when_told_and_plain_copies_stay():
    found = nothing_found(5, exact=np.array([0, 1, 0, 3, 3]), conflicting=np.array([1, 0, 1, 0, 0], dtype=bool))
    _, out = marking.mark_duplicates(table(list("abbcc")), np.arange(5), found, drop=("conflicting",))
    assert out.tolist() == [True, False, True, False, False]


def test_a_near_copy_stays_used_with_a_remark():
    found = nothing_found(2, pairs=(NearPair(0, 1, 0.1, True),), n_pairs=1)
    marked, _ = marking.mark_duplicates(table(["a", "a"]), np.arange(2), found, drop=())
    assert marked.status.tolist() == ["used", "used"]
    assert marked.reason[1] == "nearly the same as a/0 in a mirror"


def test_without_given_splits_all_three_are_made():
    data = table(["a", "b"] * 50)
    marked, said = split(data)
    counts = {name: int(np.sum(marked.split == name)) for name in ("train", "valid", "test")}
    assert counts["test"] == pytest.approx(20, abs=2)
    assert counts["valid"] == pytest.approx(15, abs=2)
    assert said == []


def test_given_splits_are_respected_and_what_lacks_is_cut_from_training():
    data = table(["a", "b"] * 40, split=["train"] * 60 + ["test"] * 20)
    marked, said = split(data)
    assert (marked.split[60:] == "test").all()
    assert set(marked.split[:60].tolist()) == {"train", "valid"}
    assert len(said) == 1
    assert "no validation split" in said[0]


def test_a_source_with_train_and_val_gets_its_test_from_training():
    data = table(["a", "b"] * 40, split=["train"] * 60 + ["valid"] * 20)
    marked, said = split(data)
    assert (marked.split[60:] == "valid").all()
    assert set(marked.split[:60].tolist()) == {"train", "test"}
    assert "no test split" in said[0]


def test_rows_without_a_split_count_as_training_and_that_is_said():
    data = table(["a", "b"] * 30, split=["train"] * 20 + [""] * 20 + ["test"] * 10 + ["valid"] * 10)
    marked, said = split(data)
    assert (marked.split[:40] == "train").all()
    assert said[0].startswith("20 pictures have no split")


def test_one_row_without_a_split_is_one():
    data = table(["a", "b"] * 30, split=["train"] * 39 + [""] + ["test"] * 10 + ["valid"] * 10)
    _, said = split(data)
    assert said == ["1 picture has no split where others have one; it counts as a training picture."]


def test_folds_cover_all_but_the_test_split():
    data = table(["a", "b"] * 50)
    marked = marking.split(data, wanted(data, folds=5), seed=0)
    assert set(marked.split.tolist()) == {"train", "test"}
    assert set(marked.fold[marked.split == "train"].tolist()) == {0, 1, 2, 3, 4}
    assert (marked.fold[marked.split == "test"] == -1).all()


def test_sides_are_never_parted():
    data = table(["a", "b"] * 60)
    sides = np.repeat(np.arange(40), 3)
    marked = marking.split(data, wanted(data, sides=sides), seed=0)
    assert all(len(set(marked.split[sides == side].tolist())) == 1 for side in range(40))


def test_a_training_picture_with_a_copy_in_the_given_test_split_is_not_moved_to_validation():
    data = table(["a", "b"] * 40, split=["train"] * 60 + ["test"] * 20)
    sides = np.arange(80)
    sides[:20] = sides[60:]  # the first 20 training pictures are copies of the test pictures
    for seed in range(3):
        marked = marking.split(data, wanted(data, sides=sides), seed=seed)
        assert (marked.split[:20] == "train").all()


def test_a_source_without_training_pictures_is_refused():
    data = table(["a", "b"] * 5, split=["test"] * 10)
    with pytest.raises(DataError, match="no training pictures"):
        marking.split(data, wanted(data), seed=0)


def test_a_class_too_small_to_split_is_named():
    data = table(["a"] * 30 + ["rare"] * 2)
    with pytest.raises(DataError, match="rare"):
        marking.split(data, wanted(data), seed=0)


def test_leaks_between_given_splits_are_counted_and_said():
    data = table(["a"] * 4, split=["train", "valid", "test", "test"])
    found = marking.leaks(data, np.arange(4), nothing_found(4, clusters=np.array([0, 1, 0, 3])))
    assert found.counts == {"train-test": 1}
    assert found.messages[0].startswith("1 of 2 test pictures has a copy or a near copy in train")


def test_no_more_labels_are_called_wrong_than_must_be():
    data = table(["a", "a", "b"], split=["train"] * 3)  # one picture three times: one label of three is wrong
    found = nothing_found(3, exact=np.zeros(3, dtype=np.int64), conflicting=np.ones(3, dtype=bool))
    said = marking.warnings(data, np.arange(3), ["a", "b"], found)[-1]
    assert said.startswith("3 pictures have an exact copy with another label; at most one label of each")


def test_no_leaks_no_message():
    data = table(["a"] * 2, split=["train", "test"])
    assert marking.leaks(data, np.arange(2), nothing_found(2)).messages == ()


def test_groups_that_cross_given_splits_are_counted_and_said():
    given = ["train", "train", "valid", "test", "test", "test"]
    data = table(["a"] * 6, split=given, group=["p1", "", "p2", "p1", "p1", ""])
    found = marking.group_leaks(data, np.arange(6))
    assert found.counts == {"train-test": 2}
    (sentence,) = found.messages
    assert sentence.startswith("2 of 3 test pictures are of a group that train has as well (p1), as the source gives")
    # Only the pictures that take part count.
    assert marking.group_leaks(data, np.arange(1, 6)).counts == {}


def test_one_picture_of_a_group_in_validation_and_test_is_said_in_the_singular():
    data = table(["a"] * 3, split=["train", "valid", "test"], group=["", "g", "g"])
    (sentence,) = marking.group_leaks(data, np.arange(3)).messages
    assert sentence.startswith("1 of 1 test pictures is of a group that valid has as well (g)")


def test_whole_groups_are_no_leak():
    data = table(["a"] * 4, split=["train", "train", "test", "test"], group=["g", "g", "", ""])
    assert marking.group_leaks(data, np.arange(4)) == marking.Leaks(counts={}, messages=())


def test_empty_and_unequal_classes_are_warned_about():
    data = table(["a"] * 9 + ["b"], split=["train"] * 10)
    said = marking.warnings(data, np.arange(10), ["a", "b", "ghost"], nothing_found(10))
    assert any("ghost" in sentence for sentence in said)
    assert any("a has 9 pictures, b has 1" in sentence for sentence in said)


@pytest.mark.parametrize(
    ("exact", "names", "said"),
    [
        ([0, 1, 0, 3], ["a", "b", "ghost"], [
            "1 class has no picture and stays a class all the same: ghost.",
            "1 picture is a copy of another; it is listed and stays on the same side of every split made here.",
        ]),
        ([0, 1, 0, 1], ["a", "b", "ghost", "elf"], [
            "2 classes have no picture and stay classes all the same: ghost, elf.",
            "2 pictures are copies of others; they are listed and stay on the same side of every split made here.",
        ]),
    ],
)  # fmt: skip
def test_one_of_something_is_said_as_one(exact, names, said):
    data = table(["a", "b"] * 2, split=["train"] * 4)
    assert marking.warnings(data, np.arange(4), names, nothing_found(4, exact=np.array(exact))) == said


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ([], []),
        ([1], ["1 of 10 files could not be used and is left out: p1 (the file is empty)."]),
        ([1, 4, 7], ["3 of 10 files could not be used and are left out: p1 (the file is empty), p4 (the file is empty)"
                     " and 1 more."]),
    ],
)  # fmt: skip
def test_files_that_are_left_out_are_counted_and_named(bad, said):
    data = table(["a", "b"] * 5, split=["train"] * 10)
    data = replace(data, id=np.array([f"p{i}" for i in range(10)]))
    data = marking.note(data, dict.fromkeys(bad, ("unreadable", "the file is empty")))
    data = marking.note(data, {9: ("ignored", "not a picture")})
    assert marking.warnings(data, np.arange(10), ["a", "b"], nothing_found(10)) == said


def test_a_class_too_small_for_folds_is_named():
    data = table(["a"] * 30 + ["rare"] * 4, split=["train"] * 32 + ["test"] * 2)
    with pytest.raises(DataError, match="5 folds; class 'rare' has 2 pictures"):
        marking.split(data, wanted(data, folds=5), seed=0)


def test_what_a_run_is_scored_on_is_its_test_and_unknown_classes_are_ignored():
    before = table(["a", "b", "a", "c"], split=["train", "valid", "", "test"])
    marked = marking.mark_scored(before, np.array([0, 2]), np.array([1]))
    assert marked.split.tolist() == ["test", "", "test", ""]
    assert marked.status.tolist() == ["used", "ignored", "used", "used"]
    assert marked.reason.tolist() == ["", "of a class unknown to the run", "", ""]
