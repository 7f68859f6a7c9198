import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d

from augmenting import augmented, draws, floats
from linnet.errors import ConfigError
from linnet.transforms.augmentations.blur import Blur, blurred


@pytest.mark.parametrize("shape", [(3, 9, 12), (1, 30, 7), (1, 3, 2)], ids=str)
def test_each_picture_is_blurred_by_its_own_width_as_in_scipy(shape):
    images = floats(6, shape)
    result = augmented(Blur(low=0.2, high=2.0), images)
    for i, deviation in enumerate(draws(6).uniform("deviation", 0.2, 2.0).tolist()):
        expected = images[i].numpy().astype(np.float64)
        for axis in (1, 2):
            expected = gaussian_filter1d(expected, deviation, axis=axis, mode="mirror", radius=6)
        assert np.abs(result[i].numpy() - expected).max() < 2e-6


def test_a_width_of_0_changes_nothing():
    images = floats(3)
    assert torch.allclose(blurred(images, torch.zeros(3, dtype=torch.float64), reach=4), images)


def test_flat_pictures_stay_flat():
    images = torch.full((5, 3, 8, 8), 0.7)
    assert torch.allclose(augmented(Blur(low=3.0, high=5.0), images), images, atol=1e-6)


def test_a_range_the_wrong_way_round_is_refused():
    with pytest.raises(ConfigError, match=r"blur.low should be at most blur.high; they are 3.0 and 2.0"):
        Blur(low=3.0)
