import numpy as np
import pytest

from linnet.datasets.base import Item
from linnet.datasets.packing import building as module
from linnet.datasets.packing.building import build
from linnet.datasets.packing.shelf import PIXELS, Shelf, load
from linnet.datasets.packing.survey import Wanted
from linnet.datasets.sources.folder import FolderSource
from linnet.errors import DataError
from linnet.images import Geometry, read
from linnet.progress import SILENT
from pictures import MemorySource, picture, two_classes, write_tree

NATIVE = Wanted(size=None, fit="crop")


def built(source, tmp_path, wanted=NATIVE, progress=SILENT):
    """What a pack holds: everything but pixels, and the pixels."""
    shelf = Shelf(tmp_path / "packs")
    place = shelf.place(build(source, shelf, wanted, progress=progress).key)
    stored = load(place)
    return stored, np.fromfile(place / PIXELS, dtype=np.uint8).reshape(-1, *stored.geometry.shape)


def check_pixels(files, stored, pixels):
    """Every picture is what `linnet.images.read` gives: the same in training and in prediction."""
    ids = stored.manifest.id[stored.rows].tolist()
    assert len(ids) == len(pixels)
    for path, row in zip(ids, pixels, strict=True):
        np.testing.assert_array_equal(row, read(files[path], stored.geometry))


def test_small_pictures_of_one_size_are_read_once(tmp_path, monkeypatch):
    readings = []
    run = module._Making.run
    monkeypatch.setattr(module._Making, "run", lambda self, *a, **k: readings.append(k["text"]) or run(self, *a, **k))
    files = two_classes(height=9, width=7)
    stored, pixels = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path)
    assert readings == ["Reading pictures"]
    assert stored.geometry == Geometry(channels=3, height=9, width=7)
    check_pixels(files, stored, pixels)


def test_pictures_of_several_sizes_become_squares(tmp_path):
    files = {**two_classes(height=40, width=60), "dogs/9.png": picture(9, height=80, width=20)}
    stored, pixels = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path)
    assert stored.geometry == Geometry(channels=3, height=40, width=40)
    check_pixels(files, stored, pixels)


def test_a_size_that_comes_late_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PROBED", slice(0, 1))
    files = {**two_classes(), "dogs/9.png": picture(9, height=31, width=17)}
    stored, pixels = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path)
    assert stored.geometry.shape == (3, 8, 8)
    check_pixels(files, stored, pixels)


def test_color_that_comes_late_is_not_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_PROBED", slice(0, 1))
    files = {**two_classes(channels=1), "dogs/9.png": picture(9)}
    stored, pixels = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path)
    assert stored.geometry.channels == 3
    check_pixels(files, stored, pixels)


def test_gray_pictures_stay_gray(tmp_path):
    files = two_classes(channels=1)
    stored, pixels = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path)
    assert stored.geometry.shape == (1, 8, 8)
    check_pixels(files, stored, pixels)


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
def test_a_wanted_size_and_fit_are_kept(tmp_path, fit):
    files = {**two_classes(height=9, width=5), "dogs/9.jpg": picture(9, height=300, width=200, file_format="JPEG")}
    stored, pixels = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path, Wanted(size=12, fit=fit))
    assert stored.geometry == Geometry(channels=3, height=12, width=12, fit=fit)
    check_pixels(files, stored, pixels)


@pytest.mark.parametrize("sizes", ["one size", "several sizes"])
def test_gaps_of_unreadable_files_are_closed(tmp_path, monkeypatch, sizes):
    monkeypatch.setattr(module, "_JOB_FILES", 2)
    monkeypatch.setattr(module, "_JOB_BYTES", 1000)
    files = two_classes(8)
    for path in ("cats/0.png", "cats/3.png", "cats/4.png", "dogs/7.png"):
        files[path] = files[path][:75]
    if sizes == "several sizes":
        files["dogs/2.png"] = picture(2, height=30, width=10)
    stored, pixels = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path)
    assert len(pixels) == 12
    assert stored.manifest.counts() == {"used": 12, "unreadable": 4}
    check_pixels(files, stored, pixels)


def test_every_file_is_accounted_for(tmp_path):
    files = {
        **{f"train/{path}": data for path, data in two_classes().items()},
        **{f"test/{path}": data for path, data in two_classes(1).items()},
        "train/cats/notes.txt": b"hello",
        "train/cats/broken.png": b"\x89PNG\r\n\x1a\n",
        "train/cats/Thumbs.db": b"1",
        "train/cats/bomb.pgm": b"P5 60000 60000 255\n",
    }
    manifest = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path)[0].manifest
    rows = {row[0]: row[1:] for row in zip(manifest.id, manifest.split, manifest.status, strict=True)}
    assert rows.keys() == files.keys()
    assert rows["train/cats/0.png"] == ("train", "used")
    assert rows["test/dogs/0.png"] == ("test", "used")
    assert rows["train/cats/notes.txt"] == ("", "ignored")
    assert rows["train/cats/broken.png"] == ("", "unreadable")
    assert rows["train/cats/Thumbs.db"] == ("", "ignored")
    assert rows["train/cats/bomb.pgm"] == ("", "too large")
    assert all(reason for reason in manifest.reason[manifest.status != "used"])


