import os
from pathlib import Path

import numpy as np
import pytest
import torchvision.datasets

from linnet import catalog
from linnet.datasets.mnist import FILES, Mnist
from linnet.errors import DownloadError
from named_files import without_network, write_idx_set


def test_mnist_is_found_by_name():
    assert catalog.find("datasets", "mnist") is Mnist


def test_mirrors_and_checksums_are_those_of_torchvision():
    assert list(FILES.mirrors) == torchvision.datasets.MNIST.mirrors
    assert list(FILES.md5.items()) == torchvision.datasets.MNIST.resources


def test_torchvisions_own_folder_is_found(tmp_path):
    images, labels = write_idx_set(tmp_path / "MNIST" / "raw")
    source = Mnist().open([tmp_path])
    np.testing.assert_array_equal(source.images[:, 0], images)
    np.testing.assert_array_equal(source.labels, labels)
    assert source.class_names == tuple("0123456789")


def test_fashion_in_a_folder_beside_is_not_taken_for_mnist(tmp_path, monkeypatch):
    without_network(monkeypatch)
    write_idx_set(tmp_path / "fashion-mnist")
    with pytest.raises(DownloadError, match="mnist is not on this machine"):
        Mnist().open([tmp_path])


@pytest.mark.data
@pytest.mark.skipif("LINNET_DATA" not in os.environ, reason="LINNET_DATA is not set")
def test_the_published_mnist_is_whole():
    source = Mnist().open([Path(place) for place in os.environ["LINNET_DATA"].split(os.pathsep)])
    assert source.images.shape == (70_000, 1, 28, 28)
    assert np.bincount(source.labels[source.splits == "test"]).tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip
    assert source.labels[:5].tolist() == [5, 0, 4, 1, 9]
