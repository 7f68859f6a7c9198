import numpy as np
import pytest
import torch
from PIL import Image

from linnet.transforms.resize import shrink, shrunk_shape


def noise(n, c, h, w, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (n, c, h, w), dtype=np.uint8))


@pytest.mark.parametrize(
    ("shape", "max_side", "expected"),
    [
        ((3, 64, 32), 32, (3, 32, 16)),
        ((3, 32, 64), 32, (3, 16, 32)),
        ((1, 28, 28), 32, (1, 28, 28)),
        ((1, 32, 32), 32, (1, 32, 32)),
        ((3, 500, 300), 0, (3, 500, 300)),
        ((3, 300, 200), 32, (3, 32, 21)),
        ((1, 1000, 2), 32, (1, 32, 1)),
        ((1, 5, 9), 1, (1, 1, 1)),
    ],
)
def test_the_longer_side_becomes_max_side_and_the_other_keeps_its_share(shape, max_side, expected):
    assert shrunk_shape(shape, max_side) == expected
    assert shrink(torch.zeros(2, *shape, dtype=torch.uint8), max_side).shape == (2, *expected)


def test_small_pictures_and_max_side_0_give_the_very_same_pixels():
    images = noise(2, 3, 10, 12)
    assert shrink(images, 12) is images
    assert shrink(images, 0) is images


def test_a_constant_picture_stays_that_constant():
    images = torch.full((1, 3, 50, 37), 201, dtype=torch.uint8)
    assert torch.equal(shrink(images, 16), torch.full((1, 3, 16, 12), 201, dtype=torch.uint8))


def test_one_value_for_all_is_near_the_mean_of_all():
    # The weights of neighboring pixels fall off linearly, so that edges count less than the middle.
    images = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    images[:, :, :, 4:] = 100
    assert shrink(images, 1).flatten().tolist() == [50]


def test_shrinking_averages_and_does_not_skip_pixels():
    stripes = torch.zeros(1, 1, 64, 64, dtype=torch.uint8)
    stripes[:, :, ::2] = 255
    inner = shrink(stripes, 16)[0, 0, 1:-1]
    assert 120 < int(inner.min()) <= int(inner.max()) < 136


def test_it_agrees_with_pillows_bilinear_filter():
    images = noise(1, 3, 60, 45)
    pillow = Image.fromarray(images[0].permute(1, 2, 0).numpy()).resize((15, 20), Image.Resampling.BILINEAR)
    expected = torch.from_numpy(np.array(pillow)).permute(2, 0, 1)
    assert int((shrink(images, 20)[0].int() - expected.int()).abs().max()) <= 1


def test_floats_stay_floats_in_0_to_1_and_agree_with_bytes():
    images = noise(3, 1, 40, 40)
    floats = shrink(images.float() / 255, 10)
    assert floats.dtype == torch.float32
    assert 0 <= float(floats.min()) <= float(floats.max()) <= 1
    assert float((255 * floats - shrink(images, 10)).abs().max()) <= 0.5 + 1e-3


def test_the_extreme_levels_are_reached_and_not_passed():
    checkers = (noise(1, 1, 40, 40) > 127).to(torch.uint8) * 255
    checkers[:, :, :20] = 255
    small = shrink(checkers, 10)
    assert int(small.max()) == 255
    assert int(small[0, 0, 0, 0]) == 255


def test_pictures_do_not_mix_within_a_batch():
    images = noise(5, 3, 48, 36)
    alone = torch.cat([shrink(image[None], 12) for image in images])
    assert torch.equal(shrink(images, 12), alone)


def test_no_pictures_are_no_pictures_of_the_new_size():
    assert shrink(torch.zeros(0, 3, 64, 64, dtype=torch.uint8), 32).shape == (0, 3, 32, 32)


def test_white_has_a_slope_although_rounding_lifts_it_above_one():
    images = torch.full((1, 1, 50, 50), 1.0, requires_grad=True)
    small = shrink(images, 32)
    assert torch.equal(small, shrink(images.detach(), 32))
    assert float(small.detach().max()) <= 1
    (slopes,) = torch.autograd.grad(small.sum(), images)
    # Every pixel of the small picture is a mean, so that the slopes sum to their number.
    assert float(slopes.sum()) == pytest.approx(32 * 32, rel=1e-4)
