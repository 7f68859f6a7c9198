"""How panels are put together from numbers: levels, tiles, grids, frames, bars; where they come from is not here.

Tiles are small pictures. They are made larger by whole factors only, so that a pixel stays a square with hard edges,
and smaller by whole factors too, by averaging. One panel has one scale: what looks equal is equal.
"""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""(h, w, 3) uint8."""

Box = tuple[int, int, int, int]
"""Top, left, height and width in pixels; may reach over the picture's edges."""

GAP_LEVEL = 225
"""Of the lines between tiles: neither black, nor white, nor the mid-gray of a weight that is zero."""

FRAME = (0, 215, 255)
"""Color of frames, one that gray tiles do not have and that is rare in photos."""

BAR, GROUND, ZERO_LINE = 235, 25, 128
"""Levels of bars, of what is behind them, and of the line that they stand on."""

SHARE_ON_SCALE = 0.995
"""Of the values; the few beyond are as bright as the end of the scale, or one alone would leave all others gray."""


def scale_end(values: npt.NDArray[Any]) -> float:
    """Return the size that a common scale ends at: 0.5 % of the values may be beyond; 0 where all are 0.

    Args:
        values: Any shape, any float; of fewer than 200 it is the largest.
    """
    sizes = np.abs(np.asarray(values, dtype=np.float64)).ravel()
    if not sizes.size:
        return 0.0
    # "higher" gives a size that is there. Where nearly all are 0 this one is too, and only the largest is left.
    return float(np.quantile(sizes, SHARE_ON_SCALE, method="higher")) or float(sizes.max())


def signed_levels(values: npt.NDArray[Any], *, end: float) -> npt.NDArray[np.uint8]:
    """Map numbers of both signs to levels: 0 is mid-gray (128), `end` white (255), minus `end` nearly black (1).

    Args:
        values: Any shape, any float; beyond the ends it stays at them.
        end: At least 0; at 0 all is mid-gray.
    """
    share = np.asarray(values, dtype=np.float64) / end if end > 0 else np.zeros(np.shape(values))
    return np.asarray(128 + np.rint(127 * np.clip(share, -1, 1)), dtype=np.uint8)


def amount_levels(values: npt.NDArray[Any], *, end: float) -> npt.NDArray[np.uint8]:
    """Map amounts to levels: 0 and below is black, `end` and above white.

    Args:
        values: Any shape, any float.
        end: At least 0; at 0 all is black.
    """
    share = np.asarray(values, dtype=np.float64) / end if end > 0 else np.zeros(np.shape(values))
    return np.asarray(np.rint(255 * np.clip(share, 0, 1)), dtype=np.uint8)


def levels(values: npt.NDArray[Any], *, end: float, signed: bool) -> npt.NDArray[np.uint8]:
    """Map by `signed_levels`, or by `amount_levels` where nothing is below 0."""
    return signed_levels(values, end=end) if signed else amount_levels(values, end=end)


