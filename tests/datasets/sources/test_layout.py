import pytest

from linnet.datasets.sources.layout import understand
from linnet.datasets.sources.tree import Entry
from linnet.errors import DataError


def understood(*paths, nested="error"):
    entries = [Entry(path.rstrip("/"), is_folder=path.endswith("/")) for path in paths]
    return understand(entries, name="DATA", nested=nested)


def labels(layout):
    return {item.id: (item.label, item.split) for item in layout.items if not item.reason}


def reasons(layout):
    return {item.id: item.reason for item in layout.items if item.reason}


def test_folders_are_classes():
    layout = understood("dogs/b.png", "cats/a.png")
    assert layout.class_names == ("cats", "dogs")
    assert labels(layout) == {"cats/a.png": ("cats", ""), "dogs/b.png": ("dogs", "")}
    assert layout.messages == ()


def test_classes_come_in_natural_order():
    assert understood("10/x", "2/x", "1/x").class_names == ("1", "2", "10")


@pytest.mark.parametrize(
    "names", [("train", "val", "test"), ("Training", "Validation", "TESTING"), ("train", "valid", "test")]
)
def test_folders_of_splits_are_splits(names):
    layout = understood(*(f"{name}/{kind}/x.png" for name in names for kind in ("cats", "dogs")))
    assert layout.class_names == ("cats", "dogs")
    assert [item.split for item in layout.items] == ["train"] * 2 + ["valid"] * 2 + ["test"] * 2


def test_one_split_folder_is_enough():
    assert labels(understood("train/cats/a.png", "train/dogs/b.png"))["train/cats/a.png"] == ("cats", "train")


def test_a_class_may_be_called_train():
    layout = understood("train/a.png", "car/b.png", "ship/c.png")
    assert layout.class_names == ("car", "ship", "train")


def test_a_test_folder_without_classes_is_listed_as_ignored():
    layout = understood("train/cats/a.png", "train/dogs/b.png", "test/1.png", "test/2.png")
    assert labels(layout).keys() == {"train/cats/a.png", "train/dogs/b.png"}
    assert reasons(layout) == {"test/1.png": "outside the class folders", "test/2.png": "outside the class folders"}


def test_a_stray_picture_in_a_split_folder_does_not_hide_the_classes():
    layout = understood("train/stray.png", "train/cats/a.png", "train/dogs/b.png")
    assert layout.class_names == ("cats", "dogs")
    assert reasons(layout) == {"train/stray.png": "outside the class folders"}


def test_two_names_for_one_split_are_refused():
    with pytest.raises(DataError, match="val and validation"):
        understood("train/a/x.png", "val/a/x.png", "validation/a/x.png")


def test_pictures_beside_split_folders_need_a_decision():
    with pytest.raises(DataError, match="beside them folders with pictures"):
        understood("train/a/x.png", "train/b/x.png", "extra/y.png")


def test_other_folders_beside_split_folders_are_ignored():
    layout = understood("train/a/x.png", "train/b/x.png", "annotations/boxes.json")
    assert reasons(layout) == {"annotations/boxes.json": "outside the class folders"}


def test_classes_that_differ_between_splits_are_matched_by_name():
    layout = understood("train/a/x.png", "train/b/x.png", "test/b/x.png", "test/c/x.png")
    assert layout.class_names == ("a", "b", "c")
    assert layout.messages == (
        "The train split has no folder for c, which another split has; classes are matched by name.",
        "The test split has no folder for a, which another split has; classes are matched by name.",
    )


def test_an_empty_class_stays_a_class():
    layout = understood("a/x.png", "b/", "c/Thumbs.db")
    assert layout.class_names == ("a", "b", "c")
    assert layout.messages == ("Without a single file, and kept as classes all the same: b, c.",)


def test_files_at_the_root_are_listed_as_ignored():
    assert reasons(understood("a/x.png", "b/x.png", "readme.md", "y.png")) == {
        "readme.md": "outside the class folders",
        "y.png": "outside the class folders",
    }


def test_litter_is_listed_once():
    layout = understood("a/x.png", "a/.DS_Store", "b/y.png", ".git/HEAD", "desktop.ini")
    assert sorted(reasons(layout)) == [".git/HEAD", "a/.DS_Store", "desktop.ini"]
    assert len({item.id for item in layout.items}) == len(layout.items) == 5


def test_everything_is_listed_exactly_once():
    paths = ["w/train/a/1.png", "w/train/b/2.png", "w/test/a/3.png", "w/test/4.png", "w/x.txt", "y.txt", "w/.z/5.png"]
    assert sorted(item.id for item in understood(*paths).items) == sorted(paths)


def test_a_wrapping_folder_is_looked_into_with_a_message():
    layout = understood("data/cats/x.png", "data/dogs/y.png")
    assert layout.class_names == ("cats", "dogs")
    assert layout.messages == ("DATA holds one folder only, data; it was looked into.",)


NESTED = ("cats/left/a.png", "cats/right/b.png", "cats/c.png", "dogs/left/d.png", "dogs/e.png")


def test_nested_folders_ask_for_a_decision():
    with pytest.raises(DataError, match=r"cats/left, cats/right, dogs/left.*nested=join.*nested=path"):
        understood(*NESTED)


def test_nested_folders_can_be_joined():
    layout = understood(*NESTED, nested="join")
    assert layout.class_names == ("cats", "dogs")
    assert labels(layout)["cats/left/a.png"] == ("cats", "")


def test_nested_folders_can_be_classes():
    layout = understood(*NESTED, nested="path")
    assert layout.class_names == ("cats", "cats/left", "cats/right", "dogs", "dogs/left")
    assert labels(layout)["dogs/left/d.png"] == ("dogs/left", "")


def test_a_folder_of_folders_only_makes_no_class_of_its_own():
    assert understood("cats/left/a.png", "cats/right/b.png", "dogs/e.png", nested="path").class_names == (
        "cats/left",
        "cats/right",
        "dogs",
    )


def test_nested_folders_without_pictures_are_ignored():
    layout = understood("a/x.png", "a/meta/x.json", "b/y.png")
    assert reasons(layout) == {"a/meta/x.json": "in a folder inside a class folder"}


def test_entries_that_cannot_be_read_keep_their_class_and_reason():
    layout = understand([Entry("a/x", reason="a broken link"), Entry("b/y.png")], name="DATA")
    (broken,) = [item for item in layout.items if item.reason]
    assert (broken.label, broken.reason) == ("a", "a broken link")


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        ((), "DATA is empty"),
        ((".hidden/x.png", "Thumbs.db"), "DATA is empty"),
        (("x.png", "y.png"), "DATA holds 2 files but no class folders"),
        (("a/", "b/"), "with no file in them"),
    ],
)
def test_what_holds_nothing_to_learn_is_refused(paths, said):
    with pytest.raises(DataError, match=said):
        understood(*paths)
