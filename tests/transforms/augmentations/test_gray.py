import pytest
import torch

from augmenting import augmented, floats
from linnet.transforms.augmentations.gray import Gray


def test_all_channels_become_the_weighted_sum():
    images = floats(4)
    expected = (images * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1, keepdim=True)
    result = augmented(Gray(p=1), images)
    assert torch.allclose(result, expected.expand_as(images), atol=1e-6)


def test_as_many_as_asked_for_become_gray():
    images = floats(1000, (3, 2, 2))
    result = augmented(Gray(p=0.3), images)
    gray = (result[:, 0] == result[:, 1]).flatten(1).all(1)
    assert float(gray.float().mean()) == pytest.approx(0.3, abs=0.05)
    assert torch.equal(result[~gray], images[~gray])


def test_gray_pictures_stay():
    images = floats(4, (1, 3, 3))
    assert torch.equal(augmented(Gray(p=1), images), images)
