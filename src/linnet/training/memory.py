"""What the C library and torch do about memory: keep it between steps, say when there is none."""

import ctypes
import platform
import sys
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import torch

from linnet.errors import TrainingError

T = TypeVar("T")

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


def in_parts_that_fit(work: Callable[[int], T], *, n_images: int, n_parts: int = 1) -> tuple[T, int]:
    """Do something with pictures in parts, and in twice as many where memory is short, and so on.

    Args:
        work: Takes a number of parts, and begins anew each time it is called.
        n_images: Of all parts.
        n_parts: To begin with.

    Returns:
        What the work returned, and the parts it was done in.

    Raises:
        TrainingError: not even a single picture fits into memory.
    """
    while True:
        try:
            return work(n_parts), n_parts
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if not is_memory_short(error):
                raise
            if n_parts >= n_images:
                raise TrainingError(
                    "Not even one picture at a time fits into memory; take smaller pictures (--size), a smaller "
                    "network, or --device cpu."
                ) from None
        # Only here, behind the except block, is the memory of the failed attempt free again.
        n_parts *= 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
