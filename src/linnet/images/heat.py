"""Relevance laid over a picture in two hues, as pixels; what relevance is and where it comes from is not known here."""

import numpy as np
import numpy.typing as npt

FOR, AGAINST = (225, 121, 27), (59, 157, 246)
"""The hues of what speaks for a class and against it: sRGB. Orange and blue are told apart by every kind of color
vision. Both have lightness 0.68 and chroma 0.16 in OKLCH (hues 55 and 250 degrees), so neither looks stronger."""

PERCENTILE = 99.5
"""Of the relevance's size: what lies above it is shown at full strength, so that one pixel does not hide the others."""


def levels(relevance: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Bring relevance to one scale that is alike on both sides of zero, for each picture by itself.

    Args:
        relevance: (h, w) float, any finite values.

    Returns:
        (h, w) float32 in [-1, 1]; zero stays zero, and the sign stays.
    """
    size = np.abs(relevance.astype(np.float64))
    top = float(np.percentile(size, PERCENTILE)) if size.size else 0.0
    # Where few pixels speak at all, as in a map of one window, the percentile is zero or next to nothing.
    largest = float(size.max(initial=0.0))
    top = top if top > largest / 100 else largest
    if top == 0.0:
        return np.zeros(relevance.shape, dtype=np.float32)
    return np.asarray(np.clip(relevance.astype(np.float64) / top, -1, 1), dtype=np.float32)


def overlay(
    pixels: npt.NDArray[np.uint8], relevance: npt.NDArray[np.floating], *, strength: float = 0.85
) -> npt.NDArray[np.uint8]:
    """Lay relevance over the grayed picture: orange speaks for, blue against, plain gray not at all.

    Args:
        pixels: (c, h, w) uint8, c is 1 or 3.
        relevance: (h, w) float, finite, any scale; see `levels`.
        strength: In [0, 1], how much of the gray the strongest relevance covers; below 1 the picture shines through.

    Returns:
        (h, w, 3) uint8.
    """
    level = levels(relevance).astype(np.float64)[:, :, None]
    hue = np.where(level > 0, np.array(FOR, dtype=np.float64), np.array(AGAINST, dtype=np.float64))
    cover = strength * np.abs(level)
    gray = grayed(pixels).astype(np.float64)[:, :, None]
    return np.asarray(np.rint((1 - cover) * gray + cover * hue), dtype=np.uint8)


def grayed(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Turn a picture gray with the weights of ITU-R BT.601, as decoding does.

    Args:
        pixels: (c, h, w) uint8, c is 1 or 3.

    Returns:
        (h, w) uint8.
    """
    if pixels.shape[0] == 1:
        return np.asarray(pixels[0], dtype=np.uint8)
    red, green, blue = pixels.astype(np.int64)
    # Pillow's own whole numbers (65,536 together, and a half for rounding), so that one picture has one gray.
    return np.asarray((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16, dtype=np.uint8)
