"""Pixels that stay in their file until they are looked at, and travel to other processes by the file's name."""

from collections.abc import MutableMapping
from math import prod
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from linnet.errors import DataError

_FILES: MutableMapping[Tensor, Path] = WeakTensorKeyDictionary()
"""Where mapped tensors come from, for as long as they live."""


def map_pixels(path: Path, shape: tuple[int, ...]) -> Tensor:
    """Map a file of bytes as a tensor of uint8; pages are read when they are needed.

    Not shared: writing into the tensor changes a private copy of the page, never the file.

    Args:
        path: Exactly as many bytes as the shape has numbers, or more.
        shape: Of the tensor.

    Raises:
        DataError: no such file, or a shorter one.
    """
    try:
        pixels = torch.from_file(str(path), shared=False, size=prod(shape), dtype=torch.uint8).reshape(shape)
    except RuntimeError as error:
        raise DataError(
            f"The pixels in {path} cannot be read ({str(error).splitlines()[0]}); read the data again."
        ) from None
    _FILES[pixels] = path
    return pixels


def file_of(pixels: Tensor) -> Path | None:
    """Return the file that a tensor was mapped from by `map_pixels`, or None for one in memory."""
    return _FILES[pixels] if pixels in _FILES else None  # noqa: SIM401 # its get has no types
