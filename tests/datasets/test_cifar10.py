import os
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets

from linnet import catalog
from linnet.datasets.cifar10 import ARCHIVE, Cifar10
from named_files import write_cifar


def test_cifar10_is_found_by_name():
    assert catalog.find("datasets", "cifar10") is Cifar10


def test_the_archive_is_that_of_torchvision():
    theirs = torchvision.datasets.CIFAR10
    assert (ARCHIVE.name, ARCHIVE.urls, ARCHIVE.md5) == (theirs.filename, (theirs.url,), theirs.tgz_md5)


def test_classes_stand_in_published_order():
    assert " ".join(Cifar10.class_names) == "airplane automobile bird cat deer dog frog horse ship truck"


def test_torchvisions_files_are_read(tmp_path, monkeypatch):
    images, _ = write_cifar(tmp_path, monkeypatch)
    np.testing.assert_array_equal(Cifar10().open([tmp_path]).images, images)


@pytest.mark.data
@pytest.mark.skipif("LINNET_DATA" not in os.environ, reason="LINNET_DATA is not set")
def test_the_whole_set_is_found():
    source = Cifar10().open([Path(place) for place in os.environ["LINNET_DATA"].split(os.pathsep)])
    assert source.class_names == Cifar10.class_names
    splits = source.splits.tolist() if hasattr(source, "splits") else [item.split for item in source.items()]
    assert (splits.count("train"), splits.count("test")) == (50_000, 10_000)
