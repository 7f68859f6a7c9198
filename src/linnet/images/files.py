"""How a picture's file is read from a disk, safely, and what is too large; nothing is decoded here."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from linnet.errors import UnreadableImageError


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Say how big a file and a picture may be before they are refused unread; far above any camera's pictures.

    Attributes:
        n_bytes: Of the file.
        pixels: Width times height.
        side: Pixels of the longer side.
    """

    n_bytes: int = 256 * 2**20
    pixels: int = 100_000_000
    side: int = 30_000


LIMITS = Limits()

_LASTING = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG}
if os.name == "posix":  # elsewhere a file that another program holds open says the same
    _LASTING |= {errno.EACCES, errno.EPERM}


def read_file(path: Path, *, limit: int = LIMITS.n_bytes) -> bytes:
    """Read a regular file whole; anything else (a pipe, a device, a folder) is not even opened.

    Raises:
        UnreadableImageError: not a regular file, larger than `limit` bytes, or not to be opened.
    """
    try:
        _check_regular(path.stat(), limit)
        # Between the two looks somebody may have put a pipe there: without O_NONBLOCK opening it would wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            _check_regular(os.fstat(handle), limit)
            data = file.read(limit + 1)
    except OSError as error:
        raise UnreadableImageError(
            f"the file cannot be opened: {error.strerror or error}", lasting=not may_pass(error)
        ) from None
    if len(data) > limit:
        raise UnreadableImageError(f"more than {limit:,} bytes", status="too large")
    return data


def may_pass(error: BaseException) -> bool:
    """Tell whether reading may do another time: the system failed, and neither the file nor its rights are to blame."""
    return isinstance(error, OSError) and error.errno is not None and error.errno not in _LASTING


def _check_regular(found: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableImageError("not a regular file", status="ignored")
    if found.st_size > limit:
        raise UnreadableImageError(f"{found.st_size:,} bytes, more than {limit:,}", status="too large")
