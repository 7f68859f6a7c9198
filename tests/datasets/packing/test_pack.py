import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from deadly import DeadlyReader
from linnet.datasets.base import ArraySource
from linnet.datasets.packing import building
from linnet.datasets.packing import pack as module
from linnet.datasets.packing.pack import open_pack
from linnet.datasets.sources.archive import ArchiveSource
from linnet.datasets.sources.folder import FolderSource
from linnet.datasets.sources.table import TableSource
from linnet.errors import ConfigError, DataError
from linnet.images import read
from linnet.progress import SilentProgress
from linnet.records.manifest import texts_of
from pictures import encoded, picture, two_classes, write_tree


@pytest.fixture
def old_files(monkeypatch):
    """Take all files for old ones: tests cannot wait until their own files are."""
    monkeypatch.setattr("linnet.datasets.sources.files._FRESH_NANOSECONDS", 0)


@pytest.fixture
def no_building(monkeypatch):
    """Return a function after whose call nothing may be built any more."""

    def forbid():
        def refuse(*_, **__):
            raise AssertionError("a pack was built again")

        monkeypatch.setattr(module, "build", refuse)

    return forbid


def packs(cache):
    return [path for path in cache.iterdir() if path.name != "seals"]


def test_a_pack_holds_every_picture_as_prediction_reads_it(tmp_path):
    files = two_classes()
    pack = open_pack(FolderSource(write_tree(tmp_path / "data", files)), cache=tmp_path / "cache")
    assert pack.images.dtype == torch.uint8
    assert pack.images.shape == (6, 3, 8, 8)
    assert pack.class_names == ("cats", "dogs")
    assert pack.manifest.id[pack.rows].tolist() == list(files)
    for image, data in zip(pack.images, files.values(), strict=True):
        np.testing.assert_array_equal(image, read(data, pack.geometry))


def test_folders_archives_and_tables_give_the_same_pixels(tmp_path):
    files = two_classes()
    write_tree(tmp_path / "data", files)
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for path, data in files.items():
            archive.writestr(path, data)
    rows = "".join(f"{path},{path[:4]}\n" for path in files)
    (tmp_path / "data" / "labels.csv").write_text(f"path,label\n{rows}")
    sources = [
        TableSource(tmp_path / "data" / "labels.csv"),
        ArchiveSource(tmp_path / "data.zip"),
        FolderSource(tmp_path / "data"),
    ]
    table, archive, folder = (open_pack(source, cache=tmp_path / "cache") for source in sources)
    assert torch.equal(table.images, folder.images)
    assert torch.equal(archive.images, folder.images)


@pytest.mark.usefixtures("old_files")
def test_opening_again_builds_nothing(tmp_path, no_building):
    write_tree(tmp_path / "data", two_classes())
    first = open_pack(FolderSource(tmp_path / "data"), cache=tmp_path / "cache")
    no_building()
    again = open_pack(FolderSource(tmp_path / "data"), cache=tmp_path / "cache")
    assert torch.equal(again.images, first.images)
    assert again.manifest.id.tolist() == first.manifest.id.tolist()
    assert (again.geometry, again.facts, again.messages) == (first.geometry, first.facts, first.messages)


@pytest.mark.usefixtures("old_files")
def test_a_change_that_keeps_size_and_time_is_seen(tmp_path):
    write_tree(tmp_path / "data", two_classes())
    open_pack(FolderSource(tmp_path / "data"), cache=tmp_path / "cache")
    path = tmp_path / "data" / "cats" / "0.png"
    stat = path.stat()
    other = encoded(np.full((8, 8, 3), 9, dtype=np.uint8))
    path.write_bytes(other + bytes(stat.st_size - len(other)))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert open_pack(FolderSource(tmp_path / "data"), cache=tmp_path / "cache").images[0].unique().tolist() == [9]


def test_files_written_just_now_are_looked_at_again(tmp_path):
    write_tree(tmp_path / "data", two_classes())
    open_pack(FolderSource(tmp_path / "data"), cache=tmp_path / "cache")
    (tmp_path / "data" / "cats" / "0.png").write_bytes(encoded(np.full((8, 8, 3), 9, dtype=np.uint8)))
    assert open_pack(FolderSource(tmp_path / "data"), cache=tmp_path / "cache").images[0].unique().tolist() == [9]