def test_what_was_done_to_a_picture_is_noted(tmp_path):
    from PIL import Image

    from pictures import encoded

    files = {**two_classes(), "cats/a.png": encoded(Image.new("RGBA", (8, 8)))}
    stored, _ = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path)
    (reason,) = stored.manifest.reason[stored.manifest.id == "cats/a.png"]
    assert reason == "transparency laid over white"
    assert stored.facts["n_transparent"] == 1


def test_a_class_without_readable_pictures_is_said(tmp_path):
    files = {**two_classes(), "birds/x.png": b"\x89PNG\r\n\x1a\n"}
    stored, _ = built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path)
    assert stored.class_names == ("birds", "cats", "dogs")
    assert stored.messages == ("Without a single readable picture, and kept as classes all the same: birds.",)


def test_no_readable_picture_is_refused_and_leaves_nothing(tmp_path):
    write_tree(tmp_path / "data", {"cats/a.png": b"", "dogs/b.png": b"text", "dogs/c.png": b""})
    with pytest.raises(
        DataError, match=r"no readable picture among its 3 files \(2 the file is empty, 1 not a picture"
    ):
        built(FolderSource(tmp_path / "data"), tmp_path)
    assert list((tmp_path / "packs").iterdir()) == []


def test_the_same_content_is_not_decoded_twice(tmp_path):
    source = FolderSource(write_tree(tmp_path / "data", two_classes()))
    shelf = Shelf(tmp_path / "packs")
    key = build(source, shelf, NATIVE, progress=SILENT).key
    when = (shelf.place(key) / PIXELS).stat().st_mtime_ns
    copy = FolderSource(write_tree(tmp_path / "copy", two_classes()))
    assert build(copy, shelf, NATIVE, progress=SILENT).key == key
    assert (shelf.place(key) / PIXELS).stat().st_mtime_ns == when


@pytest.mark.parametrize(
    "files",
    [
        {**two_classes(), "cats/0.png": picture(77)},
        {**two_classes(), "cats/new.png": picture(77)},
        {path.replace("dogs", "wolves"): data for path, data in two_classes().items()},
    ],
    ids=["content", "file", "name"],
)
def test_other_content_is_another_pack(tmp_path, files):
    shelf = Shelf(tmp_path / "packs")
    first = build(FolderSource(write_tree(tmp_path / "a", two_classes())), shelf, NATIVE, progress=SILENT).key
    assert build(FolderSource(write_tree(tmp_path / "b", files)), shelf, NATIVE, progress=SILENT).key != first


def test_another_size_or_fit_is_another_pack(tmp_path):
    source = FolderSource(write_tree(tmp_path / "data", two_classes()))
    shelf = Shelf(tmp_path / "packs")
    wanted = [NATIVE, Wanted(size=5, fit="crop"), Wanted(size=5, fit="pad")]
    assert len({build(source, shelf, w, progress=SILENT).key for w in wanted}) == 3


def test_a_source_of_any_kind_can_be_packed(tmp_path):
    files = two_classes()
    check_pixels(files, *built(MemorySource(files), tmp_path))


def test_files_that_change_while_they_are_read_are_refused(tmp_path, monkeypatch):
    # Two sizes want two readings; before the second, one file becomes another.
    files = {**two_classes(), "dogs/9.png": picture(9, height=20)}
    write_tree(tmp_path / "data", files)
    run = module._Making.run

    def then_change(self, *arguments, **options):
        found = run(self, *arguments, **options)
        (tmp_path / "data" / "cats" / "0.png").write_bytes(picture(1))
        return found

    monkeypatch.setattr(module._Making, "run", then_change)
    with pytest.raises(DataError, match="change while they are read"):
        built(FolderSource(tmp_path / "data"), tmp_path)


def test_progress_counts_every_file(tmp_path):
    class Counting:
        def __init__(self):
            self.tasks = []

        def say(self, text):
            raise AssertionError(text)

        def task(self, text, total=None):
            self.tasks.append([text, total, 0])
            return self

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def advance(self, n=1, note=""):
            self.tasks[-1][2] += n

    progress = Counting()
    files = {**two_classes(), "dogs/9.png": picture(9, height=20), "dogs/x.png": b""}
    built(FolderSource(write_tree(tmp_path / "data", files)), tmp_path, progress=progress)
    assert progress.tasks == [["Reading pictures", 8, 8], ["Decoding pictures", 7, 7]]


def test_parts_bound_what_is_held_in_memory():
    items = [Item(id=str(i), label="a", size=size) for i, size in enumerate([1, 2**23, 2**23, 5, 2**30, 1])]
    assert list(module._parts(range(6), items, None)) == [[0, 1, 2], [3, 4], [5]]
    photos = Geometry(channels=3, height=1024, width=1024)
    many = [Item(id=str(i), label="a") for i in range(13)]
    assert [len(part) for part in module._parts(range(13), many, photos)] == [6, 6, 1]
    assert [len(part) for part in module._parts(range(600), many * 50, None)] == [256, 256, 88]
