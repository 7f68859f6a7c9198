import hashlib

import numpy as np
import pytest

from linnet.datasets.base import ArraySource
from linnet.datasets.named.idx_sets import IdxFiles, open_idx_set
from linnet.errors import DataError, DownloadError
from named_files import without_network, write_class_folders, write_idx_set

CLASSES = ("a", "b", "c")
NAMES = [f"{start}-{kind}-ubyte.gz" for start in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
FILES = IdxFiles(mirrors=("http://one.invalid/", "http://two.invalid/"), md5=dict.fromkeys(NAMES, "0"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    without_network(monkeypatch)


def open_toy(*places):
    return open_idx_set("toy-set", CLASSES, FILES, places=places)


@pytest.mark.parametrize("where", ["toy-set", "Toy_Set", "ToySet/raw"])
def test_files_are_found_under_the_name_in_any_spelling(tmp_path, where):
    images, labels = write_idx_set(tmp_path / where, suffix=".gz")
    source = open_toy(tmp_path)
    np.testing.assert_array_equal(source.images[:, 0], images)
    np.testing.assert_array_equal(source.labels, labels)
    assert source.name == "toy-set"


def test_the_place_itself_may_be_the_set(tmp_path):
    write_idx_set(tmp_path / "toy-set")
    assert isinstance(open_toy(tmp_path / "toy-set"), ArraySource)


def test_files_of_another_set_in_the_place_itself_are_not_taken(tmp_path):
    write_idx_set(tmp_path / "files", suffix=".gz")
    with pytest.raises(DownloadError):
        open_toy(tmp_path / "files")


def test_files_in_the_place_itself_are_taken_when_their_checksum_is_the_published_one(tmp_path):
    write_idx_set(tmp_path / "files", suffix=".gz")
    known = hashlib.md5((tmp_path / "files" / NAMES[3]).read_bytes()).hexdigest()
    files = IdxFiles(mirrors=(), md5={**FILES.md5, NAMES[3]: known})
    assert isinstance(open_idx_set("toy-set", CLASSES, files, places=[tmp_path / "files"]), ArraySource)


def test_the_first_place_that_has_it_wins(tmp_path):
    write_idx_set(tmp_path / "one" / "toy-set", seed=1)
    images, _ = write_idx_set(tmp_path / "two" / "toy-set", seed=2)
    write_idx_set(tmp_path / "three" / "toy-set", seed=3)
    (tmp_path / "one" / "toy-set" / "t10k-images-idx3-ubyte").unlink()
    source = open_toy(tmp_path / "missing", tmp_path / "one", tmp_path / "two", tmp_path / "three")
    np.testing.assert_array_equal(source.images[:, 0], images)


def test_class_folders_are_taken_in_published_order(tmp_path):
    write_class_folders(tmp_path / "toy_set", ("c", "a", "b"))
    source = open_toy(tmp_path)
    assert source.class_names == CLASSES
    assert len(source.items()) == 6


def test_a_damaged_file_is_said_and_not_passed_over(tmp_path):
    write_idx_set(tmp_path / "toy-set")
    (tmp_path / "toy-set" / "train-images-idx3-ubyte").write_bytes(b"oops")
    with pytest.raises(DataError, match="begins with 6f6f7073"):
        open_toy(tmp_path)


def test_nowhere_and_no_network_says_which_files_go_where(tmp_path):
    with pytest.raises(DownloadError) as caught:
        open_toy(tmp_path / "data", tmp_path / "cache")
    message = str(caught.value)
    assert all(name in message for name in NAMES)
    assert str(tmp_path / "cache" / "toy-set") in message


def test_every_mirror_is_an_address_of_every_file():
    remote = FILES.remote()
    assert [file.name for file in remote] == NAMES
    assert remote[0].urls == (f"http://one.invalid/{NAMES[0]}", f"http://two.invalid/{NAMES[0]}")
