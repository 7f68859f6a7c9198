import errno
import hashlib
import io
import subprocess
import sys
import time

import numpy as np
import pytest

from linnet.datasets.packing import decoding as module
from linnet.datasets.packing.decoding import Job, Outcome, receive, send, to_bytes, work, write_rows
from linnet.datasets.sources.reading import FolderReader
from linnet.errors import UnreadableImageError
from linnet.images import Geometry, decode, read
from pictures import picture, write_tree

SQUARE = Geometry(channels=3, height=8, width=8)


def job(folder, *ids, geometry=SQUARE, exact=False, first_row=0):
    path = folder / "pixels.bin"
    if not path.exists():
        path.write_bytes(b"")
    return Job(ids=ids, first_row=first_row, geometry=geometry, exact=exact, path=path)


def stored(folder, geometry=SQUARE):
    return np.fromfile(folder / "pixels.bin", dtype=np.uint8).reshape(-1, *geometry.shape)


def test_pictures_are_hashed_decoded_and_stored(tmp_path):
    files = {"a.png": picture(0), "b.png": picture(1)}
    outcomes = work(job(write_tree(tmp_path, files), *files), FolderReader(tmp_path))
    assert outcomes == [Outcome(hashlib.sha256(data).digest(), decode(data).facts, True) for data in files.values()]
    np.testing.assert_array_equal(stored(tmp_path), [read(data, SQUARE) for data in files.values()])


def test_rows_go_to_their_place(tmp_path):
    write_tree(tmp_path, {"a.png": picture(0)})
    work(job(tmp_path, "a.png", first_row=2), FolderReader(tmp_path))
    assert not stored(tmp_path)[:2].any()
    np.testing.assert_array_equal(stored(tmp_path)[2], read(picture(0), SQUARE))


def test_a_bad_file_leaves_a_gap_and_a_reason(tmp_path):
    write_tree(tmp_path, {"a.png": picture(0), "b.png": picture(1)[:70], "c.png": picture(2)})
    outcomes = work(job(tmp_path, "a.png", "b.png", "gone.png", "c.png"), FolderReader(tmp_path))
    assert [outcome.status for outcome in outcomes] == ["used", "unreadable", "unreadable", "used"]
    assert [outcome.stored for outcome in outcomes] == [True, False, False, True]
    assert outcomes[1].content_hash == hashlib.sha256(picture(1)[:70]).digest()
    assert outcomes[2].content_hash == b""
    np.testing.assert_array_equal(stored(tmp_path)[3], read(picture(2), SQUARE))


def test_what_may_be_read_another_time_has_no_content_hash(tmp_path, monkeypatch):
    write_tree(tmp_path, {"a.png": picture(0), "b.png": picture(1)})

    class Failing(FolderReader):
        def read(self, file_id, *, limit):
            if file_id == "b.png":
                raise UnreadableImageError("the disk failed", lasting=False)
            return super().read(file_id, limit=limit)

    first, second = work(job(tmp_path, "a.png", "b.png"), Failing(tmp_path))
    assert (first.stored, first.lasting) == (True, True)
    assert second == Outcome(b"", None, False, "unreadable", "the disk failed", lasting=False)

    def exhausted(*_, **__):
        raise UnreadableImageError("it needs more memory than there is", status="too large", lasting=False)

    monkeypatch.setattr(module, "inspect", exhausted)
    (outcome,) = work(job(tmp_path, "a.png"), FolderReader(tmp_path))
    assert (outcome.content_hash, outcome.status, outcome.lasting) == (b"", "too large", False)


def test_headers_alone_store_nothing(tmp_path):
    write_tree(tmp_path, {"a.png": picture(0)})
    (outcome,) = work(job(tmp_path, "a.png", geometry=None), FolderReader(tmp_path))
    assert outcome.facts is not None
    assert not outcome.stored
    assert (tmp_path / "pixels.bin").read_bytes() == b""


def test_exact_jobs_store_only_what_needs_no_change(tmp_path):
    files = {"fits.png": picture(0), "gray.png": picture(1, channels=1), "large.png": picture(2, height=9)}
    outcomes = work(job(write_tree(tmp_path, files), *files, exact=True), FolderReader(tmp_path))
    assert [outcome.stored for outcome in outcomes] == [True, True, False]
    assert all(outcome.facts for outcome in outcomes)


def test_exact_jobs_lose_no_color(tmp_path):
    write_tree(tmp_path, {"color.png": picture(0)})
    gray = Geometry(channels=1, height=8, width=8)
    (outcome,) = work(job(tmp_path, "color.png", geometry=gray, exact=True), FolderReader(tmp_path))
    assert not outcome.stored


def test_text_is_ignored_but_not_if_it_calls_itself_a_picture(tmp_path):
    write_tree(tmp_path, {"notes.txt": b"hello", "x.jpg": b"hello"})
    outcomes = work(job(tmp_path, "notes.txt", "x.jpg"), FolderReader(tmp_path))
    assert [(o.status, o.reason) for o in outcomes] == [
        ("ignored", "not a picture but text"),
        ("unreadable", "not a picture but text, whatever its name says"),
    ]


def test_equal_facts_travel_once(tmp_path):
    files = {f"{i}.png": picture(i) for i in range(5)}
    outcomes = work(job(write_tree(tmp_path, files), *files), FolderReader(tmp_path))
    assert len({id(outcome.facts) for outcome in outcomes}) == 1


def test_a_full_disk_is_an_error(tmp_path, monkeypatch):
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pathlib.Path.open", lambda *_, **__: Full())
    with pytest.raises(OSError, match="No space left"):
        write_rows(tmp_path / "x", 0, np.zeros((1, 3, 8, 8), dtype=np.uint8))


def test_rows_are_written_whole_even_in_small_steps(tmp_path, monkeypatch):
    class Slow(io.BytesIO):
        def write(self, data):
            return super().write(data[:7])

    file = Slow()
    file.close = lambda: None
    monkeypatch.setattr("pathlib.Path.open", lambda *_, **__: file)
    rows = np.arange(100, dtype=np.uint8).reshape(1, 1, 10, 10)
    write_rows(tmp_path / "x", 0, rows)
    assert file.getvalue() == rows.tobytes()


def test_messages_pass_through_a_pipe_whole():
    pipe = io.BytesIO()
    send(pipe, to_bytes({"a": [1, 2]}))
    send(pipe, to_bytes("b"))
    pipe.seek(0)
    assert [receive(pipe), receive(pipe), receive(pipe)] == [{"a": [1, 2]}, "b", None]


def test_half_a_message_counts_as_the_end():
    pipe = io.BytesIO()
    send(pipe, to_bytes("hello"))
    assert receive(io.BytesIO(pipe.getvalue()[:-1])) is None


def test_a_worker_starts_without_heavy_libraries():
    code = "import sys, linnet.datasets.packing.decoding; sys.exit(bool({'torch', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_worker_ends_with_its_input():
    code = "from linnet.datasets.packing.decoding import serve; serve()"
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, timeout=30, check=False)
    assert (done.returncode, receive(io.BytesIO(done.stdout))) == (0, "ready")
    assert time.monotonic() - start < 30
