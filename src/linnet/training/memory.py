"""What the C library and torch do about memory: keep it between steps, say when there is none."""

import ctypes
import platform
import sys
from functools import cache

import torch

_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_NEVER = 2**31 - 1
_SIGNS = ("out of memory", "can't allocate memory", "not enough memory", "could not allocate")


@cache
def keep_big_blocks() -> bool:
    """Let freed blocks stay with this process, so that the next step finds them without asking the system.

    On Linux the C library hands big blocks back after every step and faults them in again page by page, which took a
    quarter and more of the time of a small convolutional net's step. The price: memory that was once used stays with
    the process until it ends.

    Returns:
        Whether this C library could be told; elsewhere nothing is changed.
    """
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        return False
    library = ctypes.CDLL(None)
    return bool(library.mallopt(_M_MMAP_MAX, 0)) and bool(library.mallopt(_M_TRIM_THRESHOLD, _NEVER))


def is_memory_short(error: Exception) -> bool:
    """Whether an error says that there is no room: torch has a type of its own for that on GPUs only."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error).lower() for sign in _SIGNS)
