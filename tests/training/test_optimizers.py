"""Groups, names, refusals, one step of each against torch by hand, and resuming against not having stopped."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim import SGD, Adam, AdamW

from linnet.errors import ConfigError, UnknownNameError
from linnet.training import optimizers
from linnet.training.muon import Muon
from linnet.training.optimizers import NAMES, create_optimizer, parameter_groups, set_rates
from linnet.training.schedules import create_schedule


def network():
    net = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 6, 3), nn.ReLU(), nn.Flatten(), nn.Linear(96, 4)
    )
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    return net


def batch(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(8, 3, 8, 8, generator=generator), torch.randint(0, 4, (8,), generator=generator)


def train(net, optimizer, seeds):
    for seed in seeds:
        images, labels = batch(seed)

        def closure(images=images, labels=labels):
            optimizer.zero_grad()
            loss = functional.cross_entropy(net(images), labels)
            loss.backward()
            return loss.detach()  # L-BFGS reads its value

        optimizer.step(closure)


def loss_of(net, seed):
    images, labels = batch(seed)
    with torch.no_grad():
        return float(functional.cross_entropy(net(images), labels))


def made(name, net, **changes):
    settings = {"learning_rate": 0.01, "weight_decay": 0.0 if name == "lbfgs" else 0.01, "momentum": 0.9}
    return create_optimizer(name, net, **(settings | changes))


def test_biases_and_norms_do_not_decay():
    net = network()
    decaying, free = parameter_groups(net, weight_decay=0.3)
    assert (decaying["weight_decay"], free["weight_decay"]) == (0.3, 0.0)
    assert [id(p) for p in decaying["params"]] == [id(net[i].weight) for i in (0, 3, 6)]
    assert {id(p) for p in free["params"]} == {id(p) for p in net.parameters() if p.ndim == 1}


def test_frozen_parameters_and_empty_groups_are_left_out():
    net = network()
    net[0].requires_grad_(False)
    assert sum(len(group["params"]) for group in parameter_groups(net, weight_decay=0.1)) == 6
    assert len(parameter_groups(nn.Linear(3, 2, bias=False), weight_decay=0.1)) == 1
    assert parameter_groups(nn.ReLU(), weight_decay=0.1) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_lowers_the_loss(name):
    net = network()
    before = loss_of(net, 1)
    train(net, made(name, net), [1] * 15)
    assert loss_of(net, 1) < before - 0.2


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("sgd", lambda groups: SGD(groups, lr=0.01, momentum=0.8)),
        ("nesterov", lambda groups: SGD(groups, lr=0.01, momentum=0.8, nesterov=True)),
        ("adam", lambda groups: Adam(groups, lr=0.01, betas=(0.8, 0.999))),
        ("adamw", lambda groups: AdamW(groups, lr=0.01, betas=(0.8, 0.999))),
    ],
)
def test_steps_are_torchs_plain_ones(name, reference):
    ours, theirs = network(), network()
    steppers = made(name, ours, momentum=0.8), reference(parameter_groups(theirs, weight_decay=0.01))
    # Gradients are made up: a bias before a norm has a true one of 0, which Adam would blow up from rounding errors.
    for seed in range(4):
        for net, optimizer in zip((ours, theirs), steppers, strict=True):
            generator = torch.Generator().manual_seed(seed)
            for parameter in net.parameters():
                parameter.grad = torch.randn(parameter.shape, generator=generator)
            optimizer.step()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_restored_state_goes_on_to_the_bit(name):
    whole, first = network(), network()
    train(whole, made(name, whole), range(5))
    optimizer = made(name, first)
    train(first, optimizer, range(2))
    kept = copy.deepcopy((first.state_dict(), optimizer.state_dict()))
    resumed = network()
    again = made(name, resumed)
    resumed.load_state_dict(kept[0])
    again.load_state_dict(kept[1])
    train(resumed, again, range(2, 5))
    for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        assert torch.equal(a, b)


def test_muon_takes_hidden_weights_only():
    net = network()
    optimizer = made("muon", net)
    assert isinstance(optimizer, Muon)
    kinds = {id(p): group["kind"] for group in optimizer.param_groups for p in group["params"]}
    assert [name for name, p in net.named_parameters() if kinds[id(p)] == "matrix"] == ["3.weight"]
    assert len(kinds) == len(list(net.parameters()))


@pytest.mark.parametrize("n_layers", [1, 2, 3])
def test_muon_takes_each_parameter_of_a_shallow_net_once(n_layers):
    net = nn.Sequential(*(nn.Linear(4, 4) for _ in range(n_layers)))
    found = [id(p) for group in made("muon", net).param_groups for p in group["params"]]
    assert sorted(found) == sorted(id(p) for p in net.parameters())


def test_one_pass_kernels_are_used_where_torch_has_them():
    for name in ("sgd", "nesterov", "adam", "adamw"):
        assert all(group["fused"] for group in made(name, network()).param_groups)


def test_without_one_pass_kernels_the_plain_ones_do(monkeypatch):
    class Elsewhere(AdamW):
        def __init__(self, groups, **settings):
            super().__init__(groups, **settings)
            if settings.get("fused"):
                raise RuntimeError("no fused kernel on this device")

    monkeypatch.setattr(optimizers, "AdamW", Elsewhere)
    net = network()
    optimizer = made("adamw", net)
    assert not any(group["fused"] for group in optimizer.param_groups)
    assert sum(len(group["params"]) for group in optimizer.param_groups) == len(list(net.parameters()))


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="did you mean 'adamw'"):
        made("adamww", network())


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("sgd", {"learning_rate": -0.1}, "learning rate should be a number above 0; it is -0.1"),
        ("adam", {"learning_rate": float("nan")}, "learning rate"),
        ("adamw", {"weight_decay": -1.0}, "weight decay should be"),
        ("muon", {"momentum": 1.0}, "below 1; it is 1"),
        ("nesterov", {"momentum": 0.0}, "momentum above 0"),
        ("lbfgs", {"weight_decay": 0.1}, "L2 penalty"),
    ],
)
def test_numbers_out_of_range_are_refused(name, changes, message):
    with pytest.raises(ConfigError, match=message):
        made(name, network(), **changes)


def test_a_frozen_network_is_refused():
    with pytest.raises(ConfigError, match="frozen"):
        made("sgd", network().requires_grad_(False))


def test_rates_follow_the_schedule():
    net = network()
    optimizer = SGD(parameter_groups(net, weight_decay=0.1), lr=0.4)
    for group in optimizer.param_groups:
        group["initial_lr"] = group["lr"]
    set_rates(optimizer, create_schedule("linear", n_steps=8, steps_per_epoch=4), 6)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.1, 0.1])


def test_a_group_that_rests_falls_to_zero_by_then_and_asks_for_no_gradient_any_more():
    early, late = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2))
    groups = [{"params": [late]}, {"params": [early], "rests_after": 0.5}]
    optimizer = SGD(groups, lr=0.4)
    for group in optimizer.param_groups:
        group["initial_lr"] = group["lr"]
    schedule = create_schedule("constant", n_steps=8, steps_per_epoch=4)
    seen = []
    for step in (0, 2, 4, 7):
        early.grad = torch.ones(2)
        set_rates(optimizer, schedule, step)
        seen.append((optimizer.param_groups[1]["lr"], early.requires_grad, early.grad is None))
    assert seen == [(0.4, True, False), (pytest.approx(0.2), True, False), (0.0, False, True), (0.0, False, True)]
    assert optimizer.param_groups[0]["lr"] == 0.4
    assert late.requires_grad
    set_rates(optimizer, schedule, 1)  # as a training does that goes on from an early checkpoint
    assert early.requires_grad
