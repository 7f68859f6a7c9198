import pytest
import torch

from augmenting import draws, floats, one_hot, pictures
from linnet.errors import ConfigError
from linnet.transforms.augmentations.cutmix import CutMix
from linnet.transforms.augmentations.flip import Flip
from linnet.transforms.augmentations.mixup import MixUp
from linnet.transforms.augmentations.noise import Noise
from linnet.transforms.augmentations.sometimes import Sometimes


def test_as_many_are_changed_as_asked_for_and_the_others_stay():
    images = floats(1000, (1, 2, 3))
    result, _ = Sometimes(p=0.3, of=Noise(deviation=0.5))(images, one_hot(1000), draws=draws(1000))
    changed = (result != images).flatten(1).any(1)
    assert float(changed.float().mean()) == pytest.approx(0.3, abs=0.05)


def test_what_is_chosen_is_changed_as_the_other_one_does_it():
    images = pictures(30)
    chosen = draws(30).bernoulli("sometimes", 0.5)
    result, _ = Sometimes(p=0.5, of=Noise())(images, one_hot(30), draws=draws(30))
    everywhere, _ = Noise()(images, one_hot(30), draws=draws(30).nested("noise"))
    assert torch.equal(result[chosen], everywhere[chosen])
    assert torch.equal(result[~chosen], images[~chosen].float() / 255)


def test_bytes_stay_bytes_where_the_other_one_keeps_them():
    result, _ = Sometimes(p=0.5, of=Flip())(pictures(), one_hot(), draws=draws())
    assert result.dtype == torch.uint8


@pytest.mark.parametrize("mixing", [MixUp(alpha=1), CutMix()])
def test_chosen_pictures_are_mixed_among_themselves_with_their_targets(mixing):
    images, targets = floats(40), torch.eye(40)
    chosen = draws(40).bernoulli("sometimes", 0.5)
    _, shares = Sometimes(p=0.5, of=mixing)(images, targets, draws=draws(40))
    assert torch.equal(shares[~chosen], targets[~chosen])
    assert float(shares[chosen][:, ~chosen].sum()) == 0
    assert not torch.equal(shares[chosen], targets[chosen])


def test_always_is_the_other_one():
    images = pictures()
    result, _ = Sometimes(p=1, of=Noise())(images, one_hot(), draws=draws())
    assert torch.equal(result, Noise()(images, one_hot(), draws=draws().nested("noise"))[0])


def test_another_one_must_be_an_augmentation():
    with pytest.raises(ConfigError, match=r"sometimes\.of should be an augmentation; it is 'flip'"):
        Sometimes(p=0.5, of="flip")
