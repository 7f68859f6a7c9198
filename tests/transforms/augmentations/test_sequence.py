import torch

from augmenting import draws, one_hot, pictures
from linnet.transforms.augmentations.flip import Flip
from linnet.transforms.augmentations.mixup import MixUp
from linnet.transforms.augmentations.noise import Noise
from linnet.transforms.augmentations.pad_crop import PadCrop
from linnet.transforms.augmentations.sequence import Sequence


def test_steps_follow_each_other_with_draws_of_their_own():
    steps = (PadCrop(), Flip(), Noise(), MixUp())
    images, targets = pictures(), one_hot()
    expected, shares = images, targets
    for i, step in enumerate(steps):
        expected, shares = step(expected, shares, draws=draws().nested(f"{i}-{step.name()}"))
    result = Sequence(steps=steps)(images, targets, draws=draws())
    assert torch.equal(result[0], expected)
    assert torch.equal(result[1], shares)


def test_the_same_step_twice_draws_twice():
    images = pictures(300, (1, 2, 3))
    twice, _ = Sequence(steps=(Flip(), Flip()))(images, one_hot(300), draws=draws(300))
    turned = (twice == images.flip(-1)).flatten(1).all(1)
    assert 0.4 < float(turned.float().mean()) < 0.6


def test_bytes_stay_bytes_where_every_step_keeps_them():
    assert Sequence(steps=(PadCrop(), Flip()))(pictures(), one_hot(), draws=draws())[0].dtype == torch.uint8
    assert Sequence(steps=(PadCrop(), Noise()))(pictures(), one_hot(), draws=draws())[0].dtype == torch.float32


def test_no_steps_change_nothing():
    images, targets = Sequence()(pictures(), one_hot(), draws=draws())
    assert torch.equal(images, pictures())
    assert torch.equal(targets, one_hot())
