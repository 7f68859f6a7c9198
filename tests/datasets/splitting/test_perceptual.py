import numpy as np
import pytest
import torch

from linnet.datasets.splitting.perceptual import area_average, batch_size_for, join_looks, looks_of, richness_of
from photos import mirrored, photos


def looks(pixels):
    return looks_of(np.ascontiguousarray(pixels))


def averaged_by_hand(image, side):
    """Average over a fine grid in which old and new pixels both fit a whole number of times."""
    h, w = image.shape
    fine = np.kron(image, np.ones((side, side)))
    return fine.reshape(side, h, side, w).mean((1, 3))


@pytest.mark.parametrize(("shape", "side"), [((5, 7), 3), ((8, 8), 32), ((28, 28), 32), ((6, 4), 2), ((4, 4), 4)])
def test_area_averages_are_those_of_a_fine_grid(shape, side):
    image = np.random.default_rng(0).uniform(0, 255, shape)
    averaged = area_average(image.astype(np.float32)[None], side)[0]
    np.testing.assert_allclose(averaged, averaged_by_hand(image, side), rtol=1e-4)


def test_mirroring_turns_odd_signs_that_count_and_leaves_even_ones():
    pixels = photos(20)
    straight, turned = looks(pixels), looks(np.stack([mirrored(p) for p in pixels]))
    counts_even = straight.words[:, 2] & turned.words[:, 2]
    counts_odd = straight.words[:, 3] & turned.words[:, 3]
    assert np.bitwise_count(counts_odd).min() > 20
    assert not np.any((straight.words[:, 0] ^ turned.words[:, 0]) & counts_even)
    np.testing.assert_array_equal((straight.words[:, 1] ^ turned.words[:, 1]) & counts_odd, counts_odd)


def test_the_hash_holds_the_signs_of_the_cosine_transform():
    from scipy.fft import dctn

    pixels = photos(3, size=32, channels=1)
    words = looks(pixels).words
    for image, row in zip(pixels[:, 0].astype(float), words, strict=True):
        frequencies = dctn(image, norm="ortho")[:8, :8]
        frequencies[0, 0] = 0
        for part, word, counts in ((frequencies[:, 0::2], row[0], row[2]), (frequencies[:, 1::2], row[1], row[3])):
            for bit, value in enumerate(part.flatten()):
                if abs(value) > 4.01:
                    assert (int(counts) >> bit) & 1
                    assert (int(word) >> bit) & 1 == (value > 0)
                elif abs(value) < 3.99:
                    assert not (int(counts) >> bit) & 1


def test_brightness_does_not_touch_hash_or_thumbnail():
    pixels = photos(5) // 2
    darker, brighter = looks(pixels), looks(pixels + 60)
    np.testing.assert_array_equal(darker.words, brighter.words)
    assert np.abs(darker.gray.astype(int) - brighter.gray).max() <= 1


def test_a_gray_picture_looks_like_its_color_copy():
    gray = photos(4, channels=1)
    one, three = looks(gray), looks(np.repeat(gray, 3, axis=1))
    np.testing.assert_allclose(one.gray, three.gray, atol=1)
    assert one.color.shape == (4, 0)
    assert np.abs(three.color).max() == 0


def test_colors_are_differences_to_gray():
    red = np.zeros((1, 3, 8, 8), np.uint8)
    red[:, 0] = 200
    blue_difference, red_difference = looks(red).color.reshape(2, 64)
    assert set(red_difference) == {round(0.713 * 200 * (1 - 0.299))}
    assert set(blue_difference) == {round(-0.564 * 200 * 0.299)}


def test_pictures_with_nothing_on_them_are_flat():
    plain = np.full((2, 1, 16, 16), 90, np.uint8)
    plain[1, 0, 3, 3] = 100
    assert looks(plain).is_flat.tolist() == [True, True]
    assert not looks(photos(3)).is_flat.any()


def test_one_detail_has_richness_one_and_equal_details_have_255():
    halves = np.zeros((1, 16, 16), np.float32)
    halves[:, :, 8:] = 100.0
    assert richness_of(halves).item() == pytest.approx(1)
    # a sum of all Haar wavelets with weight one: build it by inverting level after level
    rest = np.zeros((1, 1, 1), np.float32)
    while rest.shape[-1] < 16:
        side = 2 * rest.shape[-1]
        finer = np.zeros((1, side, side), np.float32)
        finer[:, ::2, ::2] = (rest + 3) / 2
        finer[:, ::2, 1::2] = (rest - 1) / 2
        finer[:, 1::2, ::2] = (rest - 1) / 2
        finer[:, 1::2, 1::2] = (rest - 1) / 2
        rest = finer
    assert richness_of(rest).item() == pytest.approx(255, rel=1e-4)


def test_noise_is_richer_than_a_line():
    line = np.zeros((1, 1, 28, 28), np.uint8)
    line[:, :, 4:24, 13:15] = 255
    assert looks(line).richness[0] < 40
    assert looks(photos(5, channels=1)).richness.min() > 40


def test_batches_do_not_matter():
    pixels = photos(12)
    whole, parts = looks(pixels), join_looks([looks(pixels[:5]), looks(pixels[5:])])
    np.testing.assert_array_equal(whole.words, parts.words)
    assert np.abs(whole.gray.astype(int) - parts.gray).max() <= 1


def test_no_pictures_have_no_looks():
    assert looks(np.zeros((0, 3, 8, 8), np.uint8)).words.shape == (0, 4)


def test_batches_hold_fewer_big_pictures():
    small, big = (torch.zeros((1, 3, side, side), dtype=torch.uint8) for side in (8, 512))
    assert batch_size_for(small) > batch_size_for(big) >= 1
