import os
import shutil
import time

import numpy as np
import pytest
import torchvision.datasets
from PIL import Image

from linnet.datasets.base import ArraySource
from linnet.datasets.named import torchvision_sets
from linnet.datasets.named.torchvision_sets import open_named, torchvision_names
from linnet.errors import DataError, DownloadError, UnknownNameError
from named_files import without_network, write_idx_set


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    without_network(monkeypatch)


def write_sentiments(root):
    """Write a set in the layout of torchvision's RenderedSST2, with a picture per split and class."""
    level = 0
    for split in ("train", "valid", "test"):
        for name in ("negative", "positive"):
            folder = root / "rendered-sst2" / split / name
            folder.mkdir(parents=True)
            Image.new("RGB", (8, 6), (level, 0, 0)).save(folder / "0.png")
            level += 40


def write_letters(folder):
    """Write the files of EMNIST's balanced variant."""
    write_idx_set(folder)
    for path in list(folder.iterdir()):
        start, kind, *_ = path.name.split("-")
        path.rename(folder / f"emnist-balanced-{start.replace('t10k', 'test')}-{kind}-{path.name.split('-')[2]}-ubyte")


def test_our_own_entries_come_first(tmp_path):
    assert open_named("digits", [tmp_path]).name == "digits"


@pytest.mark.parametrize("name", ["MNIST", "mnist", "Mnist"])
def test_torchvisions_spelling_of_our_sets_means_ours(tmp_path, name):
    write_idx_set(tmp_path / "mnist")
    assert open_named(name, [tmp_path]).name == "mnist"


@pytest.mark.parametrize(
    ("typed", "meant"), [("fashon-mnist", "fashion-mnist"), ("STL1O", "STL10"), ("cifar1", "cifar10")]
)
def test_a_misspelt_name_gets_the_nearest(tmp_path, typed, meant):
    with pytest.raises(UnknownNameError, match=f"did you mean '{meant}'"):
        open_named(typed, [tmp_path])


def test_sets_of_pictures_with_one_label_are_listed_and_others_are_not():
    names = torchvision_names()
    assert {"STL10", "SVHN", "Flowers102", "EuroSAT", "EMNIST", "OxfordIIITPet", "KMNIST", "PCAM", "ImageNet"} <= set(
        names
    )
    others = "CelebA Cityscapes CocoDetection FakeData Flickr8k ImageFolder KittiFlow LFWPairs SBU UCF101 VOCDetection"
    assert not set(others.split()) & set(names)


def test_a_set_of_arrays_has_its_splits_and_class_names(tmp_path):
    images, labels = write_idx_set(tmp_path / "KMNIST" / "raw")
    source = open_named("kmnist", [tmp_path])
    assert isinstance(source, ArraySource)
    np.testing.assert_array_equal(source.images[:, 0], images)
    np.testing.assert_array_equal(source.labels, labels)
    assert source.splits.tolist() == ["train"] * 5 + ["test"] * 3
    assert source.class_names == tuple(torchvision.datasets.KMNIST.classes)
    assert source.messages == ()


def test_a_split_whose_files_are_missing_is_said(tmp_path):
    write_sentiments(tmp_path)
    shutil.rmtree(tmp_path / "rendered-sst2" / "valid")
    source = open_named("RenderedSST2", [tmp_path])
    assert {item.split for item in source.items()} == {"train", "test"}
    assert source.messages()[0].startswith("The valid split of RenderedSST2 is not here (")


def test_a_set_that_wants_a_variant_gets_one_and_says_which(tmp_path):
    write_letters(tmp_path / "EMNIST" / "raw")
    source = open_named("EMNIST", [tmp_path])
    assert set(source.splits) == {"train", "test"}
    assert source.messages == ("Of the variants of EMNIST, the one with split=balanced is used.",)


