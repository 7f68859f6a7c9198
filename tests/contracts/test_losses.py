"""What every loss promises, checked on every file of the family; what is special to one is in its own test."""

import dataclasses
import importlib
import pkgutil

import pytest
import torch

from linnet.training import losses
from linnet.training.losses.base import Loss

NAMES = sorted({module.name for module in pkgutil.iter_modules(losses.__path__)} - {"base", *losses.MACHINERY})
N, K = 14, 5


@pytest.fixture(params=NAMES)
def loss(request):
    module = importlib.import_module(f"linnet.training.losses.{request.param}")
    (entry,) = (
        thing for thing in vars(module).values() if isinstance(thing, type) and thing.__module__ == module.__name__
    )
    assert issubclass(entry, Loss)
    return entry()


def random_batch(*, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(N, K, generator=generator, dtype=dtype)
    return logits, torch.rand(N, K, generator=generator, dtype=dtype).mul_(3).softmax(1)


def hard(dtype=torch.float32):
    return torch.eye(K, dtype=dtype)[torch.arange(N) % K]


def test_an_entry_is_frozen_and_says_what_it_is(loss):
    assert dataclasses.is_dataclass(loss)
    assert type(loss).__dataclass_params__.frozen
    assert loss.about
    assert loss.about == loss.about.strip(" .")
    assert loss.name() in [name.replace("_", "-") for name in NAMES]


def test_the_mean_is_one_number_of_the_logits_type(loss):
    assert loss(*random_batch()).shape == ()
    assert loss(*random_batch()).dtype == torch.float32
    assert loss.per_image(*random_batch()).shape == (N,)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_huge_logits_give_finite_losses_and_slopes(loss, sign):
    logits = (sign * 1e4 * (2 * hard() - 1)).requires_grad_()
    for targets in (hard(), hard().roll(1, 0), random_batch()[1]):
        (slopes,) = torch.autograd.grad(loss(logits, targets), logits)
        assert bool(torch.isfinite(loss(logits, targets)))
        assert bool(torch.isfinite(slopes).all())


def test_equal_logits_have_finite_slopes_that_push_the_truth_up(loss):
    logits = torch.zeros(N, K, requires_grad=True)
    (slopes,) = torch.autograd.grad(loss(logits, hard()), logits)
    assert bool(torch.isfinite(slopes).all())
    true, other = slopes[hard() == 1], slopes[hard() == 0]
    assert float(true.max()) < float(other.min())


def test_a_perfect_answer_costs_nothing_and_nothing_costs_less(loss):
    perfect = min(float(loss(size * hard(), hard())) for size in (1.0, 1e4))
    assert perfect == pytest.approx(0, abs=1e-6)
    for seed in range(20):
        assert float(loss.per_image(random_batch(seed=seed)[0], hard()).min()) >= -1e-6


def test_the_order_of_images_does_not_matter(loss):
    logits, targets = random_batch()
    order = torch.randperm(N, generator=torch.Generator().manual_seed(5))
    assert torch.equal(loss.per_image(logits[order], targets[order]), loss.per_image(logits, targets)[order])
    assert torch.allclose(loss(logits[order], targets[order]), loss(logits, targets), atol=1e-6)


def test_the_order_of_classes_does_not_matter(loss):
    logits, targets = random_batch(dtype=torch.float64)
    order = torch.randperm(K, generator=torch.Generator().manual_seed(5))
    assert torch.allclose(loss(logits[:, order], targets[:, order]), loss(logits, targets), atol=1e-12)


@pytest.mark.parametrize("weights", [None, torch.arange(1.0, K + 1)])
def test_slopes_are_those_of_small_differences(loss, weights):
    logits, targets = random_batch(dtype=torch.float64)
    for wanted in (targets, hard(torch.float64)):
        assert torch.autograd.gradcheck(
            lambda z, wanted=wanted: loss(z, wanted, class_weights=weights), logits.clone().requires_grad_()
        )


def test_logits_and_targets_are_left_as_they_were(loss):
    logits, targets = random_batch()
    kept = logits.clone(), targets.clone()
    loss(logits.requires_grad_(), targets).backward()
    assert torch.equal(logits, kept[0])
    assert torch.equal(targets, kept[1])
