import numpy as np
import pytest
from PIL import Image

from linnet.images import heat

GENERATOR = np.random.default_rng(0)
PICTURE = GENERATOR.integers(0, 256, (3, 20, 30), dtype=np.uint8)
RELEVANCE = GENERATOR.normal(size=(20, 30)).astype(np.float32)


def oklch(color):
    """Lightness, chroma and hue in degrees of an sRGB color, by the published matrices of Oklab."""
    c = np.array(color) / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(
        np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                  [0.0883024619, 0.2817188376, 0.6299787005]]) @ linear
    )  # fmt: skip
    lightness, a, b = (
        np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                  [0.0259040371, 0.7827717662, -0.8086757660]]) @ cones
    )  # fmt: skip
    return lightness, np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360


def test_neither_hue_looks_stronger_than_the_other():
    warm, cool = oklch(heat.FOR), oklch(heat.AGAINST)
    assert warm[0] == pytest.approx(cool[0], abs=0.005)
    assert warm[1] == pytest.approx(cool[1], abs=0.005)
    assert 30 < warm[2] < 80
    assert 230 < cool[2] < 270


def test_the_two_hues_differ_in_blue_which_every_common_color_vision_sees():
    assert abs(heat.FOR[2] - heat.AGAINST[2]) > 200


def test_no_relevance_shows_the_plain_gray_picture():
    shown = heat.overlay(PICTURE, np.zeros((20, 30)))
    assert shown.dtype == np.uint8
    gray = np.asarray(Image.fromarray(PICTURE.transpose(1, 2, 0)).convert("L"))
    assert (shown == gray[:, :, None]).all()


def test_a_gray_picture_stays_as_it_is_where_nothing_speaks():
    relevance = np.zeros((20, 30))
    relevance[:10] = 1
    shown = heat.overlay(PICTURE[:1], relevance)
    assert (shown[10:] == PICTURE[0, 10:, :, None]).all()
    assert not (shown[:10] == PICTURE[0, :10, :, None]).all()


def test_gray_is_what_pillow_makes_of_every_color():
    every = np.stack(np.meshgrid(*[np.arange(0, 256, 5, dtype=np.uint8)] * 3)).reshape(3, 52, -1)
    gray = np.asarray(Image.fromarray(np.ascontiguousarray(every.transpose(1, 2, 0))).convert("L"))
    assert (heat.grayed(every) == gray).all()


def test_for_is_orange_against_is_blue_and_full_strength_covers_the_picture():
    relevance = np.array([[1.0, -1.0, 0.0]])
    picture = np.full((1, 1, 3), 128, dtype=np.uint8)
    assert heat.overlay(picture, relevance, strength=1.0).tolist() == [
        [list(heat.FOR), list(heat.AGAINST), [128, 128, 128]]
    ]


def test_half_strength_is_halfway_between_gray_and_hue():
    shown = heat.overlay(np.full((1, 1, 1), 101, dtype=np.uint8), np.array([[3.0]]), strength=0.5)
    assert shown[0, 0].tolist() == [163, 111, 64]


def test_the_scale_is_the_same_on_both_sides_of_zero():
    assert np.allclose(heat.levels(-RELEVANCE), -heat.levels(RELEVANCE))


@pytest.mark.parametrize("factor", [1e-20, 0.5, 1e20])
def test_the_scale_is_each_pictures_own(factor):
    assert np.allclose(heat.levels(RELEVANCE.astype(np.float64) * factor), heat.levels(RELEVANCE), atol=1e-6)


def test_one_pixel_does_not_swallow_the_scale():
    loud = RELEVANCE.copy()
    loud[3, 4] = 50 * np.abs(RELEVANCE).max()
    assert heat.levels(loud)[3, 4] == 1
    others = np.ones_like(loud, dtype=bool)
    others[3, 4] = False
    assert np.allclose(heat.levels(loud)[others], heat.levels(RELEVANCE)[others], rtol=0.2, atol=0.05)


def test_one_pixel_alone_is_seen():
    alone = np.zeros((100, 100), dtype=np.float32)
    alone[7, 7] = -0.25
    assert heat.levels(alone)[7, 7] == -1
    assert np.count_nonzero(heat.levels(alone)) == 1


def test_levels_keep_order_and_sign():
    order = np.argsort(RELEVANCE, axis=None)
    level = heat.levels(RELEVANCE).ravel()[order]
    assert (np.diff(level) >= 0).all()
    assert (np.sign(heat.levels(RELEVANCE)) == np.sign(RELEVANCE)).all()


def test_no_relevance_at_all_is_level_zero():
    assert not heat.levels(np.zeros((2, 2))).any()
    assert heat.levels(np.zeros((0, 3))).shape == (0, 3)
