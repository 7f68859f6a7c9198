import os
import subprocess
import sys
import time

import numpy as np
import pytest

from linnet.datasets.packing import shelf as module
from linnet.datasets.packing.shelf import PIXELS, Shelf, Stored, load, save
from linnet.images import Geometry
from linnet.records.manifest import Manifest, texts_of


def stored(n=3):
    hashes = [f"{i:064x}" if i else "" for i in range(n)]
    manifest = Manifest(
        id=texts_of([f"a/é {i}\n.png" for i in range(n)]),
        label=texts_of(["a"] * n),
        split=texts_of([""] * n),
        fold=np.full(n, -1, dtype=np.int64),
        group=texts_of([""] * n),
        content_hash=texts_of(hashes),
        status=texts_of(["used"] * n),
        reason=texts_of([""] * n),
    )
    return Stored(
        geometry=Geometry(channels=1, height=2, width=2),
        manifest=manifest,
        rows=np.arange(n, dtype=np.int64),
        class_names=("a", "b"),
        facts={"n_files": n},
        messages=("One thing.",),
    )


def fill(folder, value=0, n=3):
    (folder / PIXELS).write_bytes(bytes([value]) * (4 * n))
    save(folder, stored(n))


def test_what_is_saved_is_loaded(tmp_path):
    fill(tmp_path)
    found, wanted = load(tmp_path), stored()
    for column in ("id", "label", "split", "fold", "group", "content_hash", "status", "reason"):
        np.testing.assert_array_equal(getattr(found.manifest, column), getattr(wanted.manifest, column))
    np.testing.assert_array_equal(found.rows, wanted.rows)
    assert (found.geometry, found.class_names, found.facts, found.messages) == (
        wanted.geometry,
        wanted.class_names,
        wanted.facts,
        wanted.messages,
    )


@pytest.mark.parametrize("name", [PIXELS, "pack.json", "id.npy", "content_hash.npy"])
@pytest.mark.parametrize("how", ["gone", "cut", "empty"])
def test_a_damaged_pack_is_no_pack(tmp_path, name, how):
    fill(tmp_path)
    path = tmp_path / name
    data = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(data[: len(data) // 2] if how == "cut" else b"")
    assert load(tmp_path) is None


def test_a_finished_folder_takes_its_place(tmp_path):
    shelf = Shelf(tmp_path / "new" / "packs")
    with shelf.building() as folder:
        fill(folder)
        assert shelf.keep(folder, "key") == shelf.place("key")
    assert load(shelf.place("key")) is not None
    assert [path.name for path in (tmp_path / "new" / "packs").iterdir()] == ["key"]


def test_an_unfinished_folder_is_removed(tmp_path):
    shelf = Shelf(tmp_path)

    def fail():
        with shelf.building() as folder:
            fill(folder)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_of_two_builders_the_faster_one_wins(tmp_path):
    shelf = Shelf(tmp_path)
    with shelf.building() as first, shelf.building() as second:
        fill(first, 1)
        fill(second, 2)
        shelf.keep(second, "key")
        shelf.keep(first, "key")
    assert (shelf.place("key") / PIXELS).read_bytes() == bytes([2]) * 12


def test_a_pack_that_was_damaged_from_outside_makes_way(tmp_path):
    shelf = Shelf(tmp_path)
    for value in (1, 2):
        with shelf.building() as folder:
            fill(folder, value)
            shelf.keep(folder, "key")
        if value == 1:
            (shelf.place("key") / "pack.json").unlink()
    assert (shelf.place("key") / PIXELS).read_bytes() == bytes([2]) * 12


def test_seals_are_remembered(tmp_path):
    shelf = Shelf(tmp_path)
    assert shelf.recall("seal") is None
    shelf.remember("seal", "key")
    assert Shelf(tmp_path).recall("seal") == "key"
    assert shelf.recall("another") is None


def test_a_damaged_note_is_no_note(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.remember("seal", "key")
    for note in (tmp_path / "seals").iterdir():
        note.write_text("[")
    assert shelf.recall("seal") is None


@pytest.mark.skipif(os.name != "posix", reason="elsewhere only age tells")
def test_what_a_dead_process_left_is_swept(tmp_path):
    shelf = Shelf(tmp_path)
    with shelf.building() as mine:
        child = subprocess.Popen([sys.executable, "-c", ""])
        child.wait()
        dead = mine.rename(tmp_path / mine.name.replace(f"-{os.getpid()}-", f"-{child.pid}-"))
        (dead / "pixels.bin").write_bytes(b"1")
        alive = tmp_path / f"{mine.name}alive"
        alive.mkdir()
        with shelf.building():
            assert not dead.exists()
            assert alive.exists()


def test_what_is_a_day_old_is_swept_whoever_left_it(tmp_path):
    shelf = Shelf(tmp_path)
    old, young = tmp_path / ".building-elsewhere-12-x", tmp_path / ".building-elsewhere-13-x"
    for folder in (old, young):
        folder.mkdir()
    when = time.time() - module._DAY_SECONDS - 60
    os.utime(old, (when, when))
    with shelf.building():
        assert not old.exists()
        assert young.exists()
