import bz2
import errno
import gzip
import lzma
import pickle
import subprocess
import sys
import zipfile

import pytest

from linnet.datasets.sources.reading import FolderReader, TarMember, TarReader, ZipMember, ZipReader, open_stream
from linnet.errors import UnreadableImageError

DATA = b"some bytes, " * 100


def zip_reader(path, packed, data=DATA, **changes):
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr("first", b"something before")
        archive.writestr("x", data)
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("x")
    member = ZipMember(info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC)
    return ZipReader(path, {"x": member._replace(**changes)})


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_usual_compression_of_a_zip_is_read(tmp_path, method):
    assert zip_reader(tmp_path / "a.zip", method).read("x", limit=10**6) == DATA


def test_a_zip_behind_other_bytes_is_read(tmp_path):
    from linnet.datasets.sources.archive import ArchiveSource

    zip_reader(tmp_path / "a.zip", zipfile.ZIP_DEFLATED)
    (tmp_path / "b.zip").write_bytes(b"#!/bin/sh\n" * 100 + (tmp_path / "a.zip").read_bytes())
    assert ArchiveSource(tmp_path / "b.zip").reader().read("x", limit=10**6) == DATA


def test_a_member_larger_than_allowed_is_not_unpacked(tmp_path):
    with pytest.raises(UnreadableImageError, match="more than 100") as caught:
        zip_reader(tmp_path / "a.zip", zipfile.ZIP_DEFLATED).read("x", limit=100)
    assert caught.value.status == "too large"


def test_a_member_that_lies_about_its_size_does_not_unfold(tmp_path):
    reader = zip_reader(tmp_path / "a.zip", zipfile.ZIP_DEFLATED, bytes(10**7), size=1000)
    with pytest.raises(UnreadableImageError, match="checksum"):
        reader.read("x", limit=10**6)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"crc": 1}, "its checksum is another"),
        ({"offset": 5}, "no member where one should be"),
        ({"offset": 10**7}, "no member where one should be"),
    ],
)
def test_a_damaged_directory_is_noticed(tmp_path, changes, reason):
    reader = zip_reader(tmp_path / "a.zip", zipfile.ZIP_DEFLATED, **changes)
    with pytest.raises(UnreadableImageError, match=reason):
        reader.read("x", limit=10**6)


def test_an_unknown_compression_is_said(tmp_path):
    reader = zip_reader(tmp_path / "a.zip", zipfile.ZIP_DEFLATED, method=99)
    data = bytearray((tmp_path / "a.zip").read_bytes())
    directory = data.rindex(b"PK\x01\x02")
    data[directory + 10] = data[reader.members["x"].offset + 8] = 99
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(UnreadableImageError, match="packed in a way that cannot be read"):
        reader.read("x", limit=10**6)


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_disk_that_fails_is_not_the_archives_fault(tmp_path, monkeypatch, kind):
    def fail(*_, **__):
        raise OSError(errno.EIO, "Input/output error")

    zipped = zip_reader(tmp_path / "a.zip", zipfile.ZIP_STORED)
    reader = zipped if kind == "zip" else TarReader(tmp_path / "a.zip", "", {"x": TarMember(0, 5)})
    monkeypatch.setattr("pathlib.Path.open", fail)
    with pytest.raises(UnreadableImageError, match=r"its archive cannot be read: .*Input/output error") as caught:
        reader.read("x", limit=10**6)
    assert not caught.value.lasting


def test_an_archive_that_has_gone_says_so(tmp_path):
    reader = zip_reader(tmp_path / "a.zip", zipfile.ZIP_STORED)
    (tmp_path / "a.zip").unlink()
    with pytest.raises(UnreadableImageError, match="damaged in its archive"):
        reader.read("x", limit=10**6)


@pytest.mark.parametrize(
    ("compression", "pack"), [("", bytes), ("gz", gzip.compress), ("bz2", bz2.compress), ("xz", lzma.compress)]
)
def test_streams_are_read_forwards_and_backwards(tmp_path, compression, pack):
    (tmp_path / "a").write_bytes(pack(bytes(range(256)) * 4))
    reader = TarReader(tmp_path / "a", compression, {"one": TarMember(10, 5), "two": TarMember(600, 3)})
    assert reader.read("two", limit=10) == bytes([88, 89, 90])
    assert reader.read("one", limit=10) == bytes([10, 11, 12, 13, 14])
    with open_stream(tmp_path / "a", compression) as stream:
        assert stream.read(3) == bytes([0, 1, 2])


def test_a_stream_that_ends_too_early_is_noticed(tmp_path):
    (tmp_path / "a").write_bytes(b"123")
    with pytest.raises(UnreadableImageError, match="ends too early"):
        TarReader(tmp_path / "a", "", {"x": TarMember(1, 5)}).read("x", limit=10)


def test_readers_leave_open_files_behind_when_they_are_sent(tmp_path):
    reader = zip_reader(tmp_path / "a.zip", zipfile.ZIP_STORED)
    reader.read("x", limit=10**6)
    assert pickle.loads(pickle.dumps(reader)).read("x", limit=10**6) == DATA  # noqa: S301


def test_a_folder_reader_knows_files_by_other_names(tmp_path):
    (tmp_path / "real").write_bytes(DATA)
    assert FolderReader(tmp_path, {"id": "real"}).read("id", limit=10**6) == DATA


def test_reading_and_decoding_import_no_torch():
    modules = "linnet.datasets.packing.decoding, linnet.datasets.sources.reading"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
