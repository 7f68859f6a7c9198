"""Pixels as a PNG file, for the few pictures that a report shows."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image


def encode_png(pixels: npt.NDArray[np.uint8], *, longest_side: int = 0) -> bytes:
    """Write one picture as PNG, the same bytes for the same pixels.

    Args:
        pixels: (c, h, w) uint8, c is 1 or 3.
        longest_side: Pixels; larger pictures are scaled down to it. 0: as they are.
    """
    image = Image.fromarray(pixels[0] if pixels.shape[0] == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    if longest_side and max(image.size) > longest_side:
        image.thumbnail((longest_side, longest_side), Image.Resampling.BICUBIC)
    file = io.BytesIO()
    image.save(file, format="PNG", optimize=True)
    return file.getvalue()
