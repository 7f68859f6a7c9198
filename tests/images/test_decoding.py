import io
import os
import threading
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from linnet.errors import UnreadableImageError
from linnet.images import Geometry, Limits, decode, inspect, read
from pictures import NOISE, encoded

GENERATOR = np.random.Generator(np.random.PCG64(0))


def png(pixels=NOISE, **options):
    return encoded(pixels, **options)


def with_orientation(image, orientation, file_format="JPEG", **options):
    exif = Image.Exif()
    exif[274] = orientation
    return encoded(image, file_format, exif=exif, **options)


def corners():
    """Four flat quarters that can be told apart, 32 x 48, so that every turn shows in shape or place."""
    pixels = np.zeros((32, 48, 3), dtype=np.uint8)
    pixels[:16, :24] = (250, 0, 0)
    pixels[:16, 24:] = (0, 250, 0)
    pixels[16:, :24] = (0, 0, 250)
    pixels[16:, 24:] = (250, 250, 250)
    return pixels


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "PPM", "TGA", "QOI", "SGI", "PCX"])
def test_lossless_formats_come_back_exactly(file_format):
    picture = decode(encoded(Image.fromarray(NOISE), file_format))
    np.testing.assert_array_equal(picture.pixels, NOISE)
    assert (picture.facts.format, picture.facts.width, picture.facts.height) == (file_format, 30, 20)


def test_lossless_webp_comes_back_exactly():
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(NOISE), "WEBP", lossless=True)).pixels, NOISE)


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP", "AVIF", "JPEG2000"])
def test_lossy_formats_come_back_closely(file_format):
    smooth = np.asarray(Image.fromarray(corners()).resize((64, 64), Image.Resampling.BICUBIC))
    found = decode(encoded(Image.fromarray(smooth), file_format, quality=95)).pixels
    assert np.abs(found.astype(int) - smooth).mean() < 8


def test_a_gray_picture_has_one_channel():
    assert decode(png(NOISE[:, :, 0])).pixels.shape == (20, 30, 1)


def test_the_extension_counts_for_nothing(tmp_path):
    path = tmp_path / "picture.jpg"
    path.write_bytes(png())
    np.testing.assert_array_equal(read(path, Geometry(channels=3, height=20, width=30)), NOISE.transpose(2, 0, 1))


@pytest.mark.parametrize(
    ("orientation", "undo"),
    [
        (1, lambda a: a),
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (4, lambda a: a[::-1]),
        (5, lambda a: a.transpose(1, 0, 2)),
        (6, lambda a: np.rot90(a, -1)),
        (7, lambda a: a[::-1, ::-1].transpose(1, 0, 2)),
        (8, np.rot90),
    ],
)
@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
def test_each_exif_orientation_is_applied(orientation, undo, file_format):
    options = {"lossless": True} if file_format == "WEBP" else {}
    picture = decode(with_orientation(Image.fromarray(corners()), orientation, file_format, **options))
    np.testing.assert_array_equal(picture.pixels, undo(corners()))
    assert picture.facts.rotated == (orientation != 1)
    assert (picture.facts.height, picture.facts.width) == picture.pixels.shape[:2]


def test_a_turned_photo_is_turned_also_when_it_is_shrunk_while_decoding():
    big = Image.fromarray(corners()).resize((960, 640), Image.Resampling.NEAREST)
    data = with_orientation(big, 6, quality=95)
    small = read(data, Geometry(channels=3, height=48, width=32)).transpose(1, 2, 0)
    assert np.abs(small.astype(int) - np.rot90(corners(), -1)).mean() < 12


def test_shrinking_while_decoding_changes_little():
    rough = np.kron(GENERATOR.integers(0, 256, (16, 16, 3), dtype=np.uint8), np.ones((40, 40, 1), dtype=np.uint8))
    data = encoded(Image.fromarray(rough), "JPEG", quality=95)
    geometry = Geometry(channels=3, height=64, width=64)
    whole = np.asarray(Image.open(io.BytesIO(data)).resize((64, 64), Image.Resampling.BICUBIC))
    assert np.abs(read(data, geometry).transpose(1, 2, 0).astype(int) - whole).mean() < 3


def test_a_small_jpeg_is_never_shrunk_while_decoding():
    data = encoded(Image.fromarray(NOISE), "JPEG")
    np.testing.assert_array_equal(
        read(data, Geometry(channels=3, height=20, width=30)),
        np.asarray(Image.open(io.BytesIO(data))).transpose(2, 0, 1),
    )


def test_broken_exif_does_not_stop_a_picture():
    data = encoded(Image.fromarray(NOISE), "JPEG", exif=b"Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff rubbish")
    assert decode(data).pixels.shape == (20, 30, 3)


def test_an_orientation_out_of_range_counts_as_none():
    assert not decode(with_orientation(Image.fromarray(NOISE), 99)).facts.rotated


