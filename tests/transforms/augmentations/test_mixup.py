import pytest
import torch
from scipy.stats import beta, kstest

from augmenting import draws, floats, one_hot, pictures
from linnet.transforms.augmentations.mixup import MixUp, beta_shares


def test_pictures_and_targets_are_averaged_in_the_same_shares():
    images, targets, d = floats(), one_hot(), draws()
    mixed, shares = MixUp(alpha=1.0)(images, targets, draws=d)
    partners, kept = d.partners("partner"), beta_shares(1.0, d)
    for i, j in enumerate(partners.tolist()):
        a = float(kept[i])
        assert torch.allclose(mixed[i], a * images[i] + (1 - a) * images[j], atol=1e-6)
        assert torch.allclose(shares[i], a * targets[i] + (1 - a) * targets[j], atol=1e-6)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_shares_follow_the_beta_distribution(alpha):
    shares = beta_shares(alpha, draws(5000)).numpy()
    assert kstest(shares, beta(alpha, alpha).cdf).pvalue > 0.001


def test_a_picture_that_is_alone_stays():
    images = floats(1)
    mixed, shares = MixUp()(images, one_hot(1), draws=draws(1))
    assert torch.allclose(mixed, images, atol=1e-7)
    assert torch.allclose(shares, one_hot(1), atol=1e-7)


def test_bytes_are_mixed_as_floats():
    mixed, _ = MixUp(alpha=1.0)(pictures(), one_hot(), draws=draws())
    assert torch.allclose(mixed, MixUp(alpha=1.0)(floats(), one_hot(), draws=draws())[0], atol=1e-6)
