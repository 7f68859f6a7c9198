"""Cross-entropy against log-softmax with negative log-likelihood, torch's own, and the textbook derivation."""

import math

import pytest
import torch
from torch.nn import functional

from linnet.training.losses.cross_entropy import CrossEntropy
from linnet.training.textbook.losses import cross_entropy

N, K = 17, 5


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    return 3 * torch.randn(N, K, generator=generator), torch.randint(0, K, (N,), generator=generator)


def test_it_is_log_softmax_and_negative_log_likelihood(problem):
    logits, labels = problem
    expected = functional.nll_loss(functional.log_softmax(logits, 1), labels, reduction="none")
    assert torch.equal(CrossEntropy().per_image(logits, functional.one_hot(labels, K).float()), expected)


def test_with_soft_labels_it_is_torchs(problem):
    logits, _ = problem
    targets = torch.rand(N, K, generator=torch.Generator().manual_seed(1)).softmax(1)
    assert torch.allclose(CrossEntropy()(logits, targets), functional.cross_entropy(logits, targets), atol=1e-6)


def test_with_weights_and_hard_labels_it_is_torchs(problem):
    logits, labels = problem
    weights = torch.tensor([0.2, 1.0, 3.0, 0.5, 2.0])
    found = CrossEntropy()(logits, functional.one_hot(labels, K).float(), class_weights=weights)
    assert torch.allclose(found, functional.cross_entropy(logits, labels, weight=weights), atol=1e-6)


def test_value_and_slope_are_the_textbooks(problem):
    logits, labels = problem[0].double().requires_grad_(), problem[1]
    loss = CrossEntropy()(logits, functional.one_hot(labels, K).double())
    loss.backward()
    expected, slopes = cross_entropy(logits.detach(), labels)
    assert float(loss.detach()) == pytest.approx(float(expected), abs=1e-12)
    assert torch.allclose(logits.grad, slopes, rtol=0, atol=1e-12)


def test_knowing_nothing_costs_the_logarithm_of_the_number_of_classes():
    assert float(CrossEntropy()(torch.zeros(1, 10), torch.eye(10)[:1])) == pytest.approx(math.log(10))
