"""Sweeps over quadratics whose best rate is known, and over losses made up to have one."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from linnet.errors import ConfigError
from linnet.training.finder import find_learning_rate, smoothed_losses


def quadratic(curvature, *, noise=0.0):
    """Descend on sum of c x^2 / 2 from x = 1: a rate of 1 / c lands at 0, one above 2 / c runs away."""
    x = [1.0]
    generator = torch.Generator().manual_seed(0)

    def step(rate):
        loss = curvature * x[0] ** 2 / 2
        x[0] -= rate * curvature * x[0]
        return loss + noise * loss * float(torch.randn((), generator=generator))

    return step


@pytest.mark.parametrize("curvature", [0.5, 10.0, 1000.0])
@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_on_a_quadratic_the_suggestion_is_below_the_limit_and_not_far_below(curvature, noise):
    found = find_learning_rate(quadratic(curvature, noise=noise), highest=100.0, n_steps=150)
    assert found.suggestion < 2 / curvature  # beyond this, steps grow
    assert found.suggestion > 0.02 / curvature


def test_the_suggestion_follows_the_curvature():
    first, second = (find_learning_rate(quadratic(c)).suggestion for c in (1.0, 100.0))
    assert first / second == pytest.approx(100, rel=0.5)


def test_where_the_loss_is_a_step_down_the_suggestion_is_at_the_step():
    found = find_learning_rate(lambda rate: 2.0 - 1.0 / (1 + (0.03 / rate) ** 8), lowest=1e-5, highest=1.0)
    assert found.suggestion == pytest.approx(0.03, rel=0.15)


def test_a_steeper_fall_after_a_rise_beyond_the_least_loss_does_not_count():
    def loss(rate):
        return 1.0 - 0.8 / (1 + (1e-3 / rate) ** 4) + (1.8 if 0.05 < rate < 0.063 else 0.3 if rate > 0.06 else 0.0)

    assert find_learning_rate(loss, lowest=1e-5, highest=1.0).suggestion == pytest.approx(1e-3, rel=0.3)


def test_rates_rise_by_equal_ratios_from_lowest_to_highest():
    found = find_learning_rate(lambda rate: 1.0, lowest=1e-4, highest=1.0, n_steps=9)
    assert found.rates == pytest.approx([10 ** (-4 + i / 2) for i in range(9)])
    assert found.losses == (1.0,) * 9


def test_the_rate_that_is_tried_is_the_one_that_is_told():
    tried = []
    found = find_learning_rate(lambda rate: tried.append(rate) or 1.0, n_steps=10)
    assert list(found.rates) == tried


def test_the_sweep_stops_when_the_loss_runs_away():
    found = find_learning_rate(lambda rate: 1.0 if rate < 0.1 else 1000.0)
    assert sum(rate >= 0.1 for rate in found.rates) == 1
    assert max(found.rates) < 0.15


def test_one_bad_batch_does_not_stop_the_sweep():
    count = iter(range(1000))
    found = find_learning_rate(lambda rate: 20.0 if next(count) == 50 else 1.0)
    assert len(found.rates) == 100


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_the_sweep_stops_at_a_loss_that_is_no_number_and_still_suggests(bad):
    found = find_learning_rate(lambda rate: bad if rate > 0.5 else 2.0 - 1.0 / (1 + (0.01 / rate) ** 4))
    assert not math.isfinite(found.losses[-1])
    assert all(math.isfinite(loss) for loss in found.losses[:-1])
    assert found.suggestion == pytest.approx(0.01, rel=0.3)


@pytest.mark.parametrize("loss", [lambda rate: 1.0, lambda rate: 1.0 + rate, lambda rate: math.nan])
def test_where_the_loss_never_fell_nothing_is_suggested(loss):
    assert find_learning_rate(loss).suggestion is None


def test_noise_around_one_height_is_no_fall():
    generator = torch.Generator().manual_seed(3)
    assert find_learning_rate(lambda rate: 2.3 + 0.01 * float(torch.randn((), generator=generator))).suggestion is None


def softmax_regression():
    """A step of training two overlapping classes from zero weights."""
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(200, 10, generator=generator), torch.arange(200) % 2
    images[:, 0] += 3.0 * labels
    net = nn.Linear(10, 2)
    optimizer = torch.optim.SGD(net.parameters(), lr=1.0)
    for parameter in net.parameters():
        nn.init.zeros_(parameter)

    def step(rate):
        loss = functional.cross_entropy(net(images), labels)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return float(loss.detach())

    return step


def test_the_suggestion_teaches_a_network_and_a_thousandth_of_it_does_not():
    suggestion = find_learning_rate(softmax_regression()).suggestion
    ends = []
    for rate in (suggestion, suggestion / 1000):
        step = softmax_regression()
        ends.append([step(rate) for _ in range(30)][-1])
    assert ends[0] < 0.4
    assert ends[1] > 0.69


@pytest.mark.parametrize(
    "wrong", [{"lowest": 0.0}, {"lowest": -1.0}, {"lowest": 1.0, "highest": 0.1}, {"highest": math.inf}, {"n_steps": 2}]
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match="A sweep wants"):
        find_learning_rate(lambda rate: 1.0, **wrong)


@pytest.mark.parametrize("n", [1, 2, 39, 100, 240])
def test_smoothing_agrees_with_a_loop(n):
    losses = torch.rand(n, generator=torch.Generator().manual_seed(n)).tolist()
    reach = max(1, n // 40)
    for i, found in enumerate(smoothed_losses(losses)):
        near = losses[max(0, i - reach) : i + reach + 1]
        assert found == pytest.approx(sum(near) / len(near))
