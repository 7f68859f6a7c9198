"""How a file's bytes become a picture, or a reason why they do not."""

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageFile

from linnet.errors import UnreadableImageError
from linnet.images.facts import Facts, facts_of
from linnet.images.files import LIMITS, Limits, read_file
from linnet.images.formats import format_of
from linnet.images.geometry import Geometry, Pixels, array_of, fitted, scaled_size, spread
from linnet.images.modes import upright
from linnet.images.refusal import Refusing

DECODING = f"1/Pillow-{PIL.__version__}"
"""Names everything in this folder that shapes pixels; raise the number when the same bytes would give other ones."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Hold one decoded picture.

    Attributes:
        pixels: (h, w, c) uint8, c is 1 or 3, as shown.
        facts: What the file's header says.
    """

    pixels: Pixels
    facts: Facts


@dataclass(frozen=True, eq=False)
class Undecoded:
    """Hold a picture whose header has been read, and whose pixels have not; it can be decoded once.

    Attributes:
        facts: What the header says.
    """

    facts: Facts
    _image: ImageFile.ImageFile

    def decode(self, geometry: Geometry | None = None) -> Picture:
        """Decode the pixels; see `linnet.images.decode`."""
        with Refusing():
            if geometry is None:
                return Picture(array_of(upright(self._image)), self.facts)
            _shrink_while_decoding(self._image, self.facts, geometry)
            return Picture(spread(array_of(fitted(upright(self._image), geometry)), geometry), self.facts)


def inspect(data: bytes, *, limits: Limits = LIMITS) -> Undecoded:
    """Read a picture's header only.

    Args:
        data: The file's bytes.
        limits: What is too large.

    Raises:
        UnreadableImageError: no picture, a damaged header, or too large.
    """
    with Refusing():
        image = _opened(data, limits)
        return Undecoded(facts_of(image), image)


def decode(data: bytes, *, geometry: Geometry | None = None, limits: Limits = LIMITS) -> Picture:
    """Turn a file's bytes into a picture.

    Args:
        data: The file's bytes.
        geometry: What to bring it to; None keeps its size, and its one or three channels.
        limits: What is too large.

    Raises:
        UnreadableImageError: no picture, a damaged or truncated one, or too large; `status` and `reason` say which.
    """
    return inspect(data, limits=limits).decode(geometry)


def read(source: Path | bytes, geometry: Geometry, *, limits: Limits = LIMITS) -> Pixels:
    """Read one picture as a pack holds it: the way to prediction.

    Args:
        source: A regular file, or a file's bytes.
        geometry: What to bring it to.
        limits: What is too large.

    Returns:
        (c, h, w) uint8.

    Raises:
        UnreadableImageError: no regular file, no picture, a damaged one, or too large.
    """
    data = source if isinstance(source, bytes) else read_file(source, limit=limits.n_bytes)
    return np.ascontiguousarray(decode(data, geometry=geometry, limits=limits).pixels.transpose(2, 0, 1))


def _opened(data: bytes, limits: Limits) -> ImageFile.ImageFile:
    """Read the header, and check the size before any pixel is decoded."""
    if len(data) > limits.n_bytes:
        raise UnreadableImageError(f"{len(data):,} bytes, more than {limits.n_bytes:,}", status="too large")
    image = Image.open(BytesIO(data), formats=(format_of(data),))
    width, height = image.size
    if max(width, height) > limits.side:
        raise UnreadableImageError(f"{width:,} x {height:,} pixels, a side above {limits.side:,}", status="too large")
    if width * height > limits.pixels:
        raise UnreadableImageError(f"{width:,} x {height:,} pixels, more than {limits.pixels:,}", status="too large")
    if min(width, height) < 1:
        raise UnreadableImageError(f"a picture of {width} x {height} pixels holds nothing")
    return image


def _shrink_while_decoding(image: ImageFile.ImageFile, facts: Facts, geometry: Geometry) -> None:
    """Let the JPEG decoder skip detail that resizing would throw away, down to twice the size that is wanted."""
    if image.format not in ("JPEG", "MPO"):
        return
    width, height = scaled_size(facts.width, facts.height, geometry)
    if image.size != (facts.width, facts.height):  # stored on its side
        width, height = height, width
    image.draft(None, (2 * width, 2 * height))
