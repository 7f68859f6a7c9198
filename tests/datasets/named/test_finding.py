import zipfile

import pytest

from linnet.datasets.named.finding import class_folders, is_called, with_name
from linnet.datasets.sources.archive import ArchiveSource
from linnet.datasets.sources.folder import FolderSource
from linnet.errors import DataError
from named_files import write_class_folders

CLASSES = ("bird", "airplane")


@pytest.mark.parametrize("name", ["cifar10", "CIFAR-10", "Cifar_10"])
def test_spelling_of_the_name_does_not_matter(tmp_path, name):
    assert is_called(tmp_path / name, "cifar10")
    assert not is_called(tmp_path / (name + "0"), "cifar10")


def test_folders_and_archives_of_a_name_are_listed(tmp_path):
    (tmp_path / "CIFAR10").mkdir()
    for name in ("cifar-10.zip", "cifar10.tar.gz", "cifar100.zip", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    assert [path.name for path in with_name(tmp_path, "cifar10")] == ["CIFAR10", "cifar-10.zip", "cifar10.tar.gz"]


def test_a_place_that_is_not_there_has_nothing(tmp_path):
    assert with_name(tmp_path / "nowhere", "cifar10") == []
    assert class_folders(tmp_path / "nowhere", "cifar10", CLASSES) is None


def test_class_folders_keep_the_published_order(tmp_path):
    write_class_folders(tmp_path / "cifar10", ("airplane", "bird"))
    source = class_folders(tmp_path, "cifar10", CLASSES)
    assert isinstance(source, FolderSource)
    assert (source.name, source.class_names) == ("cifar10", CLASSES)


def test_class_folders_without_splits_are_found_too(tmp_path):
    write_class_folders(tmp_path / "made", CLASSES)
    (tmp_path / "made" / "train").rename(tmp_path / "cifar10")
    assert isinstance(class_folders(tmp_path, "cifar10", CLASSES), FolderSource)


def test_an_archive_of_class_folders_is_opened(tmp_path):
    write_class_folders(tmp_path / "made", CLASSES)
    with zipfile.ZipFile(tmp_path / "cifar10.zip", "w") as archive:
        for path in sorted((tmp_path / "made").rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path / "made").as_posix())
    source = class_folders(tmp_path, "cifar10", CLASSES)
    assert isinstance(source, ArchiveSource)
    assert source.class_names == CLASSES
    assert {item.split for item in source.items()} == {"train", "test"}


def test_the_place_itself_may_be_the_set(tmp_path):
    write_class_folders(tmp_path / "cifar10", CLASSES)
    assert class_folders(tmp_path / "cifar10", "cifar10", CLASSES) is not None


def test_a_folder_of_that_name_with_something_else_in_it_is_passed_over(tmp_path):
    (tmp_path / "cifar10" / "notes").mkdir(parents=True)
    assert class_folders(tmp_path, "cifar10", CLASSES) is None


def test_foreign_classes_beside_the_published_ones_are_refused(tmp_path):
    write_class_folders(tmp_path / "cifar10", (*CLASSES, "unicorn"))
    with pytest.raises(DataError, match="unicorn"):
        _ = class_folders(tmp_path, "cifar10", CLASSES).class_names
