import torch

from augmenting import augmented, draws, floats
from linnet.transforms.augmentations.salt_and_pepper import SaltAndPepper


def test_each_picture_gets_its_share_half_of_it_white():
    images = torch.full((20, 3, 50, 50), 0.5)
    result = augmented(SaltAndPepper(share=0.4), images)
    shares = draws(20).uniform("share", 0, 0.4)
    for value in (0, 1):
        found = (result == value).flatten(1).double().mean(1)
        assert torch.allclose(found, shares / 2, atol=0.02)


def test_other_pixels_stay_and_channels_go_together():
    images = floats(6, (3, 20, 20)) * 0.8 + 0.1
    result = augmented(SaltAndPepper(share=0.5), images)
    hit = (result == 0) | (result == 1)
    assert torch.equal(hit.all(1), hit.any(1))
    assert torch.equal(result[~hit], images[~hit])
