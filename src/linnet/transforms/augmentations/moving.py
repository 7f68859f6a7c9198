"""Whole-pixel moves of whole batches, each picture by its own distance: bytes stay bytes."""

from typing import Literal

import numpy as np
import torch
from numpy.lib.stride_tricks import sliding_window_view
from torch import Tensor

Edge = Literal["reflect", "zero"]
EDGES: tuple[str, ...] = ("reflect", "zero")
"""What lies beyond the edge of a picture: its mirror image (the outermost pixel stands once), or black."""

_LARGE = 1 << 12
"""Bytes of a picture from which moving one after the other takes less time than padding a batch: at 3 x 64 x 64 bytes
a quarter, at 3 x 224 x 224 a fifteenth. Below it the loop itself costs more than the copying."""


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

    On a processor small pictures are cut out of padded ones: NumPy copies windows of bytes row by row. Large ones are
    copied one by one to where they go.

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
    is_near = all(2 * distance < side - 1 for distance, side in zip(reach, size, strict=True))
    if images.device.type == "cpu" and is_near and images[:1].nbytes >= _LARGE:
        return _one_by_one(images, down, right, edge)
    larger = padded(images, *reach, edge)
    top, left = reach[0] - down, reach[1] - right
    if images.device.type != "cpu":
        return _gathered(larger, top, left, size=size)
    windows = sliding_window_view(larger.numpy(), size, axis=(2, 3))
    return torch.from_numpy(windows[np.arange(len(images)), :, top.numpy(), left.numpy()])


def _one_by_one(images: Tensor, down: Tensor, right: Tensor, edge: Edge) -> Tensor:
    """Copy each picture to its place, then fill the one strip beside it and the one above or below from what is there.

    No distance may reach half of a side: the mirror image then lies in the picture that has just been copied.
    """
    make = torch.zeros if edge == "zero" else torch.empty
    result = make(images.shape, dtype=images.dtype)
    h, w = images.shape[2:]
    for to, at, dy, dx in zip(result.numpy(), images.numpy(), down.tolist(), right.tolist(), strict=True):
        rows, columns = slice(max(0, dy), h + min(0, dy)), slice(max(0, dx), w + min(0, dx))
        to[:, rows, columns] = at[:, max(0, -dy) : h - max(0, dy), max(0, -dx) : w - max(0, dx)]
        if edge == "zero":
            continue
        if dx > 0:
            to[:, rows, :dx] = to[:, rows, 2 * dx : dx : -1]
        elif dx < 0:
            to[:, rows, w + dx :] = to[:, rows, w + dx - 2 : w + 2 * dx - 2 : -1]
        if dy > 0:
            to[:, :dy] = to[:, 2 * dy : dy : -1]
        elif dy < 0:
            to[:, h + dy :] = to[:, h + dy - 2 : h + 2 * dy - 2 : -1]
    return result


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
    turned = chosen.numpy()
    result = images.numpy().copy()
    # torch turns rows of bytes around many at a time; NumPy picks pictures several times as fast as torch.
    result[turned] = torch.from_numpy(result[turned]).flip(-1).numpy()
    return torch.from_numpy(result)
