import os
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets

from linnet import catalog
from linnet.datasets.fashion_mnist import FILES, FashionMnist
from named_files import write_idx_set


def test_fashion_mnist_is_found_with_hyphen_or_underscore():
    assert catalog.find("datasets", "fashion-mnist") is FashionMnist
    assert catalog.find("datasets", "fashion_mnist") is FashionMnist


def test_mirrors_checksums_and_classes_are_those_of_torchvision():
    theirs = torchvision.datasets.FashionMNIST
    assert list(FILES.mirrors) == theirs.mirrors
    assert list(FILES.md5.items()) == theirs.resources
    assert list(FashionMnist.class_names) == theirs.classes


@pytest.mark.parametrize("where", ["fashion-mnist", "FashionMNIST/raw"])
def test_a_systems_package_and_torchvisions_folder_are_found(tmp_path, where):
    images, _ = write_idx_set(tmp_path / where, suffix=".gz")
    np.testing.assert_array_equal(FashionMnist().open([tmp_path]).images[:, 0], images)


@pytest.mark.data
@pytest.mark.skipif("LINNET_DATA" not in os.environ, reason="LINNET_DATA is not set")
def test_the_published_fashion_mnist_is_whole():
    source = FashionMnist().open([Path(place) for place in os.environ["LINNET_DATA"].split(os.pathsep)])
    assert np.bincount(source.labels[source.splits == "train"]).tolist() == [6000] * 10
    assert np.bincount(source.labels[source.splits == "test"]).tolist() == [1000] * 10
    assert source.labels[:3].tolist() == [9, 0, 0]
