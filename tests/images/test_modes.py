import struct

import numpy as np
import pytest
from PIL import Image

from linnet.images import decode
from pictures import encoded

RAMP = np.arange(65536, dtype=np.uint16).reshape(256, 256)


def tiff(values, *, bits, sample_format=1, photometric=1, endian="<"):
    """Write an uncompressed one-strip gray TIFF by hand: Pillow cannot write all kinds that it reads."""
    height, width = values.shape
    data = values.tobytes()
    entries = [(256, 4, width), (257, 4, height), (258, 3, bits), (259, 3, 1), (262, 3, photometric), (273, 4, 8)]
    entries += [(277, 3, 1), (278, 4, height), (279, 4, len(data)), (339, 3, sample_format)]
    directory = struct.pack(endian + "H", len(entries))
    for tag, kind, value in entries:
        padded = struct.pack(endian + "HH", value, 0) if kind == 3 else struct.pack(endian + "I", value)
        directory += struct.pack(endian + "HHI", tag, kind, 1) + padded
    mark = b"II*\0" if endian == "<" else b"MM\0*"
    return mark + struct.pack(endian + "I", 8 + len(data)) + data + directory + struct.pack(endian + "I", 0)


def assert_full_ramp(pixels):
    flat = pixels[:, :, 0].flatten().astype(int)
    assert np.all(np.diff(flat) >= 0)
    assert np.unique(flat).tolist() == list(range(256))
    np.testing.assert_array_equal(flat, np.floor(np.arange(65536) / 257 + 0.5))


def test_a_16_bit_png_ramp_keeps_256_levels():
    assert_full_ramp(decode(encoded(Image.fromarray(RAMP), "PNG")).pixels)


@pytest.mark.parametrize(("dtype", "endian"), [("<u2", "<"), (">u2", ">")])
def test_a_16_bit_tiff_ramp_keeps_256_levels_in_either_byte_order(dtype, endian):
    assert_full_ramp(decode(tiff(RAMP.astype(dtype), bits=16, endian=endian)).pixels)


def test_a_16_bit_pgm_ramp_keeps_256_levels():
    assert_full_ramp(decode(b"P5 256 256 65535\n" + RAMP.astype(">u2").tobytes()).pixels)


def test_white_is_zero_is_turned_around():
    pixels = decode(tiff(RAMP.astype("<u2"), bits=16, photometric=0)).pixels[:, :, 0]
    assert (pixels[0, 0], pixels[-1, -1]) == (255, 0)


def test_12_bits_that_are_declared_fill_the_range():
    # Two values of 12 bits in three bytes: 0x000, 0xfff.
    values = np.frombuffer(b"\x00\x0f\xff" * 4, dtype=np.uint8).reshape(4, 3)
    data = tiff(values, bits=12).replace(
        struct.pack("<HHI", 256, 4, 1) + struct.pack("<I", 3), struct.pack("<HHII", 256, 4, 1, 2)
    )
    assert decode(data).pixels[0, :, 0].tolist() == [0, 255]


def test_floats_from_0_to_1_are_taken_at_their_word():
    values = np.linspace(0.25, 0.75, 64, dtype=np.float32).reshape(8, 8)
    np.testing.assert_array_equal(
        decode(encoded(Image.fromarray(values), "TIFF")).pixels[:, :, 0], np.floor(values.astype(float) * 255 + 0.5)
    )


def test_other_floats_are_stretched_from_smallest_to_largest():
    values = np.linspace(-300, 900, 64, dtype=np.float32).reshape(8, 8)
    pixels = decode(encoded(Image.fromarray(values), "TIFF")).pixels[:, :, 0].flatten().astype(int)
    assert (pixels[0], pixels[-1]) == (0, 255)
    assert np.all(np.diff(pixels) >= 4)


def test_not_a_number_is_black_and_infinity_white():
    values = np.array([[np.nan, np.inf, -np.inf, 0.5]], dtype=np.float32)
    assert decode(encoded(Image.fromarray(values), "TIFF")).pixels[0, :, 0].tolist() == [0, 255, 0, 128]


def test_a_float_picture_without_any_number_is_black():
    assert not decode(encoded(Image.fromarray(np.full((3, 3), np.nan, dtype=np.float32)), "TIFF")).pixels.any()


def test_a_constant_float_picture_does_not_divide_by_zero():
    assert not decode(encoded(Image.fromarray(np.full((3, 3), 7, dtype=np.float32)), "TIFF")).pixels.any()


def test_signed_integers_are_stretched():
    values = np.array([[-5, 0, 5]], dtype=np.int32)
    assert decode(encoded(Image.fromarray(values), "TIFF")).pixels[0, :, 0].tolist() == [0, 128, 255]