def test_a_set_of_files_gives_the_files_themselves(tmp_path):
    write_sentiments(tmp_path)
    source = open_named("RenderedSST2", [tmp_path])
    assert source.class_names == ("negative", "positive")
    assert [(item.split, item.label) for item in source.items()] == [
        (split, label) for split in ("train", "valid", "test") for label in ("negative", "positive")
    ]
    last = source.items()[-1]
    assert source.read(last, limit=10**6) == (tmp_path / last.id).read_bytes()


def test_a_set_in_a_folder_of_its_name_is_found(tmp_path):
    write_sentiments(tmp_path / "RenderedSST2")
    assert len(open_named("RenderedSST2", [tmp_path / "nowhere", tmp_path]).items()) == 6


def test_a_set_without_splits_gives_none(tmp_path):
    for name in ("Forest", "River"):
        (tmp_path / "eurosat" / "2750" / name).mkdir(parents=True)
        Image.new("RGB", (4, 4)).save(tmp_path / "eurosat" / "2750" / name / "a.jpg")
    source = open_named("EuroSAT", [tmp_path])
    assert {item.split for item in source.items()} == {""}
    assert source.class_names == ("Forest", "River")


@pytest.mark.parametrize("name", ["SVHN", "SEMEION", "Flowers102", "PCAM", "INaturalist"])
def test_no_network_says_so_within_two_seconds_and_leaves_no_litter(tmp_path, name):
    (tmp_path / "cache").mkdir()
    torchvision_names()  # importing torchvision takes longer than all the rest
    start = time.monotonic()
    with pytest.raises(DownloadError, match=f"{name} is not on this machine and cannot be downloaded") as caught:
        open_named(name, [tmp_path, tmp_path / "cache"])
    assert time.monotonic() - start < 2
    assert str(tmp_path / "cache") in str(caught.value)
    assert [path.name for path in tmp_path.rglob("*")] == ["cache"]


def test_a_set_that_torchvision_cannot_download_says_so(tmp_path):
    with pytest.raises(DownloadError, match="torchvision has no download for it"):
        open_named("FER2013", [tmp_path])


def test_a_download_goes_to_the_last_place(tmp_path, monkeypatch):
    monkeypatch.setattr(torchvision_sets, "reachable", lambda urls: frozenset())
    monkeypatch.setattr(
        torchvision.datasets.KMNIST,
        "download",
        lambda self: write_idx_set(tmp_path / "cache" / "KMNIST" / "raw") if not self._check_exists() else None,
    )
    source = open_named("KMNIST", [tmp_path, tmp_path / "cache"])
    assert len(source.images) == 8


def test_a_download_that_fails_is_one_sentence(tmp_path, monkeypatch):
    def fail(self):
        raise RuntimeError("File not found or corrupted.\nSecond line")

    monkeypatch.setattr(torchvision_sets, "reachable", lambda urls: frozenset())
    monkeypatch.setattr(torchvision.datasets.KMNIST, "download", fail)
    with pytest.raises(DownloadError, match=r"cannot be downloaded \(File not found or corrupted\)"):
        open_named("KMNIST", [tmp_path / "cache"])


def test_a_download_that_leaves_nothing_readable_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(torchvision_sets, "reachable", lambda urls: frozenset())
    monkeypatch.setattr(torchvision_sets, "_download", lambda *_: None)
    with pytest.raises(DataError, match="torchvision cannot read it"):
        open_named("KMNIST", [tmp_path / "cache"])


@pytest.mark.parametrize("name", torchvision_names())
def test_every_set_has_an_address_to_ask(name):
    urls = torchvision_sets._urls(getattr(torchvision.datasets, name))
    assert urls
    assert all(url.startswith("http") for url in urls)


@pytest.mark.data
@pytest.mark.skipif("LINNET_DATA" not in os.environ, reason="LINNET_DATA is not set")
def test_fashion_mnist_by_torchvisions_name_is_our_own(monkeypatch):
    from linnet.datasets.named.places import places

    assert open_named("FashionMNIST", places()).name == "fashion-mnist"