@pytest.mark.skipif(sys.platform == "win32", reason="signals end processes otherwise there")
@pytest.mark.usefixtures("old_files")
@pytest.mark.parametrize("when", ["reading", "decoding"])
def test_a_file_whose_process_was_killed_is_tried_again(tmp_path, monkeypatch, no_building, when):
    files = two_classes() | ({"dogs/9.png": picture(9, height=20)} if when == "decoding" else {})
    source, run = FolderSource(write_tree(tmp_path / "data", files)), building._Making.run

    def deadly(making, positions, *arguments, **options):
        if when == "reading" or options["text"].startswith("Decoding"):  # two sizes want two readings
            making.reader = DeadlyReader(making.reader, "cats/1.png", os.getpid())
        return run(making, positions, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(building._Making, "run", deadly)
        first = open_pack(source, cache=tmp_path / "cache")
    assert first.manifest.counts() == {"used": len(files) - 1, "unreadable": 1}
    second = open_pack(source, cache=tmp_path / "cache")
    assert second.manifest.counts() == {"used": len(files)}
    no_building()
    assert torch.equal(open_pack(source, cache=tmp_path / "cache").images, second.images)


@pytest.mark.usefixtures("old_files")
def test_a_file_that_stays_unreadable_is_not_tried_again(tmp_path, no_building):
    source = FolderSource(write_tree(tmp_path / "data", {**two_classes(), "dogs/9.png": picture(9)[:70]}))
    first = open_pack(source, cache=tmp_path / "cache")
    assert first.manifest.counts() == {"used": 6, "unreadable": 1}
    no_building()
    assert open_pack(source, cache=tmp_path / "cache").manifest.counts() == first.manifest.counts()


@pytest.mark.usefixtures("old_files")
@pytest.mark.parametrize("name", ["pixels.bin", "pack.json", "rows.npy"])
def test_a_damaged_pack_is_built_again(tmp_path, name):
    source = FolderSource(write_tree(tmp_path / "data", two_classes()))
    first = open_pack(source, cache=tmp_path / "cache").images.clone()
    (folder,) = packs(tmp_path / "cache")
    (folder / name).write_bytes(b"1")
    assert torch.equal(open_pack(source, cache=tmp_path / "cache").images, first)


def test_writing_into_the_images_does_not_reach_the_cache(tmp_path):
    source = FolderSource(write_tree(tmp_path / "data", two_classes()))
    pack = open_pack(source, cache=tmp_path / "cache")
    before = pack.images.clone()
    pack.images.zero_()
    assert torch.equal(open_pack(source, cache=tmp_path / "cache").images, before)


@pytest.mark.parametrize(("options", "said"), [({"size": 0}, "sides"), ({"size": -3}, "sides"), ({"fit": "x"}, "fit")])
def test_impossible_wishes_are_refused_before_anything_is_read(tmp_path, options, said):
    source = FolderSource(write_tree(tmp_path / "data", two_classes()))
    with pytest.raises(ConfigError, match=said):
        open_pack(source, cache=tmp_path / "cache", **options)
    assert not (tmp_path / "cache").exists()


def test_an_interruption_leaves_nothing(tmp_path):
    class Impatient(SilentProgress):
        def task(self, text, total=None):
            raise KeyboardInterrupt

    source = FolderSource(write_tree(tmp_path / "data", two_classes()))
    with pytest.raises(KeyboardInterrupt):
        open_pack(source, cache=tmp_path / "cache", progress=Impatient())
    assert packs(tmp_path / "cache") == []


def test_a_cache_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "cache").write_text("a file")
    source = FolderSource(write_tree(tmp_path / "data", two_classes()))
    with pytest.raises(DataError, match=r"cannot be written to .*cache .*LINNET_CACHE"):
        open_pack(source, cache=tmp_path / "cache")


OPENING = """
import sys, time
from pathlib import Path
from linnet.datasets.sources.folder import FolderSource
from linnet.datasets.packing.pack import open_pack
folder, cache = map(Path, sys.argv[1:3])
"""


