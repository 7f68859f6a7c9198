"""Fetching published files: is anything reachable, then stream, check and rename; nothing is unpacked here."""

import hashlib
import queue
import socket
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from linnet.errors import DataError, DownloadError
from linnet.progress import SILENT, Progress
from linnet.records.files import replacing

PATIENCE = 1.5
"""Seconds to find out whether there is a network at all: names, connections and all mirrors together."""
_SECONDS_WITHOUT_DATA = 30.0
_CHUNK = 1 << 18
_USER_AGENT = "linnet"


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A published file.

    Attributes:
        name: As it is called here.
        urls: Mirrors, the preferred one first.
        md5: Hexadecimal, as published.
    """

    name: str
    urls: tuple[str, ...]
    md5: str


def fetch(files: Sequence[RemoteFile], folder: Path, *, title: str, progress: Progress = SILENT) -> None:
    """Download files that are not there yet, each checked before it gets its name.

    Args:
        files: What to fetch.
        folder: Where to; made if need be.
        title: The data set's name, for messages.
        progress: Gets one task a file, in bytes.

    Raises:
        DownloadError: no connection within `PATIENCE`, or no mirror gave a file with the right checksum.
        DataError: the folder cannot be written.
    """
    missing = [file for file in files if not (folder / file.name).is_file()]
    if not missing:
        return
    urls = tuple(dict.fromkeys(url for file in missing for url in file.urls))
    try:
        hosts = reachable(urls)
        for file in missing:
            _fetch_one(file, folder / file.name, hosts, progress)
    except DownloadError as error:
        names = ", ".join(file.name for file in files)
        raise DownloadError(
            f"{title} is not on this machine and cannot be downloaded ({error}); put {names} into {folder}, "
            "or set LINNET_DATA to a folder that holds them."
        ) from None
    except OSError as error:
        raise DataError(
            f"{title} cannot be stored in {folder} ({error.strerror or error}); make room, "
            "or set LINNET_CACHE to another folder."
        ) from None


def reachable(urls: Sequence[str]) -> frozenset[tuple[str, int]]:
    """Find out which hosts of some addresses take connections; waits for the first that does, `PATIENCE` at most.

    Names are looked up in threads that are left behind: looking up a name cannot be interrupted, and takes many
    seconds where there is no network.

    Returns:
        (host, port) of those that answered first; proxies count as the hosts behind them.

    Raises:
        DownloadError: none did.
    """
    wanted = {_target(url) for url in urls}
    answers: queue.SimpleQueue[tuple[tuple[str, int], str]] = queue.SimpleQueue()
    for target in wanted:
        threading.Thread(target=_knock, args=(target, answers), daemon=True).start()
    deadline = time.monotonic() + PATIENCE
    reasons = []
    for _ in wanted:
        try:
            target, reason = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            reasons.append(f"no answer within {PATIENCE:g} seconds")
            break
        if not reason:
            return frozenset({target})
        reasons.append(reason)
    hosts = ", ".join(sorted({host for host, _ in wanted}))
    raise DownloadError(f"no connection to {hosts}: {'; '.join(dict.fromkeys(reasons))}")


def _target(url: str) -> tuple[str, int]:
    """Return the host and port to connect to for an address: its own, or its proxy's."""
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _knock(target: tuple[str, int], answers: "queue.SimpleQueue[tuple[tuple[str, int], str]]") -> None:
    try:
        socket.create_connection(target, timeout=PATIENCE).close()
    except (OSError, UnicodeError) as error:  # a host name that is none raises UnicodeError
        answers.put((target, str(error)))
    else:
        answers.put((target, ""))


def _fetch_one(file: RemoteFile, path: Path, hosts: frozenset[tuple[str, int]], progress: Progress) -> None:
    reasons = []
    for url in sorted(file.urls, key=lambda url: _target(url) not in hosts):
        try:
            with _open(url) as response:
                _store(response, path, file, progress)
        except DownloadError as error:
            reasons.append(f"{url}: {error}")
        else:
            return
    raise DownloadError("; ".join(reasons))


def _open(url: str) -> HTTPResponse:
    request = urllib.request.Request(url, headers={"User-Agent": _USER_AGENT})
    try:
        response: HTTPResponse = urllib.request.urlopen(request, timeout=_SECONDS_WITHOUT_DATA)
    except (OSError, HTTPException) as error:
        raise DownloadError(str(error)) from None
    return response


def _store(response: HTTPResponse, path: Path, file: RemoteFile, progress: Progress) -> None:
    checksum = hashlib.md5(usedforsecurity=False)
    with progress.task(f"Downloading {file.name}", response.length) as task, replacing(path) as out:
        for chunk in _chunks(response):
            out.write(chunk)
            checksum.update(chunk)
            task.advance(len(chunk))
        if checksum.hexdigest() != file.md5:
            raise DownloadError(f"its checksum should be {file.md5} and is {checksum.hexdigest()}")


def _chunks(response: HTTPResponse) -> Iterator[bytes]:
    while True:
        try:
            chunk = response.read(_CHUNK)
        except (OSError, HTTPException) as error:
            raise DownloadError(f"broken off ({error})") from None
        if not chunk:
            return
        yield chunk
