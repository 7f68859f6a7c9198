"""The mean that every loss takes, its class weights and sums, and label smoothing."""

from dataclasses import dataclass

import pytest
import torch
from torch.nn import functional

from linnet.errors import ConfigError, DataError
from linnet.training.losses.base import Loss, smoothed

N, K = 12, 4


@dataclass(frozen=True, kw_only=True)
class FirstLogit(Loss):
    """As simple as a loss can be, so that only the mean is on trial."""

    about = "the first logit"

    def per_image(self, logits, targets):
        return logits[:, 0]


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(N, K, generator=generator), torch.rand(N, K, generator=generator).softmax(1)


def test_without_weights_it_is_the_mean(batch):
    logits, targets = batch
    assert float(FirstLogit()(logits, targets)) == pytest.approx(sum(row[0] for row in logits.tolist()) / N)


def test_weights_count_each_image_by_the_shares_of_its_classes(batch):
    logits, targets = batch
    weights = [0.5, 1.0, 2.0, 7.0]
    total = share = 0.0
    for row, target in zip(logits.tolist(), targets.tolist(), strict=True):
        weight = sum(t * w for t, w in zip(target, weights, strict=True))
        total += weight * row[0]
        share += weight
    found = FirstLogit()(logits, targets, class_weights=torch.tensor(weights))
    assert float(found) == pytest.approx(total / share, rel=1e-5)


def test_equal_weights_change_nothing_whatever_their_size(batch):
    plain = FirstLogit()(*batch)
    assert torch.allclose(FirstLogit()(*batch, class_weights=torch.full((K,), 250.0)), plain, atol=1e-6)


def test_a_batch_of_classes_that_weigh_nothing_costs_nothing_and_moves_nothing():
    logits = torch.ones(3, 2, requires_grad=True)
    targets = torch.tensor([[1.0, 0.0]] * 3)
    loss = FirstLogit()(logits, targets, class_weights=torch.tensor([0.0, 1.0]))
    loss.backward()
    assert float(loss.detach()) == 0
    assert logits.grad.abs().max() == 0


@pytest.mark.parametrize("weights", [None, torch.tensor([0.1, 1.0, 3.0, 9.0])])
def test_sums_over_parts_make_the_mean_over_the_whole(batch, weights):
    logits, targets = batch
    parts = [
        FirstLogit().totals(logits[part], targets[part], class_weights=weights)
        for part in (slice(0, 5), slice(5, 6), slice(6, N))
    ]
    mean = sum(total for total, _ in parts) / sum(weight for _, weight in parts)
    assert torch.allclose(mean, FirstLogit()(logits, targets, class_weights=weights), atol=1e-6)


@pytest.mark.parametrize("shape", [(N, K + 1), (N,), (1, K), (N, K, 1)])
def test_other_shapes_are_refused_before_they_broadcast(batch, shape):
    with pytest.raises(DataError, match=r"one shape.*\(12, 4\)"):
        FirstLogit()(batch[0], torch.zeros(shape))


def test_the_name_is_the_files():
    assert FirstLogit.name() == FirstLogit.__module__.rsplit(".", 1)[-1].replace("_", "-")


def test_smoothing_agrees_with_torchs():
    logits = torch.randn(N, K, generator=torch.Generator().manual_seed(3))
    labels = torch.arange(N) % K
    soft = smoothed(functional.one_hot(labels, K).float(), 0.2)
    expected = functional.cross_entropy(logits, labels, label_smoothing=0.2)
    assert torch.allclose(functional.cross_entropy(logits, soft), expected, atol=1e-6)


def test_smoothed_rows_sum_to_one_and_no_smoothing_changes_nothing(batch):
    assert torch.allclose(smoothed(batch[1], 0.7).sum(1), torch.ones(N))
    assert smoothed(batch[1], 0.0) is batch[1]


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_smoothing_out_of_its_range_is_refused(batch, smoothing):
    with pytest.raises(ConfigError, match="below 1; it is"):
        smoothed(batch[1], smoothing)