def tiles_of(planes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Turn (n, c, h, w) uint8 with 1 or 3 channels, or (n, h, w), into tiles: (n, h, w, 3)."""
    stack = planes[:, None] if planes.ndim == 3 else planes
    return np.ascontiguousarray(np.broadcast_to(stack, (len(stack), 3, *stack.shape[2:])).transpose(0, 2, 3, 1))


def factor_to(height: int, width: int, *, side: int) -> int:
    """Return the largest whole factor, at least 1, that leaves the longer side within `side` pixels."""
    return max(1, side // max(height, width))


def enlarged(tile: Picture, factor: int) -> Picture:
    """Make each pixel a square of `factor` pixels."""
    return np.repeat(np.repeat(tile, factor, axis=0), factor, axis=1)


def sized(tile: Picture, side: int) -> Picture:
    """Scale by a whole factor, up or down, so that the longer side is as near below `side` pixels as that goes."""
    height, width = tile.shape[:2]
    if max(height, width) <= side:
        return enlarged(tile, factor_to(height, width, side=side))
    step = ceil(max(height, width) / side)
    # Edges are continued to full blocks, so that no row or column is lost.
    full = np.pad(tile, ((0, -height % step), (0, -width % step), (0, 0)), mode="edge").astype(np.float64)
    blocks = full.reshape(full.shape[0] // step, step, full.shape[1] // step, step, 3)
    return np.asarray(np.rint(blocks.mean(axis=(1, 3))), dtype=np.uint8)


def columns_for(n_tiles: int, height: int, width: int) -> int:
    """Return how many tiles to a row make a grid about half as wide again as high, with few empty places.

    Args:
        n_tiles: At least 1.
        height: Of a tile.
        width: The same.
    """
    wanted = min(n_tiles, max(1, round(sqrt(1.5 * n_tiles * height / width))))
    near = range(ceil(0.6 * wanted), min(n_tiles, int(1.6 * wanted)) + 1)
    return min(near, key=lambda columns: (-n_tiles % columns, abs(columns - wanted), -columns))


def grid(tiles: Sequence[Picture], *, n_columns: int = 0, gap: int = 2) -> Picture:
    """Set tiles row by row with thin gaps between them and none around.

    Args:
        tiles: At least one; a column is as wide as its widest tile, a row as high as its highest, and smaller ones
            stand in the middle.
        n_columns: Tiles to a row; 0: what `columns_for` says.
        gap: Pixels.
    """
    n_columns = n_columns or columns_for(len(tiles), *tiles[0].shape[:2])
    rows = [tiles[start : start + n_columns] for start in range(0, len(tiles), n_columns)]
    heights = [max(tile.shape[0] for tile in row) for row in rows]
    widths = [max(tile.shape[1] for tile in tiles[column::n_columns]) for column in range(min(n_columns, len(tiles)))]
    size = sum(heights) + gap * (len(heights) - 1), sum(widths) + gap * (len(widths) - 1), 3
    sheet = np.full(size, GAP_LEVEL, dtype=np.uint8)
    top = 0
    for row, height in zip(rows, heights, strict=True):
        left = 0
        for tile, width in zip(row, widths, strict=False):
            y, x = top + (height - tile.shape[0]) // 2, left + (width - tile.shape[1]) // 2
            sheet[y : y + tile.shape[0], x : x + tile.shape[1]] = tile
            left += width + gap
        top += height + gap
    return sheet


def framed(picture: Picture, box: Box) -> Picture:
    """Draw a frame, 3 pixels thick, just inside of a box; what the box has beyond the picture is drawn at its edge.

    Its outer line is black, so that it stands out from bright and from colored pictures; 2 pixels inside are bright.
    """
    top, left, bottom, right = _inside(picture, box)
    drawn = picture.copy()
    for inset, color in ((0, (0, 0, 0)), (1, FRAME), (3, None)):
        rows = slice(top + inset, max(top + inset, bottom - inset))
        columns = slice(left + inset, max(left + inset, right - inset))
        drawn[rows, columns] = picture[rows, columns] if color is None else color
    return drawn


def cut_out(picture: Picture, box: Box) -> Picture:
    """Return what is in a box, as large as the box; where it reaches over the picture there is the color of gaps."""
    top, left, bottom, right = _inside(picture, box)
    piece = np.full((box[2], box[3], 3), GAP_LEVEL, dtype=np.uint8)
    if bottom > top and right > left:
        piece[top - box[0] : bottom - box[0], left - box[1] : right - box[1]] = picture[top:bottom, left:right]
    return piece


def bars(values: npt.NDArray[Any], *, end: float, signed: bool, height: int = 64, width: int = 6) -> Picture:
    """Draw a short vector as bars side by side, up for above 0 and down for below.

    Args:
        values: (d,) float, d at least 1.
        end: Size of a bar that takes all the room there is, at least 0.
        signed: Whether there must be room below the line.
        height: Pixels of the drawing, at least 4.
        width: Pixels of one bar with the gap behind it, at least 2.
    """
    sheet = np.full((height, width * len(values) - 1, 3), GROUND, dtype=np.uint8)
    line = height // 2 if signed else height - 1
    room = line if not signed else height - line - 1
    for place, value in enumerate(np.clip(values / end if end > 0 else 0 * values, -1, 1)):
        length = round(float(abs(value)) * room)
        first = line - length if value > 0 else line + 1
        sheet[first : first + length, width * place : width * place + width - 1] = BAR
    sheet[line] = ZERO_LINE
    return sheet


def strip(vector: npt.NDArray[np.uint8]) -> Picture:
    """Draw a long vector of levels, (d,) uint8, as cells row by row, four times as wide as high."""
    n_columns = ceil(sqrt(4 * len(vector)))
    cells = np.full(ceil(len(vector) / n_columns) * n_columns, GAP_LEVEL, dtype=np.uint8)
    cells[: len(vector)] = vector
    tile: Picture = tiles_of(cells.reshape(1, -1, n_columns))[0]
    return tile


def _inside(picture: Picture, box: Box) -> Box:
    """Return top, left, bottom and right of the part of a box that is on the picture."""
    top, left, height, width = box
    return (
        max(0, top), max(0, left),
        min(picture.shape[0], top + height), min(picture.shape[1], left + width),
    )  # fmt: skip
