import pytest
import torch

from augmenting import augmented, draws, pictures
from linnet.transforms.augmentations.flip import Flip


@pytest.mark.parametrize("p", [0.2, 0.5])
def test_as_many_are_mirrored_as_asked_for(p):
    images = pictures(1000, (1, 2, 3))
    result = augmented(Flip(p=p), images)
    turned = (result == images.flip(-1)).all(-1).all(-1).all(-1)
    assert torch.equal(result[~turned], images[~turned])
    assert float(turned.float().mean()) == pytest.approx(p, abs=0.06)
    assert torch.equal(turned | ~draws(1000).bernoulli("mirror", p), torch.ones(1000, dtype=torch.bool))


def test_all_are_mirrored_at_1():
    assert torch.equal(augmented(Flip(p=1), pictures()), pictures().flip(-1))
