"""Soft Dice against a loop over images and classes."""

import math

import pytest
import torch

from linnet.training.losses.soft_dice import SoftDice

N, K = 11, 4


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    return 2 * torch.randn(N, K, generator=generator), torch.rand(N, K, generator=generator).softmax(1)


def test_it_agrees_with_a_loop(problem):
    found = SoftDice().per_image(*problem)
    for loss, z, t in zip(found.tolist(), *(part.tolist() for part in problem), strict=True):
        powers = [math.exp(value) for value in z]
        p = [power / sum(powers) for power in powers]
        overlap = sum(a * b for a, b in zip(p, t, strict=True))
        size = sum(a * a for a in p) + sum(b * b for b in t)
        assert loss == pytest.approx(1 - 2 * overlap / size, abs=1e-6)


def test_it_is_zero_where_probabilities_are_the_soft_targets_and_above_elsewhere(problem):
    logits, targets = problem
    assert float(SoftDice()(targets.log(), targets)) == pytest.approx(0, abs=1e-9)
    assert float(SoftDice().per_image(logits, targets).min()) > 1e-4


def test_a_certain_error_costs_one():
    found = SoftDice().per_image(torch.tensor([[100.0, 0.0]]), torch.tensor([[0.0, 1.0]]))
    assert found.tolist() == pytest.approx([1.0])