def test_small_integers_in_a_wide_type_are_an_8_bit_picture():
    values = np.arange(256, dtype=np.int32).reshape(16, 16)
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(values), "TIFF")).pixels[:, :, 0], values)


def test_middling_integers_in_a_wide_type_are_16_bit():
    values = np.array([[0, 257, 65535]], dtype=np.int32)
    assert decode(encoded(Image.fromarray(values), "TIFF")).pixels[0, :, 0].tolist() == [0, 1, 255]


@pytest.mark.parametrize("alpha", [0, 51, 128, 255])
def test_alpha_lies_over_white(alpha):
    color = np.array([200, 100, 0])
    image = Image.new("RGBA", (2, 2), (*color.tolist(), alpha))
    expected = color * (alpha / 255) + 255 * (1 - alpha / 255)
    for file_format, options in (("PNG", {}), ("WEBP", {"lossless": True, "exact": True}), ("TIFF", {})):
        picture = decode(encoded(image, file_format, **options))
        np.testing.assert_allclose(picture.pixels[0, 0], expected, atol=1)


def test_gray_with_alpha_stays_gray_over_white():
    picture = decode(encoded(Image.new("LA", (2, 2), (100, 51)), "PNG"))
    assert picture.pixels.shape == (2, 2, 1)
    assert abs(int(picture.pixels[0, 0, 0]) - (100 * 0.2 + 255 * 0.8)) <= 1


def test_premultiplied_alpha_lies_over_white():
    # Associated alpha: stored colors are multiplied by alpha already. 40 = 200 * 0.2.
    rgba = bytes([40, 20, 0, 51])
    entries = [(256, 1), (257, 1), (259, 1), (262, 2), (277, 4), (278, 1), (279, 4), (284, 1), (338, 1)]
    fields = {tag: struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in entries}
    fields[258] = struct.pack("<HHII", 258, 3, 4, 8)
    fields[273] = struct.pack("<HHII", 273, 4, 1, 16)
    directory = struct.pack("<H", len(fields)) + b"".join(fields[tag] for tag in sorted(fields)) + bytes(4)
    data = b"II*\0" + struct.pack("<I", 20) + struct.pack("<4H", 8, 8, 8, 8) + rgba + directory
    np.testing.assert_allclose(decode(data).pixels[0, 0], [40 + 204, 20 + 204, 204], atol=2)


def test_a_transparent_palette_entry_is_white():
    image = Image.new("P", (4, 1))
    image.putpalette([10, 20, 30, 40, 50, 60] + [0] * 762)
    image.putdata([0, 1, 0, 1])
    picture = decode(encoded(image, "PNG", transparency=1))
    assert picture.pixels[0].tolist() == [[10, 20, 30], [255, 255, 255]] * 2


def test_a_palette_with_alpha_lies_over_white():
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0] * 256)
    image.putdata([0, 1])
    picture = decode(encoded(image, "PNG", transparency=bytes([255, 51]) + bytes(254)))
    np.testing.assert_allclose(picture.pixels[0, :, 0], [0, 204], atol=1)


@pytest.mark.parametrize(("mode", "color"), [("RGB", (1, 2, 3)), ("L", 7), ("1", 0)])
def test_the_transparent_color_of_a_png_is_white(mode, color):
    image = Image.new(mode, (2, 1), color)
    assert decode(encoded(image, "PNG", transparency=color)).pixels.min() == 255


def test_the_transparent_value_of_a_16_bit_png_is_white():
    values = np.array([[300, 0]], dtype=np.uint16)
    assert decode(encoded(Image.fromarray(values), "PNG", transparency=300)).pixels[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB"])
def test_color_spaces_become_rgb(mode):
    orange = Image.new("RGB", (16, 16), (230, 120, 30))
    if mode == "LAB":
        from PIL import ImageCms

        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        image = ImageCms.profileToProfile(orange, *profiles, outputMode="LAB")
    else:
        image = orange.convert(mode)
    picture = decode(encoded(image, "TIFF"))
    assert picture.facts.mode == mode
    np.testing.assert_allclose(picture.pixels[8, 8].astype(int), [230, 120, 30], atol=6)


def test_an_adobe_cmyk_jpeg_is_not_inverted():
    # Saved by Pillow as Adobe does: inverted, with a marker that says so.
    white = Image.new("CMYK", (16, 16), (0, 0, 0, 0))
    assert decode(encoded(white, "JPEG")).pixels.min() > 240


def test_one_bit_becomes_black_and_white():
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    assert decode(encoded(image, "PNG")).pixels[0, :, 0].tolist() == [0, 255]


def test_notes_say_what_was_done():
    notes = decode(encoded(Image.new("RGBA", (2, 2), (0, 0, 0, 0)), "PNG")).facts.notes()
    assert notes == "transparency laid over white"
