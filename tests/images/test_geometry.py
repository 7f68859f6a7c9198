import numpy as np
import pytest
from PIL import Image

from linnet.errors import ConfigError
from linnet.images import Geometry, fit


def geometry(height, width, how="crop", channels=3):
    return Geometry(channels=channels, height=height, width=width, fit=how)


def gradient(height, width):
    """Red grows to the right, green downwards, in steps that survive resizing."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:, :, 0] = np.linspace(0, 255, width)[None, :]
    pixels[:, :, 1] = np.linspace(0, 255, height)[:, None]
    return pixels


def test_the_right_size_stays_as_it_is():
    pixels = gradient(6, 9)
    for how in ("crop", "pad", "squash"):
        np.testing.assert_array_equal(fit(pixels, geometry(6, 9, how)), pixels)


def test_squash_resizes_each_side_by_itself():
    pixels = gradient(40, 80)
    expected = np.asarray(Image.fromarray(pixels).resize((10, 30), Image.Resampling.BICUBIC))
    np.testing.assert_array_equal(fit(pixels, geometry(30, 10, "squash")), expected)


def test_crop_takes_the_middle_of_a_wide_picture():
    pixels = gradient(40, 80)
    expected = np.asarray(Image.fromarray(pixels[:, 20:60]).resize((20, 20), Image.Resampling.BICUBIC))
    assert np.abs(fit(pixels, geometry(20, 20)).astype(int) - expected).max() <= 6


def test_crop_takes_the_middle_of_a_tall_picture():
    pixels = gradient(80, 40)
    middle = fit(pixels, geometry(20, 20))
    assert middle[0, :, 1].max() >= 60
    assert middle[-1, :, 1].min() <= 195
    assert middle[:, 0, 0].max() < 15


def test_crop_without_scaling_moves_no_pixel_by_a_fraction():
    pixels = gradient(8, 11)
    np.testing.assert_array_equal(fit(pixels, geometry(8, 8)), pixels[:, 2:10])


def test_pad_shows_everything_with_black_around():
    pixels = np.full((10, 20, 3), 200, dtype=np.uint8)
    padded = fit(pixels, geometry(20, 20, "pad"))
    assert np.flatnonzero(padded[:, 10, 0]).tolist() == list(range(5, 15))
    assert set(padded[5:15].flatten().tolist()) == {200}


def test_an_extreme_shape_keeps_at_least_one_pixel():
    thin = np.full((1, 3000, 3), 90, dtype=np.uint8)
    assert fit(thin, geometry(16, 16, "pad")).any()
    assert fit(thin, geometry(16, 16, "crop")).shape == (16, 16, 3)


def test_a_single_pixel_fills_any_geometry():
    assert (fit(np.full((1, 1, 1), 77, dtype=np.uint8), geometry(5, 4, channels=1)) == 77).all()


def test_gray_is_repeated_where_three_channels_are_wanted():
    gray = gradient(5, 5)[:, :, :1]
    np.testing.assert_array_equal(fit(gray, geometry(5, 5)), np.repeat(gray, 3, axis=2))


def test_color_becomes_luma_where_one_channel_is_wanted():
    red = np.zeros((4, 4, 3), dtype=np.uint8)
    red[:, :, 0] = 255
    assert fit(red, geometry(4, 4, channels=1))[0, 0].tolist() == [76]  # 0.299 * 255


def test_shrinking_is_antialiased():
    stripes = np.zeros((64, 64, 1), dtype=np.uint8)
    stripes[:, ::2] = 254
    inner = fit(stripes, geometry(8, 8, channels=1))[:, 1:-1]
    assert np.abs(inner.astype(int) - 127).max() <= 3


def test_plain_values_bring_a_geometry_back():
    wanted = geometry(3, 4, "pad", 1)
    assert Geometry.from_plain(wanted.to_plain()) == wanted
    assert wanted.shape == (1, 3, 4)


@pytest.mark.parametrize(
    "wrong",
    [{"channels": 2}, {"height": 0}, {"width": -1}, {"fit": "stretch"}, {"height": 2.5}, {"width": "8"}],
)
def test_impossible_geometries_are_refused(wrong):
    with pytest.raises(ConfigError, match="A geometry wants"):
        Geometry(**{"channels": 3, "height": 8, "width": 8, **wrong})


@pytest.mark.parametrize("plain", [{}, {"channels": 1, "height": 2, "width": 2, "fit": "pad", "x": 1}])
def test_other_keys_are_refused(plain):
    with pytest.raises(ConfigError, match="has the keys"):
        Geometry.from_plain(plain)