def start(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", OPENING + code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.skipif(os.name != "posix", reason="limits on files are of POSIX")
def test_a_full_disk_is_said_and_leaves_nothing(tmp_path):
    import resource

    write_tree(tmp_path / "data", {f"{k}/{i}.png": picture(i, height=64, width=64) for k in "ab" for i in range(20)})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(DataError, match=r"cannot be written to .*File too large"):
            open_pack(FolderSource(tmp_path / "data"), cache=tmp_path / "cache")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert packs(tmp_path / "cache") == []


@pytest.mark.skipif(os.name != "posix", reason="there is no kill -9 elsewhere")
def test_a_killed_process_leaves_the_old_state_and_is_swept_up(tmp_path):
    write_tree(tmp_path / "data", two_classes())
    code = """
from linnet.datasets.packing.shelf import Shelf
def stop(*_):
    print("about to keep it", flush=True)
    time.sleep(60)
Shelf.keep = stop
open_pack(FolderSource(folder), cache=cache)
"""
    process = start(code, tmp_path / "data", tmp_path / "cache")
    assert process.stdout.readline() == "about to keep it\n"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (left,) = packs(tmp_path / "cache")
    assert left.name.startswith(".building-")
    open_pack(FolderSource(tmp_path / "data"), cache=tmp_path / "cache")
    assert not left.exists()
    assert len(packs(tmp_path / "cache")) == 1


@pytest.mark.slow
def test_two_processes_can_build_the_same_pack(tmp_path):
    write_tree(tmp_path / "data", two_classes(20))
    code = "print(open_pack(FolderSource(folder), cache=cache).images.sum().item())"
    both = [start(code, tmp_path / "data", tmp_path / "cache") for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1] != ""
    assert len(packs(tmp_path / "cache")) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in kilobytes on Linux only")
@pytest.mark.slow
def test_pixels_do_not_pass_through_memory(tmp_path):
    flat = encoded(np.full((224, 224, 3), 9, dtype=np.uint8))
    write_tree(tmp_path / "data", {f"{k}/{i}.png": flat for k in "ab" for i in range(400)})
    code = """
import resource
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
pack = open_pack(FolderSource(folder), cache=cache)
print(pack.images.numel() // 2**20, peak() - before)
"""
    said, _ = start(code, tmp_path / "data", tmp_path / "cache").communicate()
    megabytes, grown = map(int, said.split())
    assert megabytes == 114
    assert grown < 40


def test_arrays_are_a_pack_too(tmp_path):
    images = np.zeros((3, 1, 4, 4), dtype=np.uint8)
    images.setflags(write=False)
    source = ArraySource(
        name="toy",
        images=images,
        labels=np.array([0, 1, 1]),
        splits=texts_of(["train", "train", "test"]),
        class_names=("a", "b"),
    )
    pack = open_pack(source, cache=tmp_path / "cache")
    assert pack.images.shape == (3, 1, 4, 4)
    assert pack.manifest.label.tolist() == ["a", "b", "b"]
    assert open_pack(source, size=8, cache=tmp_path / "cache").images.shape == (3, 1, 8, 8)
    assert not (tmp_path / "cache").exists()


def data_file(name):
    path = Path(os.environ.get("LINNET_DATA", "")) / name
    if not path.is_file():
        pytest.skip(f"{name} is not under LINNET_DATA")
    return path


@pytest.mark.data
def test_bad_images_as_a_class_folder_are_all_accounted_for(tmp_path):
    write_tree(tmp_path / "data", {"good/a.png": picture(0), "good/b.png": picture(1)})
    with zipfile.ZipFile(data_file("bad-images.zip")) as archive:
        archive.extractall(tmp_path / "data" / "bad")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "data" / "bad" / "pipe.jpg")
    pack = open_pack(FolderSource(tmp_path / "data"), cache=tmp_path / "cache")
    found = sorted(path.relative_to(tmp_path / "data").as_posix() for path in (tmp_path / "data").glob("*/*"))
    manifest = pack.manifest
    assert sorted(manifest.id.tolist()) == found
    assert sum(manifest.counts().values()) == len(found) >= 511
    assert len(pack.images) == manifest.counts()["used"] > 80
    assert all(manifest.reason[manifest.status != "used"].tolist())
    # The archive itself is one class folder less deep; read from it, the same pictures come out the same.
    for row, image in zip(pack.rows.tolist(), pack.images, strict=True):
        np.testing.assert_array_equal(image, read(tmp_path / "data" / manifest.id[row], pack.geometry))


@pytest.mark.data
@pytest.mark.slow
def test_cifar10_has_its_published_means_and_opens_again_in_half_a_second(tmp_path):
    path = data_file("cifar10.zip")
    pack = open_pack(ArchiveSource(path), cache=tmp_path / "cache")
    assert pack.images.shape == (60_000, 3, 32, 32)
    train = pack.images[torch.from_numpy(pack.manifest.split[pack.rows] == "train")]
    means = train.to(torch.float64).mean((0, 2, 3)) / 255
    np.testing.assert_allclose(means, [0.49140, 0.48216, 0.44653], atol=5e-6)
    start = time.perf_counter()
    open_pack(ArchiveSource(path), cache=tmp_path / "cache")
    assert time.perf_counter() - start < 0.5
