"""Whole-pixel moves of whole batches, each picture by its own distance: bytes stay bytes."""

from typing import Literal

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

Edge = Literal["reflect", "zero"]
EDGES: tuple[str, ...] = ("reflect", "zero")
"""What lies beyond the edge of a picture: its mirror image (the outermost pixel stands once), or black."""


def reflected(positions: Tensor, size: int) -> Tensor:
    """Fold positions, of any distance, back into 0 .. size - 1 at the outermost pixels: 2 1 0 1 2 3 2 1 ..."""
    period = max(1, 2 * (size - 1))
    folded = torch.remainder(positions, period)
    return torch.minimum(folded, period - folded) if size > 1 else torch.zeros_like(positions)


def padded(images: Tensor, down: int, right: int, edge: Edge) -> Tensor:
    """Put so many rows above and below and so many columns left and right.

    Args:
        images: (b, c, h, w) uint8 or float32.
        down: Rows on each side.
        right: Columns on each side.
        edge: What is in them.

    Returns:
        (b, c, h + 2 down, w + 2 right) of the same type.
    """
    b, c, h, w = images.shape
    make = torch.zeros if edge == "zero" else torch.empty
    larger = make((b, c, h + 2 * down, w + 2 * right), dtype=images.dtype, device=images.device)
    larger[:, :, down : down + h, right : right + w] = images
    if edge == "reflect":
        for axis, margin, size in ((3, right, w), (2, down, h)):
            before, after = torch.arange(-margin, 0), torch.arange(size, size + margin)
            for outside in (before, after):
                source = reflected(outside, size).tolist()
                # One row or column at a time: slices are copied several times faster than torch gathers bytes.
                for to, at in zip((outside + margin).tolist(), source, strict=True):
                    larger.select(axis, to).copy_(larger.select(axis, at + margin))
    return larger


def moved(images: Tensor, down: Tensor, right: Tensor, *, reach: tuple[int, int], edge: Edge) -> Tensor:
    """Move each picture by its own number of whole pixels.

    On a processor this is a cut out of padded pictures: NumPy copies windows of bytes row by row.

    Args:
        images: (b, c, h, w) uint8 or float32.
        down: (b,) int64, -reach[0] .. reach[0].
        right: (b,) int64, -reach[1] .. reach[1].
        reach: The largest distances; how much is padded.
        edge: What comes in where the picture has gone away.

    Returns:
        (b, c, h, w) of the same type, new memory.
    """
    size = (images.shape[2], images.shape[3])
    larger = padded(images, *reach, edge)
    top, left = reach[0] - down, reach[1] - right
    if images.device.type != "cpu":
        return _gathered(larger, top, left, size=size)
    windows = sliding_window_view(larger.numpy(), size, axis=(2, 3))
    return torch.from_numpy(windows[np.arange(len(images)), :, top.numpy(), left.numpy()])


def _gathered(larger: Tensor, top: Tensor, left: Tensor, *, size: tuple[int, int]) -> Tensor:
    """Cut the windows out pixel by pixel, as suits a GPU."""
    b, c = larger.shape[:2]
    each, channels, rows, columns = (torch.arange(n, device=larger.device) for n in (b, c, *size))
    return larger[
        each[:, None, None, None],
        channels[:, None, None],
        (top[:, None] + rows)[:, None, :, None],
        (left[:, None] + columns)[:, None, None, :],
    ]


def mirrored(images: Tensor, chosen: Tensor) -> Tensor:
    """Mirror the chosen pictures left to right.

    This stays a step of its own: done while a crop is padded it took longer than after it.

    Args:
        images: (b, c, h, w) uint8 or float32.
        chosen: (b,) bool.

    Returns:
        (b, c, h, w) of the same type, new memory.
    """
    if images.device.type != "cpu":
        return torch.where(chosen.view(-1, 1, 1, 1), images.flip(-1), images)
    pixels, turned = images.numpy(), chosen.numpy()
    result = np.empty(pixels.shape, dtype=pixels.dtype)
    result[~turned] = pixels[~turned]
    result[turned] = pixels[turned][..., ::-1]
    return torch.from_numpy(result)
