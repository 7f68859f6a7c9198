import numpy as np
import pytest
from PIL import Image

from linnet.errors import UnreadableImageError
from linnet.images.formats import format_of
from pictures import NOISE, encoded


@pytest.mark.parametrize(
    "file_format",
    ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "TGA", "ICO", "JPEG2000", "AVIF", "QOI", "PCX", "SGI"],
)
def test_formats_are_known_by_their_first_bytes(file_format):
    assert format_of(encoded(NOISE, file_format)) == file_format


def test_big_endian_and_big_tiff_are_tiff():
    assert format_of(b"MM\0*" + bytes(20)) == format_of(b"II+\0" + bytes(20)) == "TIFF"


def test_an_uncompressed_tga_is_not_taken_for_a_cursor():
    assert format_of(encoded(Image.fromarray(NOISE), "TGA", rle=False)[:-26]) == "TGA"


def test_an_indexed_tga_without_footer_is_known():
    data = encoded(Image.fromarray(NOISE).convert("P"), "TGA")
    assert format_of(data) == "TGA"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "the file is empty"),
        (bytes(500), "nothing but zero bytes"),
        (b"%!PS-Adobe-3.0 EPSF\n", "PostScript"),
        (b"\xd7\xcd\xc6\x9a" + bytes(40), "metafile"),
        (bytes(4) + b"ftypheic" + bytes(20), "HEIC"),
        (np.arange(200, dtype=np.uint8).tobytes(), "not of any known picture format"),
    ],
)
def test_what_might_be_meant_as_a_picture_is_unreadable(data, reason):
    with pytest.raises(UnreadableImageError, match=reason) as caught:
        format_of(data)
    assert caught.value.status == "unreadable"


@pytest.mark.parametrize(
    ("data", "what"),
    [
        ("Notes on these pictures.\nDon't delete. é".encode(), "text"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text"),
        (b"%PDF-1.7 \0", "PDF"),
        (b"PK\x03\x04\x14\0\0\0", "zip"),
        (bytes(4) + b"ftypisom" + bytes(8), "video"),
    ],
)
def test_what_was_never_meant_as_a_picture_is_ignored(data, what):
    with pytest.raises(UnreadableImageError, match=what) as caught:
        format_of(data)
    assert caught.value.status == "ignored"
