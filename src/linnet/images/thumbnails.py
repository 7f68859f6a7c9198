"""Pixels as small files for pages: what is tiny without loss, photographs with as little loss as nobody sees."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, features

SMALL_SIDE = 64
"""Pixels: pictures up to it are enlarged where they are shown, so that loss would be seen; others are photographs."""

_QUALITY = 80


def encode_thumbnail(pixels: npt.NDArray[np.uint8], *, longest_side: int) -> bytes:
    """Write one picture as WebP, PNG or JPEG, whichever suits; the same bytes for the same pixels.

    Args:
        pixels: (c, h, w) uint8, c is 1 or 3.
        longest_side: Pixels; larger pictures are scaled down to it.

    Returns:
        Without loss (WebP or PNG, the shorter one) up to `SMALL_SIDE`; above it WebP, or JPEG where Pillow lacks WebP.
    """
    image = Image.fromarray(pixels[0] if pixels.shape[0] == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    if max(image.size) > longest_side:
        image.thumbnail((longest_side, longest_side), Image.Resampling.BICUBIC)
    has_webp = features.check("webp")
    if max(image.size) > SMALL_SIDE:
        if has_webp:
            return _saved(image, "WEBP", quality=_QUALITY, method=4)
        return _saved(image, "JPEG", quality=_QUALITY, optimize=True)
    png = _saved(image, "PNG", optimize=True)
    return min(png, _saved(image, "WEBP", lossless=True, quality=100, method=4), key=len) if has_webp else png


def _saved(image: Image.Image, kind: str, **settings: int | bool) -> bytes:
    file = io.BytesIO()
    image.save(file, format=kind, **settings)
    return file.getvalue()
