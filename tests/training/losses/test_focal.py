"""Focal loss against its formula, and as cross-entropy where gamma is 0."""

import math

import pytest
import torch
from torch.nn import functional

from linnet.errors import ConfigError
from linnet.training.losses.cross_entropy import CrossEntropy
from linnet.training.losses.focal import Focal

N, K = 11, 4


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(N, K, generator=generator, dtype=torch.float64)
    return logits, torch.rand(N, K, generator=generator, dtype=torch.float64).softmax(1)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_it_agrees_with_its_formula_in_a_loop(problem, gamma):
    found = Focal(gamma=gamma).per_image(*problem)
    for loss, z, t in zip(found.tolist(), *(part.tolist() for part in problem), strict=True):
        powers = [math.exp(value) for value in z]
        p = [power / sum(powers) for power in powers]
        expected = -sum(share * (1 - q) ** gamma * math.log(q) for share, q in zip(t, p, strict=True))
        assert loss == pytest.approx(expected, abs=1e-12)


def test_gamma_0_is_cross_entropy_with_its_slope(problem):
    logits, targets = problem[0].requires_grad_(), problem[1]
    losses = [loss(logits, targets) for loss in (Focal(gamma=0.0), CrossEntropy())]
    slopes = [torch.autograd.grad(loss, logits)[0] for loss in losses]
    assert torch.allclose(*losses, rtol=0, atol=1e-14)
    assert torch.allclose(*slopes, rtol=0, atol=1e-14)


def test_an_easy_image_counts_a_hundredth_at_gamma_2():
    logits, target = torch.tensor([[math.log(9.0), 0.0]]), torch.tensor([[1.0, 0.0]])  # p = 0.9
    assert float(Focal()(logits, target)) == pytest.approx(0.01 * float(CrossEntropy()(logits, target)), rel=1e-5)


@pytest.mark.parametrize("gamma", [0.01, 0.5, 1.0, 3.0])
def test_slopes_stay_finite_where_the_net_is_certain(gamma):
    logits = torch.tensor([[50.0, 0.0], [10_000.0, -10_000.0], [17.0, 0.0]], requires_grad=True)
    Focal(gamma=gamma)(logits, functional.one_hot(torch.tensor([0, 0, 0]), 2).float()).backward()
    assert bool(torch.isfinite(logits.grad).all())
    assert float(logits.grad.abs().max()) < 1e-3


@pytest.mark.parametrize("gamma", [-1.0, float("nan"), float("inf")])
def test_a_negative_gamma_is_refused(gamma):
    with pytest.raises(ConfigError, match=r"focal\.gamma"):
        Focal(gamma=gamma)
