import math

import pytest
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from augmenting import augmented, draws, floats
from linnet.errors import ConfigError
from linnet.transforms.augmentations.scale import Scale


def test_pictures_grow_and_shrink_by_their_own_factors():
    images = floats(8)
    factors = torch.exp(draws(8).uniform("factor", math.log(0.5), math.log(2)))
    result = augmented(Scale(low=0.5, high=2.0), images)
    for i, factor in enumerate(factors.tolist()):
        expected = reference.affine(
            images[i], 0.0, [0.0, 0.0], factor, [0.0, 0.0], interpolation=InterpolationMode.BILINEAR
        )
        assert torch.allclose(result[i], expected, atol=2e-5)


def test_half_is_as_likely_as_twice():
    disk = torch.zeros(2000, 1, 33, 33)
    disk[:, :, 12:21, 12:21] = 1
    areas = augmented(Scale(low=0.5, high=2.0), disk).flatten(1).sum(1) / 81
    assert float((areas > 1).float().mean()) == pytest.approx(0.5, abs=0.04)


def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(ConfigError, match=r"scale.low should be at most scale.high; they are 2.0 and 1.25"):
        Scale(low=2.0)
