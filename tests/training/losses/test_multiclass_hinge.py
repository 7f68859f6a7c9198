"""The hinge against the textbook derivation, torch's multi-margin loss, and a loop for shares of classes."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from linnet.training.losses.multiclass_hinge import MulticlassHinge
from linnet.training.textbook.losses import hinge

N, K = 13, 5


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(N, K, generator=generator, dtype=torch.float64)
    return logits, torch.randint(0, K, (N,), generator=generator)


def test_with_hard_labels_value_and_slope_are_the_textbooks(problem):
    logits, labels = problem[0].requires_grad_(), problem[1]
    loss = MulticlassHinge()(logits, functional.one_hot(labels, K).double())
    loss.backward()
    expected, slopes = hinge(logits.detach(), labels)
    assert float(loss.detach()) == pytest.approx(float(expected), abs=1e-12)
    assert torch.allclose(logits.grad, slopes, rtol=0, atol=1e-12)


def test_with_hard_labels_it_is_torchs_multi_margin_loss_times_the_number_of_classes(problem):
    logits, labels = problem
    found = MulticlassHinge()(logits, functional.one_hot(labels, K).double())
    assert float(found) == pytest.approx(K * float(nn.MultiMarginLoss()(logits, labels)))


def test_with_shares_it_agrees_with_a_loop(problem):
    logits, _ = problem
    targets = torch.rand(N, K, generator=torch.Generator().manual_seed(1), dtype=torch.float64).softmax(1)
    found = MulticlassHinge().per_image(logits, targets)
    for i in range(N):
        z, t = logits[i].tolist(), targets[i].tolist()
        expected = sum(t[c] * max(0.0, 1 + z[j] - z[c]) for c in range(K) for j in range(K) if j != c)
        assert float(found[i]) == pytest.approx(expected, abs=1e-12)


def test_the_class_itself_is_left_out_exactly_even_beside_huge_margins():
    logits = torch.tensor([[0.0, 20_000.0, 20_000.0, 20_000.0]])
    assert MulticlassHinge().per_image(logits, torch.eye(4)[:1]).tolist() == [60_003.0]
