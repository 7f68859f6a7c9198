import math

import numpy as np
import pytest
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from augmenting import floats
from linnet.transforms.augmentations import warping
from linnet.transforms.augmentations.warping import warped
from linnet.transforms.draws import Draws

BILINEAR = InterpolationMode.BILINEAR


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


def affine(images, *, angle=0.0, translate=(0.0, 0.0), scale=1.0, shear=(0.0, 0.0)):
    return reference.affine(images, angle, list(translate), scale, list(shear), interpolation=BILINEAR)


@pytest.mark.parametrize("shape", [(3, 9, 12), (1, 16, 16), (3, 13, 6)], ids=str)
class TestAgainstTorchvision:
    def test_rotation(self, shape):
        images = floats(3, shape)
        result = warped(images, warping.rotation(numbers(20, -45, 170) * math.pi / 180), edge="zero")
        for i, angle in enumerate((20.0, -45.0, 170.0)):
            assert torch.allclose(result[i], affine(images[i], angle=angle), atol=2e-5)

    def test_scaling(self, shape):
        images = floats(2, shape)
        result = warped(images, warping.scaling(numbers(0.7, 1.6)), edge="zero")
        for i, factor in enumerate((0.7, 1.6)):
            assert torch.allclose(result[i], affine(images[i], scale=factor), atol=2e-5)

    def test_shearing(self, shape):
        images = floats(2, shape)
        angles = (12.0, -30.0)
        slopes = torch.tan(numbers(*angles) * math.pi / 180)
        result = warped(images, warping.shearing(slopes, 0.0, slopes), edge="zero")
        for i, angle in enumerate(angles):
            assert torch.allclose(result[i], affine(images[i], shear=(angle, 0.0)), atol=2e-5)
        result = warped(images, warping.shearing(0.0, slopes, slopes), edge="zero")
        for i, angle in enumerate(angles):
            assert torch.allclose(result[i], affine(images[i], shear=(0.0, angle)), atol=2e-5)

    def test_shifting(self, shape):
        images = floats(2, shape)
        result = warped(images, warping.shifting(numbers(2, -1), numbers(-3, 0), numbers(0, 0)), edge="zero")
        for i, translate in enumerate(((2.0, -3.0), (-1.0, 0.0))):
            assert torch.allclose(result[i], affine(images[i], translate=translate), atol=2e-5)

    def test_perspective(self, shape):
        images = floats(1, shape)
        _, h, w = shape
        start = [[0, 0], [w, 0], [w, h], [0, h]]
        end = [[1, 2], [w - 1, 0], [w, h - 2], [2, h - 1]]
        corners = numbers(*[[x - w / 2, y - h / 2] for x, y in end])[None]
        result = warped(images, warping.to_corners(corners, h, w), edge="zero")
        expected = reference.perspective(images[0], start, end, interpolation=BILINEAR)
        assert torch.allclose(result[0], expected, atol=1e-3)


def test_corners_go_where_they_are_sent():
    corners = numbers(*[[-4.0, -3.0], [5.0, -4.0], [4.0, 3.0], [-5.0, 2.0]])[None]
    source = warping.to_corners(corners, 10, 12)[0]
    for sent, own in zip(corners[0], ([-6, -5], [6, -5], [6, 5], [-6, 5]), strict=True):
        x, y, weight = source @ torch.cat([sent, torch.ones(1, dtype=torch.float64)])
        assert np.allclose([float(x / weight), float(y / weight)], own, atol=1e-9)


def test_corners_that_stay_make_the_identity():
    corners = numbers(*[[-6.0, -5.0], [6.0, -5.0], [6.0, 5.0], [-6.0, 5.0]])[None]
    source = warping.to_corners(corners, 10, 12)[0]
    assert torch.allclose(source / source[2, 2], torch.eye(3, dtype=torch.float64), atol=1e-12)


def test_positive_angles_turn_clockwise():
    images = torch.zeros(1, 1, 5, 5)
    images[0, 0, 0, 2] = 1  # at the top
    result = warped(images, warping.rotation(numbers(math.pi / 2)), edge="zero")
    assert float(result[0, 0, 2, 4]) == pytest.approx(1, abs=1e-5)  # to the right


def test_mirror_images_come_in_where_that_is_wanted():
    images = torch.full((1, 1, 8, 8), 0.5)
    turned = warping.rotation(numbers(0.7))
    assert torch.allclose(warped(images, turned, edge="reflect"), images, atol=1e-6)
    assert float(warped(images, turned, edge="zero").min()) == 0


def test_angles_are_drawn_both_ways_up_to_the_largest():
    draws = Draws(seed=0, epoch=0, rows=np.arange(4000))
    found = warping.angles(draws, "turn", 90.0)
    assert float(found.abs().max()) <= math.pi / 2
    assert float(found.max()) == pytest.approx(math.pi / 2, rel=0.01)
    assert float(found.min()) == pytest.approx(-math.pi / 2, rel=0.01)
    assert float(found.mean()) == pytest.approx(0.0, abs=0.05)
