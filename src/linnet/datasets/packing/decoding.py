"""What one process does for a pack: read, hash, decode and write a run of files; light, so that it starts in no time.

Nothing here imports torch, directly or not.
"""

import gc
import hashlib
import os
import signal
import struct
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from linnet.datasets.sources.naming import has_picture_suffix
from linnet.datasets.sources.reading import Reader
from linnet.errors import UnreadableImageError
from linnet.images import LIMITS, Facts, Geometry, Limits, Pixels, inspect, quiet


@dataclass(frozen=True, kw_only=True)
class Job:
    """Say what to do with a run of files.

    Attributes:
        ids: Of the files.
        first_row: Where the first one's pixels go in the file; the others follow, also behind a gap for a bad file.
        geometry: What to bring pictures to; None reads their headers only.
        exact: Store only pictures that have the geometry's size and channels by themselves.
        path: The file of pixels.
        limits: What is too large.
    """

    ids: tuple[str, ...]
    first_row: int
    geometry: Geometry | None
    exact: bool
    path: Path
    limits: Limits = LIMITS


class Outcome(NamedTuple):
    """Say what became of one file.

    Attributes:
        content_hash: SHA-256 of its bytes; empty if they could not be read, or if another try may find more in them.
        facts: What its header says; None if it is no usable picture.
        stored: Its pixels stand in their row.
        status: The manifest's word for a file that is no usable picture.
        reason: Why it is none.
        lasting: Whether another try would find the same.
    """

    content_hash: bytes
    facts: Facts | None
    stored: bool = False
    status: str = "used"
    reason: str = ""
    lasting: bool = True


def work(job: Job, reader: Reader) -> list[Outcome]:
    """Do a job.

    Returns:
        One outcome per file, in order.

    Raises:
        OSError: the pixels cannot be written, as on a full disk.
    """
    seen: dict[Facts, Facts] = {}
    with quiet:
        if job.geometry is None:
            return [_examine(file_id, reader, job, None, seen) for file_id in job.ids]
        rows = np.zeros((len(job.ids), *job.geometry.shape), dtype=np.uint8)
        outcomes = [_examine(file_id, reader, job, row, seen) for file_id, row in zip(job.ids, rows, strict=True)]
    if any(outcome.stored for outcome in outcomes):
        write_rows(job.path, job.first_row, rows)
    return outcomes


def write_rows(path: Path, first_row: int, rows: Pixels) -> None:
    """Write rows at their place in an existing file.

    Not through a memory map: there a full disk would end the process without a word instead of raising an OSError.
    """
    with path.open("r+b", buffering=0) as file:
        file.seek(first_row * rows[0].nbytes)
        left = memoryview(rows.reshape(-1).data)
        while left:
            left = left[file.write(left) :]


def _examine(file_id: str, reader: Reader, job: Job, row: Pixels | None, seen: dict[Facts, Facts]) -> Outcome:
    """Read one file; equal facts become one object, which then travels once."""
    content_hash = b""
    try:
        data = reader.read(file_id, limit=job.limits.n_bytes)
        content_hash = hashlib.sha256(data).digest()
        picture = inspect(data, limits=job.limits)
        facts = seen.setdefault(picture.facts, picture.facts)
        if row is None or job.geometry is None or (job.exact and not _fits(facts, job.geometry)):
            return Outcome(content_hash, facts)
        row[:] = picture.decode(job.geometry).pixels.transpose(2, 0, 1)
        return Outcome(content_hash, facts, True)
    except UnreadableImageError as error:
        if error.status == "ignored" and content_hash and has_picture_suffix(file_id):
            return Outcome(content_hash, None, False, "unreadable", f"{error.reason}, whatever its name says")
        # Without its content hash the pack gets another name than the one in which the file can be read.
        return Outcome(content_hash if error.lasting else b"", None, False, error.status, error.reason, error.lasting)


def _fits(facts: Facts, geometry: Geometry) -> bool:
    return facts.channels <= geometry.channels and (facts.height, facts.width) == geometry.shape[1:]


def serve() -> None:
    """Do jobs that come in on standard input, until it ends; the body of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle, which then ends us
    jobs = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not end up among the replies
    send(replies, to_bytes("ready"))
    reader: Reader | None = None
    while (message := receive(jobs)) is not None:
        if isinstance(message, Reader):
            reader = message
            gc.freeze()  # it may know every file of a large archive: nothing to look through again and again
        elif reader is not None:
            try:
                reply: object = work(message, reader)
            except OSError as error:
                reply = error
            send(replies, to_bytes(reply))


def to_bytes(message: object) -> bytes:
    """Pickle what goes to a process of our own, as every pool of processes does; nothing stored is ever unpickled."""
    return bytes(ForkingPickler.dumps(message))


def send(stream: IO[bytes], message: bytes) -> None:
    """Send what `to_bytes` made to the process at the other end of a pipe."""
    stream.write(struct.pack("<Q", len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Receive an object from the process at the other end of a pipe, or None if that has ended."""
    header = stream.read(8)
    if len(header) < 8:
        return None
    (length,) = struct.unpack("<Q", header)
    data = stream.read(length)
    return ForkingPickler.loads(data) if len(data) == length else None
