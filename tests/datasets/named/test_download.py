import hashlib
import socket
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from linnet.datasets.named import download
from linnet.datasets.named.download import RemoteFile, fetch, reachable
from linnet.errors import DataError, DownloadError

CONTENT = bytes(range(256)) * 4000


class Pages(BaseHTTPRequestHandler):
    """Serve CONTENT, half of it under /half, and nothing under /none."""

    def do_GET(self):
        if self.path == "/none":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/half" else CONTENT)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


@pytest.fixture
def no_network(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")

    def refuse(*_, **__):
        raise OSError("Name or service not known")

    monkeypatch.setattr(socket, "create_connection", refuse)


class Heard:
    """A progress that remembers."""

    def __init__(self):
        self.tasks = []

    @contextmanager
    def task(self, text, total=None):
        self.tasks.append([text, total, 0])
        yield self

    def advance(self, n=1, note=""):
        self.tasks[-1][2] += n


def remote(*urls, md5=None):
    return RemoteFile(name="set.bin", urls=urls, md5=md5 or hashlib.md5(CONTENT).hexdigest())


def test_a_file_arrives_whole_with_progress_in_bytes(tmp_path, server):
    heard = Heard()
    fetch([remote(f"{server}/all")], tmp_path / "new", title="toy", progress=heard)
    assert (tmp_path / "new" / "set.bin").read_bytes() == CONTENT
    assert heard.tasks == [["Downloading set.bin", len(CONTENT), len(CONTENT)]]


def test_the_next_mirror_is_asked_when_one_fails(tmp_path, server):
    fetch([remote(f"{server}/none", f"{server}/half", f"{server}/all")], tmp_path, title="toy")
    assert (tmp_path / "set.bin").read_bytes() == CONTENT


@pytest.mark.parametrize(("page", "words"), [("none", "404"), ("half", "checksum|broken off")])
def test_a_failed_download_leaves_nothing_and_says_where_files_go(tmp_path, server, page, words):
    with pytest.raises(DownloadError, match=words) as caught:
        fetch([remote(f"{server}/{page}")], tmp_path, title="toy")
    assert f"put set.bin into {tmp_path}" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_with_another_checksum_is_refused(tmp_path, server):
    with pytest.raises(DownloadError, match="checksum should be 0000"):
        fetch([remote(f"{server}/all", md5="0000")], tmp_path, title="toy")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_already_is_not_fetched_again(tmp_path, no_network):
    (tmp_path / "set.bin").write_bytes(b"old")
    fetch([remote("http://example.invalid/x")], tmp_path, title="toy")
    assert (tmp_path / "set.bin").read_bytes() == b"old"


def test_no_network_is_one_sentence_that_says_where_to_put_the_files(tmp_path, no_network):
    with pytest.raises(DownloadError, match="toy is not on this machine") as caught:
        fetch([remote("http://example.invalid/x")], tmp_path / "toy", title="toy")
    message = str(caught.value)
    assert "no connection to example.invalid: Name or service not known" in message
    assert "set LINNET_DATA" in message
    assert "\n" not in message
    assert not (tmp_path / "toy").exists()


def test_a_name_server_that_does_not_answer_costs_less_than_two_seconds(tmp_path, monkeypatch):
    released = threading.Event()

    def hang(*_, **__):
        released.wait(20)
        raise OSError("too late")

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(socket, "create_connection", hang)
    start = time.monotonic()
    with pytest.raises(DownloadError, match=r"no answer within 1\.5 seconds"):
        fetch([remote("http://one.invalid/x", "https://two.invalid/x")], tmp_path, title="toy")
    assert time.monotonic() - start < 2
    released.set()


def test_the_first_host_that_answers_is_enough(monkeypatch):
    released = threading.Event()

    def connect(target, timeout):
        if target[0] != "fast.invalid":
            released.wait(20)
        return socket.socket()

    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(socket, "create_connection", connect)
    start = time.monotonic()
    assert reachable(["http://slow.invalid/a", "https://fast.invalid/b"]) == {("fast.invalid", 443)}
    assert time.monotonic() - start < 1
    released.set()


def test_behind_a_proxy_the_proxy_is_asked(monkeypatch):
    asked = []

    def connect(target, timeout):
        asked.append(target)
        return socket.socket()

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "http://proxy.invalid:8080"})
    monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: False)
    reachable(["https://far.invalid/x"])
    assert asked == [("proxy.invalid", 8080)]


def test_a_folder_that_cannot_be_written_is_named(tmp_path, server):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot be stored in .*set LINNET_CACHE") as caught:
        fetch([remote(f"{server}/all")], tmp_path / "file" / "toy", title="toy")
    assert not isinstance(caught.value, DownloadError)


def test_a_full_disk_leaves_nothing_behind(tmp_path, server, monkeypatch):
    def full(response):
        yield b"some"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_chunks", full)
    with pytest.raises(DataError, match="No space left on device"):
        fetch([remote(f"{server}/all")], tmp_path, title="toy")
    assert list(tmp_path.iterdir()) == []
