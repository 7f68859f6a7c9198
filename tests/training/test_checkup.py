"""A checkup against the step that training would make itself, and a training that is left as it is, to the bit."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

import toys
from linnet.training.checkup import augmented, check_up, sample_rows
from linnet.training.recipe import Recipe
from linnet.training.starting import begin
from linnet.training.team import Team
from linnet.training.threads import threads_for


class Floats(nn.Module):
    def forward(self, images):
        return images.float() / 255


def network_of(dropout=0.3, width=6):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return nn.Sequential(
            Floats(), nn.Conv2d(1, width, 3), nn.BatchNorm2d(width), nn.ReLU(), nn.Flatten(), nn.Dropout(dropout),
            nn.Linear(36 * width, 3),
        )  # fmt: skip


def begun(network=None, **changes):
    plain = {"epochs": 3, "batch_size": 25, "learning_rate": 0.05, "augment": "none", "precision": "float32"}
    plain["weight_decay"] = 0.0
    network = network or network_of()
    return begin(network, toys.patterns(), None, Recipe(**{**plain, **changes}), seed=3, team=Team(device="cpu"))


def taken_a_step(parts, state):
    state.network.train()
    images, labels = parts.train.images[:25], parts.train.labels[:25]

    def closure():
        state.optimizer.zero_grad()
        loss = functional.cross_entropy(state.network(images), labels)
        loss.backward()
        return loss

    state.optimizer.step(closure)


def everything(state):
    memory = [value for values in state.optimizer.state.values() for value in values.values()]
    flat = [part for value in memory for part in (value if isinstance(value, list) else [value])]
    return [
        *(tensor.clone() for tensor in state.network.state_dict().values()),
        *(parameter.grad.clone() for parameter in state.network.parameters()),
        *(tensor.clone() for tensor in flat if isinstance(tensor, torch.Tensor)),
        torch.get_rng_state(),
    ]


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam", "adamw", "muon", "lbfgs"])
def test_nothing_of_the_training_changes(optimizer):
    parts, state = begun(optimizer=optimizer, gradient_clip=0.5)
    taken_a_step(parts, state)
    before, mode = everything(state), state.network.training
    kept = {name: id(value) for name, value in vars(state.optimizer).items()}
    layers = check_up(parts, state)
    after = everything(state)
    assert len(before) == len(after)
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    assert state.network.training == mode
    assert {name: id(value) for name, value in vars(state.optimizer).items()} == kept
    assert (layers[0].update_ratio is None) == (optimizer == "lbfgs")


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "muon"])
def test_it_measures_the_step_that_the_training_itself_would_make(optimizer):
    parts, state = begun(network_of(dropout=0.0), optimizer=optimizer)
    taken_a_step(parts, state)
    found = {layer.name: layer for layer in check_up(parts, state)}
    rows = sample_rows(parts, 25, "health")
    before = {name: weight.detach().clone() for name, weight in state.network.named_parameters()}
    state.optimizer.zero_grad()
    functional.cross_entropy(state.network(parts.train.images[rows]), parts.train.labels[rows]).backward()
    state.optimizer.step()
    for name in ("1", "6"):
        weight = state.network.get_parameter(f"{name}.weight")
        assert found[name].gradient_norm == pytest.approx(float(weight.grad.norm()), rel=1e-5)
        change = float((weight.detach() - before[f"{name}.weight"]).norm() / before[f"{name}.weight"].norm())
        assert found[name].update_ratio == pytest.approx(change, rel=1e-3)


def test_gradients_are_clipped_for_the_step_and_measured_as_they_were():
    free, clipped = (
        {layer.name: layer for layer in check_up(*begun(network_of(0.0), momentum=0.0, gradient_clip=clip))}
        for clip in (0.0, 1e-3)
    )
    assert clipped["6"].gradient_norm == free["6"].gradient_norm
    assert clipped["6"].update_ratio < 0.1 * free["6"].update_ratio


def test_dropout_is_on_and_repeats():
    parts, state = begun(network_of(dropout=0.5))
    first = check_up(parts, state)
    torch.rand(5)
    assert check_up(parts, state) == first
    assert check_up(*begun(network_of(dropout=0.0)))[-1].mean != first[-1].mean


class Counting(nn.Module):
    seen: list = []  # noqa: RUF012 # a copy counts here, too

    def forward(self, images):
        self.seen.append(len(images))
        return images


@pytest.mark.parametrize(("asked", "seen"), [(25, 25), (100, 100), (500, 128)])
def test_it_takes_one_batch_of_at_most_128_pictures(asked, seen):
    Counting.seen.clear()
    data = toys.patterns(counts=(200, 200, 200))
    recipe = Recipe(batch_size=asked, augment="none", precision="float32")
    check_up(*begin(nn.Sequential(Counting(), *network_of()), data, None, recipe, seed=0, team=Team(device="cpu")))
    assert Counting.seen == [seen]


def test_a_single_picture_is_enough():
    data = toys.patterns(counts=(1, 0, 0))
    recipe = Recipe(augment="none", precision="float32")
    assert len(check_up(*begin(network_of(), data, None, recipe, seed=0, team=Team(device="cpu")))) == 4


def test_where_memory_has_no_room_nothing_is_measured(monkeypatch):
    def full(*_args):
        raise torch.OutOfMemoryError("full")

    training = begun()
    with monkeypatch.context() as patch:
        patch.setattr(copy, "deepcopy", full)
        assert check_up(*training) == []


def test_pictures_are_augmented_as_in_the_round():
    parts, _ = begun(augment="flip(p=1.0)")
    rows = sample_rows(parts, 10, "any")
    images, targets = augmented(parts, rows, 0)
    assert torch.equal(images, parts.train.images[rows].flip(3))
    assert torch.equal(targets.argmax(1), parts.train.labels[rows])


def test_the_seed_chooses_the_pictures():
    parts, _ = begun()
    rows = sample_rows(parts, 10, "any")
    assert len(set(rows.tolist())) == 10
    assert torch.equal(rows, sample_rows(parts, 10, "any"))
    assert not torch.equal(rows, sample_rows(parts, 10, "other"))
    assert sample_rows(parts, 1000, "any").tolist() == list(range(120))


def test_products_have_the_precision_of_the_training():
    with threads_for(1):
        half, full = (check_up(*begun(network_of(0.0), precision=name)) for name in ("bfloat16", "float32"))
    assert half[0].mean != full[0].mean
    assert half[0].mean == pytest.approx(full[0].mean, abs=0.01)
