import pytest
import torch

from augmenting import augmented, draws
from linnet.transforms.augmentations.noise import Noise


def test_each_picture_gets_noise_of_its_own_strength():
    images = torch.full((20, 3, 40, 40), 0.5)
    result = augmented(Noise(deviation=0.1), images)
    strengths = draws(20).uniform("deviation", 0, 0.1)
    assert torch.allclose(result.flatten(1).std(1).double(), strengths, rtol=0.05)
    assert torch.allclose(result.flatten(1).mean(1), torch.full((20,), 0.5), atol=0.006)


def test_channels_get_noise_of_their_own():
    noise = augmented(Noise(deviation=0.1), torch.full((1, 3, 50, 50), 0.5))[0].flatten(1) - 0.5
    assert torch.corrcoef(noise).fill_diagonal_(0).abs().max() < 0.1


def test_it_is_clamped():
    result = augmented(Noise(deviation=1), torch.ones(10, 1, 9, 9))
    assert float(result.max()) == 1
    assert float((result == 1).float().mean()) == pytest.approx(0.5, abs=0.06)
