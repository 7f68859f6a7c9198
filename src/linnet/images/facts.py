"""What a file's header tells of its picture; pixels are not touched here."""

from dataclasses import dataclass

from PIL import Image

from linnet.images.modes import DEEP_MODES, GRAY_MODES, orientation_of
from linnet.images.refusal import FAILURES


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Say what a file's header tells of its picture.

    Attributes:
        format: Pillow's name of the file format ("JPEG").
        mode: Pillow's name of the pixel type in the file ("RGB", "I;16").
        width: Pixels, as shown: after orientation.
        height: Pixels, as shown.
        rotated: EXIF turns or mirrors the stored pixels.
        transparent: There is an alpha channel or a transparent color.
        frames: There is more than one frame or page.
    """

    format: str
    mode: str
    width: int
    height: int
    rotated: bool = False
    transparent: bool = False
    frames: bool = False

    @property
    def channels(self) -> int:
        """1 for gray pictures, 3 for all others."""
        return 1 if self.mode in GRAY_MODES else 3

    @property
    def deep(self) -> bool:
        """More than 8 bits a channel: scaled down to 8."""
        return self.mode in DEEP_MODES

    def notes(self) -> str:
        """Say what was done to show it, as it stands in the manifest; empty for an ordinary picture."""
        said = (
            (self.rotated, "turned as its EXIF orientation says"),
            (self.deep, f"{self.mode} scaled to 8 bits"),
            (self.transparent, "transparency laid over white"),
            (self.frames, "first of several frames"),
        )
        return "; ".join(text for holds, text in said if holds)


def facts_of(image: Image.Image) -> Facts:
    """Collect the facts of a picture that is open and not yet loaded."""
    orientation = orientation_of(image)
    width, height = image.size
    # Pillow swaps the size of a TIFF while it opens it, and turns its pixels while it loads them.
    if orientation >= 5 and image.format != "TIFF":
        width, height = height, width
    return Facts(
        format=image.format or "",
        mode=image.mode,
        width=width,
        height=height,
        rotated=orientation != 1,
        transparent=image.has_transparency_data,
        frames=_has_frames(image),
    )


def _has_frames(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except FAILURES:
        return False
