import io
import os
import pickle
import stat
import tarfile
import zipfile

import pytest

from linnet.datasets.sources.archive import ArchiveSource, is_archive
from linnet.datasets.sources.folder import FolderSource
from linnet.errors import DataError, UnreadableImageError
from pictures import picture, two_classes, write_tree

KINDS = ["zip", "tar", "tar.gz", "tar.bz2", "tar.xz"]


def pack(path, files):
    """Write an archive of the kind that its name says; None is an empty folder."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name if data is not None else f"{name}/", data or b"")
        return path
    mode = "w:" + ("" if path.suffix == ".tar" else path.suffix[1:])
    with tarfile.open(path, mode) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data or b"")
            member.type = tarfile.REGTYPE if data is not None else tarfile.DIRTYPE
            archive.addfile(member, io.BytesIO(data or b""))
    return path


def contents(source):
    return {item.id: source.read(item, limit=10**6) for item in source.items() if not item.reason}


def reasons(source):
    return {item.id: item.reason for item in source.items() if item.reason}


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_is_read_like_the_folder_it_holds(tmp_path, kind):
    files = {f"{split}/{path}": data for split in ("train", "val") for path, data in two_classes().items()}
    files |= {"train/birds": None, "readme.txt": b"hello"}
    folder = FolderSource(write_tree(tmp_path / "data", files))
    source = ArchiveSource(pack(tmp_path / f"data.{kind}", files))
    assert source.class_names == folder.class_names == ("birds", "cats", "dogs")
    assert {(i.id, i.label, i.split, i.reason, i.size) for i in source.items()} == {
        (i.id, i.label, i.split, i.reason, i.size) for i in folder.items()
    }
    assert contents(source) == contents(folder)


@pytest.mark.parametrize("kind", KINDS)
def test_a_source_reads_after_pickling(tmp_path, kind):
    files = two_classes()
    source = ArchiveSource(pack(tmp_path / f"data.{kind}", files))
    contents(source)
    assert contents(pickle.loads(pickle.dumps(source))) == files  # noqa: S301


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_unpacked_to_disk(tmp_path, kind, monkeypatch):
    monkeypatch.chdir(tmp_path)
    contents(ArchiveSource(pack(tmp_path / f"data.{kind}", {**two_classes(), "../evil.png": b"1", "/abs/x.png": b"2"})))
    assert [path.name for path in tmp_path.iterdir()] == [f"data.{kind}"]


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_paths_that_lead_out_are_only_names(tmp_path, kind):
    found = reasons(ArchiveSource(pack(tmp_path / f"data.{kind}", {**two_classes(), "cats/../../evil.png": b"1"})))
    assert found == {"cats/../../evil.png": "its path leads out of the archive"}


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_absolute_paths_dots_and_backslashes_are_tidied(tmp_path, kind):
    files = {"/cats/a.png": picture(1), "./dogs/./b.png": picture(2), "dogs\\c.png": picture(3)}
    source = ArchiveSource(pack(tmp_path / f"data.{kind}", files))
    assert contents(source) == {"cats/a.png": picture(1), "dogs/b.png": picture(2), "dogs/c.png": picture(3)}


def test_a_compressed_tar_lists_as_it_lies(tmp_path):
    files = dict(reversed(two_classes().items()))
    source = ArchiveSource(pack(tmp_path / "data.tar.gz", files))
    assert [item.id for item in source.items()] == list(files)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_of_several_members_of_one_name_the_last_counts(tmp_path, kind):
    path = tmp_path / f"data.{kind}"
    pack(path, two_classes())
    if kind == "zip":
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("cats/0.png", picture(99))
    else:
        with tarfile.open(path, "a") as archive:
            member = tarfile.TarInfo("cats/0.png")
            member.size = len(picture(99))
            archive.addfile(member, io.BytesIO(picture(99)))
    source = ArchiveSource(path)
    assert contents(source)["cats/0.png"] == picture(99)
    assert reasons(source) == {"cats/0.png#1": "replaced by a later member of the same name"}


def test_links_in_archives_are_listed(tmp_path):
    with zipfile.ZipFile(pack(tmp_path / "a.zip", two_classes()), "a") as archive:
        info = zipfile.ZipInfo("cats/link.png")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    with tarfile.open(pack(tmp_path / "a.tar", two_classes()), "a") as archive:
        member = tarfile.TarInfo("cats/link.png")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(member)
    for name in ("a.zip", "a.tar"):
        assert reasons(ArchiveSource(tmp_path / name)) == {"cats/link.png": "a link inside an archive"}


def test_encrypted_members_are_listed(tmp_path):
    path = pack(tmp_path / "a.zip", two_classes())
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag of the first member in the directory
    path.write_bytes(data)
    (reason,) = reasons(ArchiveSource(path)).values()
    assert reason.startswith("encrypted")


def test_a_damaged_member_is_unreadable_and_the_others_are_not(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in two_classes().items():
            archive.writestr(name, data)
    data = bytearray(path.read_bytes())
    data[data.index(picture(0)) + 10] ^= 1
    path.write_bytes(data)
    source = ArchiveSource(path)
    first, *others = source.items()
    with pytest.raises(UnreadableImageError, match="damaged in its archive"):
        source.read(first, limit=10**6)
    assert all(source.read(item, limit=10**6) for item in others)


def test_a_truncated_tar_gives_what_came_before_and_says_so(tmp_path):
    path = pack(tmp_path / "a.tar.gz", {**two_classes(), "dogs/noise.png": os.urandom(300_000)})
    path.write_bytes(path.read_bytes()[:60_000])
    source = ArchiveSource(path)
    assert len(source.items()) == 7
    (said,) = source.messages()
    assert "is damaged behind its first 7 members" in said


@pytest.mark.parametrize(("name", "data"), [("a.zip", b"PK\x05\x06" + bytes(40)), ("a.tar.gz", b"\x1f\x8b rubbish")])
def test_a_damaged_archive_is_refused(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError, match=r"cannot be read|is empty"):
        ArchiveSource(tmp_path / name).items()


def test_a_missing_archive_is_refused(tmp_path):
    with pytest.raises(DataError, match="There is no archive"):
        ArchiveSource(tmp_path / "a.zip")


def test_archives_are_known_by_content(tmp_path):
    for kind in KINDS:
        path = pack(tmp_path / f"x.{kind}", two_classes())
        assert is_archive(path.rename(tmp_path / f"no_suffix_{kind}"))
    (tmp_path / "a.zip").write_bytes(picture(0))
    assert not is_archive(tmp_path / "a.zip")


def test_the_fingerprint_of_an_archive_needs_no_listing(tmp_path, monkeypatch):
    path = pack(tmp_path / "a.zip", two_classes())
    monkeypatch.setattr("linnet.datasets.sources.files._FRESH_NANOSECONDS", 0)
    before = ArchiveSource(path)
    seal = before.fingerprint()
    assert "_listing" not in vars(before)
    assert ArchiveSource(path).fingerprint() == seal
    pack(path, two_classes(4))
    assert ArchiveSource(path).fingerprint() != seal
