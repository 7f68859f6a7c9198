import hashlib

import numpy as np
import pytest
import torchvision.datasets

from linnet.datasets.base import ArraySource
from linnet.datasets.named.cifar_sets import open_cifar
from linnet.datasets.named.download import RemoteFile
from linnet.errors import DataError, DownloadError
from named_files import pack_tar, without_network, write_cifar, write_class_folders

CLASSES = tuple("abcdefghij")
FOLDER = torchvision.datasets.CIFAR10.base_folder


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    without_network(monkeypatch)


def remote(md5="0"):
    return RemoteFile(name="cifar-10-python.tar.gz", urls=("http://one.invalid/x",), md5=md5)


def open_toy(*places, md5="0"):
    return open_cifar("cifar10", CLASSES, remote(md5), places=places)


@pytest.mark.parametrize("where", ["", "cifar10", "CIFAR-10"])
def test_torchvisions_layout_is_read_train_first(tmp_path, monkeypatch, where):
    images, labels = write_cifar(tmp_path / where, monkeypatch)
    source = open_toy(tmp_path)
    np.testing.assert_array_equal(source.images, images)
    np.testing.assert_array_equal(source.labels, labels)
    assert source.splits.tolist() == ["train"] * 20 + ["test"] * 4
    assert source.class_names == CLASSES
    assert source.images.flags.c_contiguous


def test_the_archive_is_unpacked_into_the_last_place_once(tmp_path, monkeypatch):
    images, _ = write_cifar(tmp_path / "made", monkeypatch)
    (tmp_path / "data").mkdir()
    md5 = pack_tar(tmp_path / "made" / FOLDER, tmp_path / "data" / "cifar-10-python.tar.gz")
    cache = tmp_path / "cache"
    np.testing.assert_array_equal(open_toy(tmp_path / "data", cache, md5=md5).images, images)
    assert [path.name for path in cache.iterdir()] == [FOLDER]
    before = (cache / FOLDER / "test_batch").stat().st_mtime_ns
    open_toy(tmp_path / "data", cache, md5=md5)
    assert (cache / FOLDER / "test_batch").stat().st_mtime_ns == before


def test_an_archive_with_another_checksum_is_never_unpacked(tmp_path, monkeypatch):
    write_cifar(tmp_path / "made", monkeypatch)
    pack_tar(tmp_path / "made" / FOLDER, tmp_path / "cifar-10-python.tar.gz")
    with pytest.raises(DataError, match="whose checksum is 0; its is"):
        open_toy(tmp_path, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_cut_archive_is_refused_and_leaves_nothing(tmp_path):
    path = tmp_path / "cifar-10-python.tar.gz"
    path.write_bytes(b"\x1f\x8b\x08\0nonsense")
    with pytest.raises(DataError, match=r"damaged|cannot be unpacked"):
        open_toy(tmp_path, tmp_path / "cache", md5=hashlib.md5(path.read_bytes()).hexdigest())
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_changed_file_is_refused_before_it_is_unpickled(tmp_path, monkeypatch):
    write_cifar(tmp_path, monkeypatch)
    (tmp_path / FOLDER / "test_batch").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    with pytest.raises(DataError, match="some are missing or differ"):
        open_toy(tmp_path)


def test_class_folders_are_taken_too(tmp_path):
    write_class_folders(tmp_path / "cifar10", CLASSES)
    source = open_toy(tmp_path)
    assert not isinstance(source, ArraySource)
    assert source.class_names == CLASSES


def test_nowhere_and_no_network_says_where_to_put_the_archive(tmp_path):
    with pytest.raises(DownloadError, match="cifar10 is not on this machine") as caught:
        open_toy(tmp_path / "data", tmp_path / "cache")
    assert f"put cifar-10-python.tar.gz into {tmp_path / 'cache'}" in str(caught.value)
