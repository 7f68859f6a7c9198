import os
import pickle

import pytest

from linnet.datasets.sources.folder import FolderSource
from linnet.errors import DataError, UnreadableImageError
from pictures import picture, two_classes, write_tree


def reasons(source):
    return {item.id: item.reason for item in source.items() if item.reason}


def read(source, item_id):
    item = next(item for item in source.items() if item.id == item_id)
    return source.read(item, limit=10**6)


def test_files_are_listed_with_class_and_size_and_can_be_read(tmp_path):
    files = two_classes()
    source = FolderSource(write_tree(tmp_path, files))
    assert source.class_names == ("cats", "dogs")
    assert {item.id: item.size for item in source.items()} == {path: len(data) for path, data in files.items()}
    assert read(source, "dogs/1.png") == files["dogs/1.png"]
    assert source.name == str(tmp_path)


def test_a_source_reads_after_pickling(tmp_path):
    files = two_classes()
    source = FolderSource(write_tree(tmp_path, files))
    source.items()
    assert read(pickle.loads(pickle.dumps(source)), "cats/0.png") == files["cats/0.png"]  # noqa: S301


def test_links_to_files_are_followed(tmp_path):
    write_tree(tmp_path / "data", two_classes())
    (tmp_path / "elsewhere.png").write_bytes(picture(7))
    (tmp_path / "data" / "cats" / "linked.png").symlink_to(tmp_path / "elsewhere.png")
    assert read(FolderSource(tmp_path / "data"), "cats/linked.png") == picture(7)


def test_links_to_class_folders_are_followed(tmp_path):
    write_tree(tmp_path / "data", two_classes())
    write_tree(tmp_path / "birds", {"x.png": picture(7)})
    (tmp_path / "data" / "birds").symlink_to(tmp_path / "birds")
    source = FolderSource(tmp_path / "data")
    assert source.class_names == ("birds", "cats", "dogs")
    assert read(source, "birds/x.png") == picture(7)


def test_links_in_a_circle_end(tmp_path):
    write_tree(tmp_path, two_classes())
    (tmp_path / "cats" / "again").symlink_to(tmp_path)
    (tmp_path / "dogs" / "self").symlink_to(tmp_path / "dogs" / "self")
    found = reasons(FolderSource(tmp_path))
    assert found == {"cats/again": "a link to a folder that is listed already", "dogs/self": "a broken link"}


def test_broken_links_are_listed(tmp_path):
    write_tree(tmp_path, two_classes())
    (tmp_path / "cats" / "gone.png").symlink_to(tmp_path / "nowhere")
    assert reasons(FolderSource(tmp_path)) == {"cats/gone.png": "a broken link"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_pipes_are_listed_and_never_opened(tmp_path):
    write_tree(tmp_path, two_classes())
    os.mkfifo(tmp_path / "cats" / "x.jpg")
    assert reasons(FolderSource(tmp_path)) == {"cats/x.jpg": "not a regular file but a named pipe"}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="rights bind everybody but root, and on POSIX")
def test_a_folder_without_rights_is_listed(tmp_path):
    write_tree(tmp_path, two_classes())
    (tmp_path / "cats").chmod(0)
    try:
        assert "cannot be read" in reasons(FolderSource(tmp_path))["cats"]
    finally:
        (tmp_path / "cats").chmod(0o755)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere names are Unicode")
def test_names_that_are_no_utf_8_get_printable_ids(tmp_path):
    write_tree(tmp_path, two_classes())
    odd = os.fsdecode(b"caf\xe9.png")
    try:
        (tmp_path / "cats" / odd).write_bytes(picture(9))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    source = FolderSource(tmp_path)
    assert r"cats/caf\xe9.png" in [item.id for item in source.items()]
    assert read(source, r"cats/caf\xe9.png") == picture(9)


def test_a_file_that_has_gone_says_so(tmp_path):
    source = FolderSource(write_tree(tmp_path, two_classes()))
    item = source.items()[0]
    (tmp_path / item.id).unlink()
    with pytest.raises(UnreadableImageError, match="cannot be opened"):
        source.read(item, limit=10**6)


@pytest.mark.parametrize(("path", "said"), [("nowhere", "There is no folder"), ("file.png", "is not a folder")])
def test_what_is_no_folder_is_refused(tmp_path, path, said):
    (tmp_path / "file.png").write_bytes(b"")
    with pytest.raises(DataError, match=said):
        FolderSource(tmp_path / path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="is empty"):
        FolderSource(tmp_path).items()


def test_nested_folders_ask_or_are_decided(tmp_path):
    write_tree(tmp_path, {"cats/left/a.png": picture(0), "cats/right/b.png": picture(1), "dogs/c.png": picture(2)})
    with pytest.raises(DataError, match="cats/left, cats/right"):
        FolderSource(tmp_path).items()
    assert FolderSource(tmp_path, nested="join").class_names == ("cats", "dogs")
    assert FolderSource(tmp_path, nested="path").class_names == ("cats/left", "cats/right", "dogs")


def test_a_published_order_of_classes_is_kept(tmp_path):
    write_tree(tmp_path, two_classes())
    assert FolderSource(tmp_path, class_names=("dogs", "birds", "cats")).class_names == ("dogs", "birds", "cats")
    with pytest.raises(DataError, match="do not belong to the set: cats"):
        _ = FolderSource(tmp_path, class_names=("dogs",)).class_names


@pytest.fixture
def no_ctime(monkeypatch):
    """Nobody can set the time of a file's last change of any kind; pretend that time has passed instead."""
    monkeypatch.setattr("linnet.datasets.sources.files._FRESH_NANOSECONDS", 0)


@pytest.mark.usefixtures("no_ctime")
def test_the_fingerprint_stays_while_nothing_changes(tmp_path):
    write_tree(tmp_path, two_classes())
    assert FolderSource(tmp_path).fingerprint() == FolderSource(tmp_path).fingerprint()


def change_content(folder):
    path = folder / "cats" / "0.png"
    stat = path.stat()
    path.write_bytes(bytes(len(path.read_bytes())))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))  # same size, same time


@pytest.mark.usefixtures("no_ctime")
@pytest.mark.parametrize(
    "change",
    [
        change_content,
        lambda folder: (folder / "cats" / "new.png").write_bytes(b"1"),
        lambda folder: (folder / "cats" / "0.png").unlink(),
        lambda folder: (folder / "cats" / "0.png").rename(folder / "dogs" / "9.png"),
        lambda folder: (folder / "birds").mkdir(),
    ],
    ids=["content", "new", "gone", "moved", "new class"],
)
def test_the_fingerprint_changes_with_the_files(tmp_path, change):
    write_tree(tmp_path, two_classes())
    before = FolderSource(tmp_path).fingerprint()
    change(tmp_path)
    assert FolderSource(tmp_path).fingerprint() != before


@pytest.mark.usefixtures("no_ctime")
def test_the_fingerprint_knows_how_nested_folders_are_taken(tmp_path):
    write_tree(tmp_path, two_classes())
    assert FolderSource(tmp_path, nested="join").fingerprint() != FolderSource(tmp_path).fingerprint()


def test_the_fingerprint_of_fresh_files_never_comes_again(tmp_path):
    write_tree(tmp_path, two_classes())
    source = FolderSource(tmp_path)
    assert source.fingerprint() != source.fingerprint()
