import numpy as np
import pytest
from PIL import Image

from linnet.images import Facts, inspect
from pictures import NOISE, encoded


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("1", 1), ("L", 1), ("LA", 1), ("I;16", 1), ("F", 1), ("RGB", 3), ("P", 3), ("CMYK", 3), ("RGBA", 3)],
)
def test_gray_modes_have_one_channel(mode, channels):
    assert Facts(format="PNG", mode=mode, width=1, height=1).channels == channels


@pytest.mark.parametrize(("mode", "deep"), [("I;16", True), ("F", True), ("I", True), ("L", False), ("RGB", False)])
def test_modes_beyond_8_bits_are_deep(mode, deep):
    assert Facts(format="TIFF", mode=mode, width=1, height=1).deep == deep


def test_an_ordinary_picture_has_no_notes():
    assert inspect(encoded(NOISE)).facts.notes() == ""


def test_notes_name_everything_that_was_done():
    facts = Facts(format="TIFF", mode="I;16", width=1, height=1, rotated=True, transparent=True, frames=True)
    assert facts.notes().split("; ") == [
        "turned as its EXIF orientation says",
        "I;16 scaled to 8 bits",
        "transparency laid over white",
        "first of several frames",
    ]


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_the_size_is_the_one_that_is_shown(file_format):
    exif = Image.Exif()
    exif[274] = 6
    facts = inspect(encoded(NOISE, file_format, exif=exif)).facts
    assert (facts.width, facts.height, facts.rotated) == (20, 30, True)


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_several_frames_are_noticed(file_format):
    frames = [Image.fromarray(np.full((4, 4, 3), value, dtype=np.uint8)) for value in (0, 100, 200)]
    assert inspect(encoded(frames[0], file_format, save_all=True, append_images=frames[1:])).facts.frames
    assert not inspect(encoded(frames[0], file_format)).facts.frames
