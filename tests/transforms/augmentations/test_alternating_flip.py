import pytest
import torch

from augmenting import augmented, pictures
from linnet.transforms.augmentations.alternating_flip import AlternatingFlip


def turned(epoch):
    images = pictures(400, (1, 2, 5))
    result = augmented(AlternatingFlip(), images, epoch=epoch)
    mirrored = (result == images.flip(-1)).flatten(1).all(1)
    assert torch.equal(result[~mirrored], images[~mirrored])
    return mirrored


def test_every_picture_is_mirrored_in_exactly_every_second_epoch():
    for epoch in range(4):
        assert torch.equal(turned(epoch), ~turned(epoch + 1))
        assert torch.equal(turned(epoch), turned(epoch + 2))


def test_half_of_them_begin_mirrored():
    assert float(turned(0).float().mean()) == pytest.approx(0.5, abs=0.1)
