import numpy as np
import torchvision.datasets

from linnet import catalog
from linnet.datasets.cifar100 import ARCHIVE, Cifar100
from named_files import write_cifar


def test_cifar100_is_found_by_name():
    assert catalog.find("datasets", "cifar100") is Cifar100


def test_the_archive_is_that_of_torchvision():
    theirs = torchvision.datasets.CIFAR100
    assert (ARCHIVE.name, ARCHIVE.urls, ARCHIVE.md5) == (theirs.filename, (theirs.url,), theirs.tgz_md5)


def test_a_hundred_classes_stand_in_published_order_which_is_that_of_the_alphabet():
    assert len(set(Cifar100.class_names)) == 100
    assert list(Cifar100.class_names) == sorted(Cifar100.class_names)


def test_the_fine_labels_are_read(tmp_path, monkeypatch):
    images, labels = write_cifar(tmp_path, monkeypatch, class_name="CIFAR100")
    source = Cifar100().open([tmp_path])
    np.testing.assert_array_equal(source.images, images)
    np.testing.assert_array_equal(source.labels, labels)
