from linnet.datasets.sources.tree import DEEPEST, Entry, grow, look_through, outside


def entries(*paths):
    return [Entry(path.rstrip("/"), is_folder=path.endswith("/")) for path in paths]


def grown(*paths):
    return grow(entries(*paths))


def test_files_land_in_their_folders():
    top, litter = grown("a/x.png", "a/b/y.png", "z.png")
    assert [entry.path for entry in top.files] == ["z.png"]
    assert [entry.path for entry in top.folders["a"].files] == ["a/x.png"]
    assert [entry.path for entry in top.below()] == ["z.png", "a/x.png", "a/b/y.png"]
    assert litter == []


def test_empty_folders_are_kept():
    top, _ = grown("a/", "b/x.png")
    assert sorted(top.folders) == ["a", "b"]
    assert top.folders["a"].is_empty


def test_folders_come_in_natural_order():
    top, _ = grown("10/x", "9/x", "2/x")
    assert [name for name, _ in top.sorted_folders()] == ["2", "9", "10"]


def test_litter_is_picked_out_with_its_reason():
    top, litter = grown("a/x.png", "a/Thumbs.db", "a/.hidden.png", "__MACOSX/a/._x.png", ".git/config")
    assert [entry.path for entry in top.below()] == ["a/x.png"]
    assert {entry.path: entry.reason for entry in litter} == {
        "a/Thumbs.db": "system litter",
        "a/.hidden.png": "hidden: its name begins with a dot",
        "__MACOSX/a/._x.png": "system litter",
        ".git/config": "hidden: its name begins with a dot",
    }


def test_hidden_empty_folders_are_no_folders():
    assert grown(".cache/", "a/x")[0].folders.keys() == {"a"}


def test_a_hostile_depth_is_listed_and_not_followed():
    deep = "/".join(["a"] * 5000) + "/x.png"
    top, litter = grown(deep, "b/x.png")
    assert top.folders.keys() == {"b"}
    assert litter[0].reason == f"more than {DEEPEST} folders deep"


def test_a_reason_that_is_known_stays():
    _, litter = grow([Entry("../x.png", reason="its path leads out of the archive")])
    assert litter[0].reason == "its path leads out of the archive"


def root_of(*paths):
    return look_through(grown(*paths)[0]).path


def test_one_folder_of_folders_is_looked_through():
    assert root_of("data/cats/x.png", "data/dogs/y.png", "data/readme.txt") == "data"
    assert root_of("a/b/cats/x.png", "a/b/dogs/y.png") == "a/b"


def test_several_folders_are_not_looked_through():
    assert root_of("cats/left/x.png", "dogs/left/y.png") == ""


def test_one_class_folder_is_not_looked_through():
    assert root_of("cats/x.png") == ""


def test_a_split_folder_is_not_looked_through():
    assert root_of("train/cats/x.png", "train/dogs/x.png") == ""


def test_a_folder_with_pictures_of_its_own_is_not_looked_through():
    assert root_of("cats/x.png", "cats/left/y.png", "cats/right/z.png") == ""


def test_files_on_the_way_are_outside():
    top, _ = grown("notes.txt", "data/readme.txt", "data/cats/x.png", "data/dogs/y.png")
    assert [entry.path for entry in outside(top, look_through(top))] == ["notes.txt"]
