"""How pixels of any mode (16-bit, float, palette, alpha, CMYK, turned) become upright 8-bit gray or RGB."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from linnet.images.refusal import FAILURES

DEEP_MODES = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
GRAY_MODES = DEEP_MODES | {"1", "L", "LA", "La"}

_ORIENTATION, _PHOTOMETRIC, _BITS_PER_SAMPLE = 274, 262, 258  # tags of EXIF and TIFF
_ORIENTATION_HOMES = ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif")
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(image: Image.Image) -> int:
    """Read the EXIF orientation, 1 .. 8; what is missing, damaged or out of range is 1, as it stands."""
    if image.format != "TIFF" and not any(key in image.info for key in _ORIENTATION_HOMES):
        return 1
    try:
        # The method of the base class: that of PNG loads the pixels, and what fails here would not fail again.
        found = Image.Image.getexif(image).get(_ORIENTATION, 1)
    except FAILURES:
        return 1
    return found if isinstance(found, int) and found in _TURNS else 1


def upright(stored: ImageFile.ImageFile) -> Image.Image:
    """Load the pixels and bring them to mode L or RGB, turned as EXIF says."""
    stored.load()
    if stored.mode in DEEP_MODES:
        shown = _shallow(stored)
    elif stored.has_transparency_data:
        shown = _over_white(stored)
    elif stored.mode in ("L", "RGB"):
        shown = stored
    else:
        shown = stored.convert("L" if stored.mode in GRAY_MODES else "RGB")
    # Asked again after loading: PNG may carry its EXIF behind the pixels, and a TIFF has been turned by now.
    turn = _TURNS.get(orientation_of(stored)) if stored.format != "TIFF" else None
    return shown if turn is None else shown.transpose(turn)


def _over_white(image: Image.Image) -> Image.Image:
    gray = image.mode in GRAY_MODES
    with_alpha = image.convert("LA" if gray else "RGBA")
    white = Image.new("L" if gray else "RGB", image.size, "white")
    white.paste(with_alpha.convert(white.mode), mask=with_alpha.getchannel("A"))
    return white


def _shallow(image: ImageFile.ImageFile) -> Image.Image:
    """Scale a picture of 16 or 32 bits or of floats to 8 bits, clipping nothing.

    16-bit values are scaled by the full range of their type, value / 257, so that pictures stay comparable; a file
    that says that it holds 12 bits by 4095. Floats in [0, 1] are taken at their word. Whatever has no natural range
    (other floats, 32-bit integers beyond 16 bits) is stretched from its smallest to its largest value.
    """
    values = np.asarray(image)
    if image.mode not in ("I", "F"):
        tags: Mapping[int, Any] = getattr(image, "tag_v2", {})
        shown = _scaled(values, 0, 4095 if tags.get(_BITS_PER_SAMPLE) == (12,) else 65535)
        if tags.get(_PHOTOMETRIC) == 0:  # white is zero
            shown = 255 - shown
        if "transparency" in image.info:
            shown = np.where(values == image.info["transparency"], np.uint8(255), shown)
        return Image.fromarray(shown)
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Image.new("L", image.size)
    low, high = _range(image, float(finite.min()), float(finite.max()))
    # Not a number is black; the infinities are black and white.
    return Image.fromarray(_scaled(np.nan_to_num(values, nan=low, posinf=high, neginf=low), low, high))


def _range(image: ImageFile.ImageFile, low: float, high: float) -> tuple[float, float]:
    """Decide which values become black and white, given the smallest and the largest."""
    if image.mode == "F":
        return (0.0, 1.0) if low >= 0 and high <= 1 else (low, high)
    if low < 0 or high > 65535:
        return low, high
    # A PPM beyond 8 bits comes scaled to 16; elsewhere small integers in a wide type are an 8-bit picture.
    return 0.0, 255.0 if high <= 255 and image.format != "PPM" else 65535.0


def _scaled(values: npt.NDArray[Any], low: float, high: float) -> npt.NDArray[np.uint8]:
    span = high - low or 1.0
    return np.floor((values.astype(np.float64) - low) * (255.0 / span) + 0.5).astype(np.uint8)
