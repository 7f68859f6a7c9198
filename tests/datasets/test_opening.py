import os
import re
import zipfile

import pytest
from PIL import Image

from linnet.datasets.base import ArraySource
from linnet.datasets.opening import absolute, open_source, split_classes
from linnet.datasets.sources.archive import ArchiveSource
from linnet.datasets.sources.folder import FolderSource
from linnet.datasets.sources.table import TableSource
from linnet.errors import DataError
from linnet.records.experiment import DataSpec


@pytest.fixture
def folder(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        Image.new("L", (4, 4)).save(tmp_path / "pets" / name / "a.png")
    return tmp_path / "pets"


def opened(text):
    return open_source(DataSpec(source=str(text)))


def test_classes_in_brackets_are_taken_off():
    assert split_classes("cifar10[bird,airplane]") == ("cifar10", ("bird", "airplane"))
    assert split_classes("digits") == ("digits", ())


def test_a_path_that_has_brackets_in_its_name_wins(tmp_path):
    (tmp_path / "x[a,b]").mkdir()
    assert split_classes(str(tmp_path / "x[a,b]")) == (str(tmp_path / "x[a,b]"), ())


@pytest.mark.parametrize("text", ["digits[]", "digits[1]", "digits[1,1]"])
def test_fewer_than_two_different_classes_are_refused(text):
    with pytest.raises(DataError, match="at least two different classes"):
        split_classes(text)


def test_a_folder_an_archive_and_a_table_are_told_apart(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.write(folder / "cat" / "a.png", "cat/a.png")
    (tmp_path / "pets.csv").write_text("path,label\npets/cat/a.png,cat\n", encoding="utf-8")
    assert isinstance(opened(folder)[0], FolderSource)
    assert isinstance(opened(tmp_path / "pets.zip")[0], ArchiveSource)
    assert isinstance(opened(tmp_path / "pets.csv")[0], TableSource)


def test_an_archive_is_known_by_its_content(folder, tmp_path):
    with zipfile.ZipFile(tmp_path / "pets.data", "w") as archive:
        archive.write(folder / "cat" / "a.png", "cat/a.png")
    assert isinstance(opened(tmp_path / "pets.data")[0], ArchiveSource)


def test_a_name_is_a_named_set_with_its_classes():
    source, names = opened("digits[3,8]")
    assert isinstance(source, ArraySource)
    assert names == ("3", "8")


def test_a_folder_of_that_name_comes_before_the_named_set(folder, tmp_path, monkeypatch):
    folder.rename(tmp_path / "digits")
    monkeypatch.chdir(tmp_path)
    assert isinstance(opened("digits")[0], FolderSource)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no/such/folder", "There is no file or folder no/such/folder"),
        ("pictures.zip", "There is no file or folder pictures.zip"),
        ("digist", "did you mean 'digits'"),
    ],
)
def test_what_is_not_there_is_said(text, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=said):
        opened(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("./pest", "did you mean pets\\?"),
        ("Pet/", "did you mean pets\\?"),
        ("pest/cat", "did you mean pets/cat\\?"),
        ("pets/cta", "did you mean pets/cat\\?"),
        ("pet.zip", "did you mean pets.zip\\?"),
        ("pest", "did you mean 'pets'\\?"),
    ],
)
def test_a_path_with_a_typing_error_gets_a_guess(text, meant, folder, monkeypatch):
    (folder.parent / "pets.zip").touch()
    monkeypatch.chdir(folder.parent)
    with pytest.raises(DataError, match=meant.replace("/", re.escape(os.sep))):
        opened(text)


def test_what_resembles_nothing_gets_no_guess(folder, monkeypatch):
    (folder.parent / ".hidden").mkdir()
    (folder.parent / "hiding.png").touch()
    monkeypatch.chdir(folder.parent)
    for text in ("no/such/folder", "./hidden", "hiding/", "pest/bird"):
        with pytest.raises(DataError, match="There is no file or folder") as error:
            opened(text)
        assert "did you mean" not in str(error.value)


def test_a_single_picture_is_no_data_set(folder):
    with pytest.raises(DataError, match="single file"):
        opened(folder / "cat" / "a.png")


def test_paths_become_absolute_and_names_stay(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert absolute("pets") == str(folder.resolve())
    assert absolute("pets[cat,dog]") == f"{folder.resolve()}[cat,dog]"
    assert absolute("mnist") == "mnist"
