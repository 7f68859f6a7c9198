import io

import numpy as np
import pytest
from PIL import Image

from linnet.images import thumbnails
from linnet.images.png import encode_png
from linnet.images.thumbnails import encode_thumbnail

GENERATOR = np.random.default_rng(0)


def opened(data):
    return Image.open(io.BytesIO(data))


def photograph(channels, height, width):
    """A smooth picture with a little noise, as cameras make them."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    waves = [128 + 100 * np.sin(5 * x + 3 * y + phase) for phase in range(channels)]
    return (np.stack(waves) + GENERATOR.normal(0, 4, (channels, height, width))).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [1, 8, 28, 32, 64])
def test_small_pictures_lose_nothing(channels, side):
    pixels = GENERATOR.integers(0, 256, (channels, side, side), dtype=np.uint8)
    found = np.asarray(opened(encode_thumbnail(pixels, longest_side=112)).convert("RGB")).transpose(2, 0, 1)
    assert (found == pixels).all()


def test_small_pictures_are_no_longer_than_as_png():
    for pixels in (photograph(3, 32, 32), photograph(1, 28, 28), np.zeros((1, 8, 8), dtype=np.uint8)):
        assert len(encode_thumbnail(pixels, longest_side=112)) <= len(encode_png(pixels))


def test_large_pictures_are_scaled_down_and_keep_their_shape():
    assert opened(encode_thumbnail(photograph(3, 90, 180), longest_side=112)).size == (112, 56)


def test_large_pictures_are_a_fraction_of_their_png_and_look_alike():
    pixels = photograph(3, 112, 112)
    data = encode_thumbnail(pixels, longest_side=112)
    assert 3 * len(data) < len(encode_png(pixels))
    found = np.asarray(opened(data).convert("RGB")).transpose(2, 0, 1).astype(float)
    assert np.abs(found - pixels).mean() < 5


@pytest.mark.parametrize(("side", "kind"), [(32, "PNG"), (112, "JPEG")])
def test_where_pillow_lacks_webp_others_take_its_place(monkeypatch, side, kind):
    monkeypatch.setattr(thumbnails.features, "check", lambda name: False)
    data = encode_thumbnail(photograph(3, side, side), longest_side=112)
    assert opened(data).format == kind


@pytest.mark.parametrize("side", [20, 100])
def test_the_same_pixels_make_the_same_bytes(side):
    pixels = photograph(3, side, side)
    assert encode_thumbnail(pixels, longest_side=112) == encode_thumbnail(pixels.copy(), longest_side=112)
