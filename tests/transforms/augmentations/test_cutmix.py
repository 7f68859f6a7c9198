import pytest
import torch

from augmenting import draws, floats, one_hot, pictures
from linnet.transforms.augmentations.cutmix import CutMix


def cut(n=300, shape=(1, 16, 20)):
    """Pictures of one own gray each, so that each pixel tells whose it is; two classes per picture number."""
    images = (torch.arange(n) / n).view(n, 1, 1, 1).expand(n, *shape).to(torch.float32)
    targets = torch.eye(n)
    mixed, shares = CutMix()(images, targets, draws=draws(n))
    return images, mixed, shares, draws(n).partners("partner")


def test_targets_are_mixed_by_the_exact_share_of_pixels():
    images, mixed, shares, partners = cut()
    for i, j in enumerate(partners.tolist()):
        share = float((mixed[i] == images[j]).float().mean())
        assert float(shares[i, j]) == pytest.approx(share, abs=1e-6)
        assert float(shares[i, i]) == pytest.approx(1 - share, abs=1e-6)


def test_what_is_put_in_is_one_rectangle_at_its_own_place():
    images, numbers = pictures(60), draws(60)
    mixed, _ = CutMix()(images, one_hot(60), draws=numbers)
    other = images[numbers.partners("partner")]
    for i in range(60):
        changed = (mixed[i] != images[i]).any(0)
        if changed.any():
            places = torch.nonzero(changed)
            (top, left), (bottom, right) = places.min(0).values.tolist(), places.max(0).values.tolist()
            region = (slice(None), slice(top, bottom + 1), slice(left, right + 1))
            assert torch.equal(mixed[i][region], other[i][region])
        assert ((mixed[i] == images[i]) | (mixed[i] == other[i])).all()


def test_shares_of_every_size_occur():
    _, _, shares, _ = cut()
    kept = shares.diagonal()
    assert float(kept.min()) < 0.25
    assert float(kept.max()) > 0.95
    # Rectangles about a random middle lose at the edges, so that more than half is kept on the whole.
    assert 0.5 < float(kept.mean()) < 0.75


def test_bytes_stay_bytes_and_a_picture_alone_stays_itself():
    mixed, shares = CutMix()(pictures(1), one_hot(1), draws=draws(1))
    assert torch.equal(mixed, pictures(1))
    assert torch.equal(shares, one_hot(1))
    assert CutMix()(floats(2), one_hot(2), draws=draws(2))[0].dtype == torch.float32
