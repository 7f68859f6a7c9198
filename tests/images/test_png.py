import io

import numpy as np
import pytest
from PIL import Image

from linnet.images.png import encode_png


@pytest.mark.parametrize("shape", [(1, 5, 7), (3, 5, 7)])
def test_pixels_come_back_as_they_were(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    read = np.asarray(Image.open(io.BytesIO(encode_png(pixels))))
    expected = pixels[0] if shape[0] == 1 else pixels.transpose(1, 2, 0)
    assert (read == expected).all()


def test_large_pictures_are_scaled_down_and_small_ones_are_not():
    large, small = np.zeros((3, 100, 50), dtype=np.uint8), np.zeros((1, 8, 8), dtype=np.uint8)
    assert Image.open(io.BytesIO(encode_png(large, longest_side=40))).size == (20, 40)
    assert Image.open(io.BytesIO(encode_png(small, longest_side=40))).size == (8, 8)


def test_the_same_pixels_give_the_same_bytes():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 9, 9), dtype=np.uint8)
    assert encode_png(pixels) == encode_png(pixels.copy())
