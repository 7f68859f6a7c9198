import errno
import os
import socket

import pytest

from linnet.errors import UnreadableImageError
from linnet.images import may_pass, read_file


def test_a_regular_file_is_read_whole(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_file(tmp_path / "a", limit=5) == b"12345"


def test_a_link_to_a_regular_file_is_read(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert read_file(tmp_path / "b") == b"12345"


def test_more_bytes_than_allowed_are_too_large(tmp_path):
    (tmp_path / "a").write_bytes(b"123456")
    with pytest.raises(UnreadableImageError, match="6 bytes, more than 5") as caught:
        read_file(tmp_path / "a", limit=5)
    assert caught.value.status == "too large"


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(UnreadableImageError, match="cannot be opened: No such file"):
        read_file(tmp_path / "a")


@pytest.mark.parametrize(
    ("code", "lasting"),
    [(errno.ENOENT, True), (errno.ELOOP, True), (errno.EIO, False), (errno.ENOMEM, False), (errno.EMFILE, False)],
)
def test_what_may_pass_is_told_from_what_stays(tmp_path, monkeypatch, code, lasting):
    (tmp_path / "a").write_bytes(b"1")

    def fail(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("linnet.images.files.os.open", fail)
    with pytest.raises(UnreadableImageError, match="the file cannot be opened") as caught:
        read_file(tmp_path / "a")
    assert caught.value.lasting is lasting


@pytest.mark.skipif(os.name != "posix", reason="elsewhere a file that is held open says the same")
def test_a_file_that_may_not_be_read_stays_so_until_its_rights_change():
    assert not may_pass(PermissionError(errno.EACCES, "Permission denied"))
    assert not may_pass(ValueError("no error of the system"))
    assert not may_pass(OSError("said by a library, of the file's content"))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UnreadableImageError, match="not a regular file") as caught:
        read_file(tmp_path)
    assert caught.value.status == "ignored"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_pipe_does_not_wait_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(UnreadableImageError, match="not a regular file"):
        read_file(tmp_path / "pipe.png")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="sockets in folders are of POSIX")
def test_a_socket_is_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.jpg")
        with pytest.raises(UnreadableImageError, match="not a regular file"):
            read_file(tmp_path / "s.jpg")


@pytest.mark.skipif(os.name != "posix", reason="devices in folders are of POSIX")
def test_a_device_is_not_read():
    from pathlib import Path

    with pytest.raises(UnreadableImageError, match="not a regular file"):
        read_file(Path("/dev/zero"))