def test_the_first_frame_of_an_animation_is_taken():
    frames = [Image.fromarray(np.full((8, 8), value, dtype=np.uint8)) for value in (40, 200)]
    picture = decode(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert picture.facts.frames
    assert set(picture.pixels.flatten().tolist()) == {40}


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_half_a_file_is_unreadable(file_format):
    data = encoded(Image.fromarray(NOISE), file_format)
    with pytest.raises(UnreadableImageError, match="cannot be decoded") as caught:
        decode(data[: len(data) // 2])
    assert caught.value.status == "unreadable"


def test_a_damaged_png_with_xmp_is_unreadable_too():
    # Pillow's getexif of such a file loads the pixels, and what fails there would pass as loaded afterwards.
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", "<x/>")
    data = bytearray(encoded(Image.fromarray(NOISE), "PNG", pnginfo=info))
    middle = data.index(b"IDAT") + 200
    data[middle : middle + 40] = bytes(40)
    with pytest.raises(UnreadableImageError):
        decode(bytes(data))


def test_exif_behind_the_pixels_of_a_png_is_found():
    data = with_orientation(Image.fromarray(corners()), 3, "PNG")
    start = data.index(b"eXIf") - 4
    length = int.from_bytes(data[start : start + 4], "big") + 12
    chunk = data[start : start + length]
    end = data.index(b"IEND") - 4
    moved = data[:start] + data[start + length : end] + chunk + data[end:]
    np.testing.assert_array_equal(decode(moved).pixels, corners()[::-1, ::-1])


def test_reasons_name_no_addresses():
    with pytest.raises(UnreadableImageError) as caught:
        decode(b"\x89PNG\r\n\x1a\n rubbish")
    assert "0x" not in caught.value.reason


def test_too_many_pixels_are_refused_before_they_are_decoded():
    data = png(np.zeros((100, 100), dtype=np.uint8))
    with pytest.raises(UnreadableImageError, match="100 x 100") as caught:
        decode(data, limits=Limits(pixels=9_999))
    assert caught.value.status == "too large"


def test_a_side_that_is_too_long_is_refused():
    with pytest.raises(UnreadableImageError, match="side above 99") as caught:
        inspect(png(np.zeros((1, 100), dtype=np.uint8)), limits=Limits(side=99))
    assert caught.value.status == "too large"


def test_too_many_bytes_are_refused():
    with pytest.raises(UnreadableImageError, match="bytes") as caught:
        decode(png(), limits=Limits(n_bytes=10))
    assert caught.value.status == "too large"


def test_a_bomb_is_too_large():
    # 60,000 x 60,000 pixels announced by a few bytes.
    header = b"P5 60000 60000 255\n"
    with pytest.raises(UnreadableImageError) as caught:
        decode(header)
    assert caught.value.status == "too large"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")
def test_a_named_pipe_is_never_opened(tmp_path):
    pipe = tmp_path / "x.jpg"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableImageError, match="not a regular file"):
        read(pipe, Geometry(channels=3, height=8, width=8))


def test_read_gives_channels_first():
    found = read(png(), Geometry(channels=3, height=20, width=30))
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, NOISE.transpose(2, 0, 1))


def test_read_and_decode_agree():
    geometry = Geometry(channels=1, height=11, width=7, fit="pad")
    np.testing.assert_array_equal(read(png(), geometry), decode(png(), geometry=geometry).pixels.transpose(2, 0, 1))


def test_a_header_is_enough_to_inspect():
    data = png()
    undecoded = inspect(data[: data.index(b"IDAT") + 60])
    assert (undecoded.facts.width, undecoded.facts.height) == (30, 20)
    with pytest.raises(UnreadableImageError):
        undecoded.decode()


def test_warnings_are_silent_and_their_filters_come_back():
    palette = Image.fromarray(NOISE[:, :, 0]).convert("P")
    data = encoded(palette, "PNG", transparency=bytes(range(256)))
    before = list(warnings.filters)
    threads = [threading.Thread(target=lambda: [decode(data) for _ in range(20)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert warnings.filters == before


@pytest.mark.data
def test_bad_images_end_as_pictures_or_reasons():
    archive = Path(os.environ.get("LINNET_DATA", "")) / "bad-images.zip"
    if not archive.is_file():
        pytest.skip("bad-images.zip is not under LINNET_DATA")
    pictures, refusals = [], []
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            try:
                pictures.append(decode(files.read(name)))
            except UnreadableImageError as error:
                refusals.append(error)
    assert len(pictures) > 80
    for picture in pictures:
        facts = picture.facts
        assert picture.pixels.dtype == np.uint8
        assert picture.pixels.shape == (facts.height, facts.width, facts.channels)
    assert all(error.reason and error.status in ("unreadable", "too large", "ignored") for error in refusals)
