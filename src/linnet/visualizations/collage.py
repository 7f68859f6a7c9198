"""Pictures side by side as one picture, without any text; which ones is decided elsewhere."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet.errors import ImagesError
from linnet.transforms.resize import shrink

Picture = npt.NDArray[np.uint8]

PAPER = (128, 128, 128)
"""Behind pictures: gray, so that white and black edges are both seen, and neither theme of a page is hurt."""


def tile(image: Tensor, *, side: int) -> Picture:
    """Bring one picture to about a size: small ones by repeating pixels, which shows them as they are.

    Args:
        image: (c, h, w) uint8, or float32 in [0, 1]; c is 1 or 3.
        side: Pixels that the longer side gets at most, at least 1.

    Returns:
        (h', w', 3) uint8.
    """
    if image.ndim != 3 or image.shape[0] not in (1, 3):
        raise ImagesError(f"A tile wants a picture of shape (1 or 3, h, w); it got {tuple(image.shape)}.")
    levels = image if image.dtype == torch.uint8 else (image * 255).round().clamp(0, 255).to(torch.uint8)
    small = shrink(levels[None], side)[0]
    times = max(1, side // max(small.shape[1:]))
    pixels = small.expand(3, -1, -1).permute(1, 2, 0).numpy()
    return np.ascontiguousarray(pixels.repeat(times, axis=0).repeat(times, axis=1), dtype=np.uint8)


def side_by_side(tiles: Sequence[Picture], *, gap: int, first_gap: int | None = None) -> Picture:
    """Put tiles of one size in a row.

    Args:
        tiles: At least one, (h, w, 3) uint8 each.
        gap: Pixels between them.
        first_gap: Pixels behind the first one, which sets it apart; None: as between the others.
    """
    h = tiles[0].shape[0]
    columns = [tiles[0]]
    for i, picture in enumerate(tiles[1:]):
        columns += [blank(h, first_gap if i == 0 and first_gap is not None else gap), picture]
    return np.concatenate(columns, axis=1)


def blank(height: int, width: int) -> Picture:
    """Return (h, w, 3) uint8 of nothing but paper."""
    return np.full((height, width, 3), PAPER, dtype=np.uint8)


def framed(picture: Picture, color: tuple[int, int, int], *, width: int) -> Picture:
    """Put a frame of a color around a picture."""
    h, w, _ = picture.shape
    whole = np.full((h + 2 * width, w + 2 * width, 3), color, dtype=np.uint8)
    whole[width : width + h, width : width + w] = picture
    return whole
