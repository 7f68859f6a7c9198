import math
from types import SimpleNamespace

import pytest
import torch

from linnet.errors import ConfigError
from linnet.progress import SILENT
from linnet.training.textbook.losses import cross_entropy
from linnet.training.textbook.sgd import LEAST_STEPS, Momentum, Schedule, Standardized, fit_softmax_regression

GOOD = {"batch_size": 10, "learning_rate": 0.1, "momentum": 0.9, "epochs": 3, "penalty": 0.01}


def pictures(n=50, d=6):
    random = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 3, (n,), generator=random)
    values = torch.randint(0, 200, (n, d), generator=random, dtype=torch.uint8)
    values[torch.arange(n), labels] += 50
    return values, labels


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("epochs", 0),
        ("learning_rate", 0.0),
        ("learning_rate", math.inf),
        ("learning_rate", math.nan),
        ("momentum", 1.0),
        ("momentum", -0.1),
        ("penalty", -1.0),
        ("penalty", math.inf),
    ],
)
def test_a_schedule_out_of_range_is_refused_by_its_name(name, value):
    Schedule(**GOOD).check("some-rung")
    with pytest.raises(ConfigError, match=rf"some-rung\.{name} "):
        Schedule(**{**GOOD, name: value}).check("some-rung")


def test_a_schedule_says_what_the_settings_of_a_rung_say():
    assert Schedule.of(SimpleNamespace(**GOOD, hidden=5)) == Schedule(**GOOD)
    assert Schedule.of(SimpleNamespace(**GOOD), decay=True) == Schedule(**GOOD, decay=True)


def test_small_sets_go_round_until_the_least_number_of_steps_is_made():
    schedule = Schedule(**GOOD)
    n_epochs = schedule.n_epochs(25)
    assert schedule.n_batches(25) == 3
    assert (n_epochs - 1) * 3 < LEAST_STEPS <= n_epochs * 3
    assert schedule.n_epochs(100_000) == 3


def test_the_learning_rate_falls_along_half_a_cosine_or_stays():
    falling = Schedule(**GOOD, decay=True)
    assert [falling.rate(step, 100) for step in (0, 50, 100)] == pytest.approx([0.1, 0.05, 0.0])
    assert {Schedule(**GOOD).rate(step, 100) for step in (0, 50, 100)} == {0.1}


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_momentum_moves_as_the_optimizer_of_torch_does(momentum):
    random = torch.Generator().manual_seed(0)
    mine, theirs = [torch.ones(4, 3)], torch.ones(4, 3, requires_grad=True)
    mover, optimizer = Momentum(mine, momentum=momentum), torch.optim.SGD([theirs], lr=0.1, momentum=momentum)
    for _ in range(5):
        gradient = torch.randn(4, 3, generator=random)
        mover.step([gradient.clone()], 0.1)
        theirs.grad = gradient
        optimizer.step()
    assert torch.allclose(mine[0], theirs.detach(), atol=1e-6)


def test_batches_show_every_image_once_with_its_label_and_weight():
    values, labels = pictures()
    weights = torch.arange(50, dtype=torch.float64)
    data = Standardized.of(values, labels, n_channels=2, weights=weights)
    batches = list(data.batches(8, generator=torch.Generator().manual_seed(0)))
    assert [len(y) for _, y, _ in batches] == [8] * 6 + [2]
    at = torch.cat([w for _, _, w in batches]).long()
    assert sorted(at.tolist()) == list(range(50))
    assert at.tolist() != list(range(50))
    assert torch.equal(torch.cat([y for _, y, _ in batches]), labels[at])
    shown = torch.cat([x for x, _, _ in batches])
    by_channel = values.float().view(50, 2, 3)
    expected = (by_channel - by_channel.mean((0, 2))[:, None]) / by_channel.std((0, 2), correction=0)[:, None]
    assert torch.allclose(shown, expected.flatten(1)[at], atol=1e-5)


def test_the_same_seed_gives_the_same_weights_to_the_bit():
    data = Standardized.of(*pictures(), n_channels=1)

    def weights(seed):
        return fit_softmax_regression(data, n_classes=3, schedule=Schedule(**GOOD), seed=seed, progress=SILENT).weights

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_whole_batches_without_momentum_go_to_where_the_gradient_is_zero():
    values, labels = pictures()
    schedule = Schedule(batch_size=50, learning_rate=0.5, momentum=0.0, epochs=1000, penalty=0.05)
    data = Standardized.of(values.double() / 255, labels, n_channels=1)
    affine = fit_softmax_regression(data, n_classes=3, schedule=schedule, seed=0, progress=SILENT)
    z = data.scale.applied(data.values)
    _, slopes = cross_entropy(affine.outputs(data.values), labels)
    W = affine.weights * data.scale.deviation
    assert (slopes.T @ z + 0.05 * W).abs().max() < 1e-6
    assert slopes.sum(0).abs().max() < 1e-6
