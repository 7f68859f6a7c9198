"""The size, channels and fit that pictures are brought to, and the one way of bringing them there."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

import numpy as np
import numpy.typing as npt
from PIL import Image

from linnet.errors import ConfigError

Fit = Literal["crop", "pad", "squash"]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """Say what every picture is brought to; saved with a model and used again when it predicts.

    Args:
        channels: 1 (gray) or 3 (RGB).
        height: Pixels, at least 1.
        width: Pixels, at least 1.
        fit: How another shape gets there. "crop": scale to cover, cut what sticks out, evenly on both sides. "pad":
            scale to fit inside, black around it. "squash": scale each side by itself.

    Raises:
        ConfigError: a value outside these.
    """

    channels: int
    height: int
    width: int
    fit: Fit = "crop"

    def __post_init__(self) -> None:
        if self.channels not in (1, 3) or self.fit not in get_args(Fit):
            raise ConfigError(
                "A geometry wants 1 or 3 channels and a fit of crop, pad or squash; "
                f"it got {self.channels!r} and {self.fit!r}."
            )
        if not (isinstance(self.height, int) and isinstance(self.width, int) and min(self.height, self.width) >= 1):
            raise ConfigError(f"A geometry wants sides of at least 1 pixel; it got {self.height!r} x {self.width!r}.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(c, h, w)."""
        return self.channels, self.height, self.width

    def to_plain(self) -> dict[str, int | str]:
        """Return what JSON can hold."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Make a geometry from what `to_plain` returned.

        Raises:
            ConfigError: other keys, or values that are no geometry.
        """
        names = [field.name for field in fields(cls)]
        if sorted(plain) != sorted(names):
            raise ConfigError(f"A geometry has the keys {', '.join(names)}; it came with {', '.join(map(str, plain))}.")
        return cls(**plain)


def fit(pixels: Pixels, geometry: Geometry) -> Pixels:
    """Bring pixels that are decoded already to a geometry, as `decode` does.

    Args:
        pixels: (h, w, c) uint8, c is 1 or 3.
        geometry: What to bring them to.

    Returns:
        (height, width, channels) uint8.
    """
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    return spread(array_of(fitted(image, geometry)), geometry)


def scaled_size(width: int, height: int, geometry: Geometry) -> tuple[int, int]:
    """Return the size to which the whole picture is scaled, before anything is cut off or added."""
    across, down = geometry.width / width, geometry.height / height
    if geometry.fit == "squash":
        return geometry.width, geometry.height
    scale = max(across, down) if geometry.fit == "crop" else min(across, down)
    return max(1, round(width * scale)), max(1, round(height * scale))


def fitted(image: Image.Image, geometry: Geometry) -> Image.Image:
    """Bring an L or RGB picture to the geometry's size, antialiased; its channels only ever become fewer."""
    if geometry.channels == 1 and image.mode != "L":
        image = image.convert("L")
    size = (geometry.width, geometry.height)
    if image.size == size:
        return image
    width, height = scaled_size(*image.size, geometry)
    left, top = (geometry.width - width) // 2, (geometry.height - height) // 2
    if geometry.fit == "crop":
        # Only the part that stays is resized: a box in the picture's own pixels, of the geometry's proportions.
        scale = max(geometry.width / image.width, geometry.height / image.height)
        if scale == 1:
            return image.crop((-left, -top, geometry.width - left, geometry.height - top))
        across, down = min(geometry.width / scale, image.width), min(geometry.height / scale, image.height)
        x, y = (image.width - across) / 2, (image.height - down) / 2
        return image.resize(size, Image.Resampling.BICUBIC, box=(x, y, x + across, y + down))
    scaled = image.resize((width, height), Image.Resampling.BICUBIC)
    if scaled.size == size:
        return scaled
    padded = Image.new(image.mode, size)
    padded.paste(scaled, (left, top))
    return padded


def array_of(image: Image.Image) -> Pixels:
    """Return an L or RGB picture as (h, w, c) uint8, c is 1 or 3, not to be written into."""
    # Not np.asarray, which asks the picture for its bytes in a way that takes twice as long for small ones.
    return np.frombuffer(image.tobytes(), dtype=np.uint8).reshape(image.height, image.width, -1)


def spread(pixels: Pixels, geometry: Geometry) -> Pixels:
    """Repeat a gray picture's channel where three are wanted."""
    return np.repeat(pixels, 3, axis=2) if pixels.shape[2] < geometry.channels else pixels
