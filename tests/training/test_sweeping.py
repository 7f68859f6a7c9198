"""Sweeps with real steps, checked against a loop that is written out here."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

import toys
from linnet.errors import UnsupportedError
from linnet.training import sweeping
from linnet.training.batches import batches
from linnet.training.muon import Muon
from linnet.training.recipe import Recipe
from linnet.training.sweeping import sweep_rates


class Affine(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(64, 3)
        nn.init.zeros_(self.layer.weight)
        nn.init.zeros_(self.layer.bias)

    def forward(self, images):
        return self.layer(images.flatten(1).float() / 255 - 0.5)


class Tuned(Affine):
    """Moves its bias at a rate of its own, whatever the recipe says."""

    def tuned_optimizer(self, recipe, *, n_images, dtype):
        groups = [
            {"params": [self.layer.weight], "kind": "plain", "lr": 2 * recipe.learning_rate},
            {"params": [self.layer.bias], "kind": "plain", "lr": 0.125},
        ]
        return Muon(groups, learning_rate=recipe.learning_rate, dtype=dtype)


def recipe_of(**changes):
    plain = {"batch_size": 50, "augment": "none", "precision": "float32", "weight_decay": 0.0}
    return Recipe(**{**plain, **changes})


@pytest.fixture(scope="module")
def data():
    return toys.patterns()


def test_rates_and_losses_are_those_of_plain_steps_with_a_rising_rate(data):
    found = sweep_rates(Affine(), data, recipe_of(momentum=0.0), seed=3, n_steps=5)
    network = Affine()
    coming = [batch for epoch in (0, 1) for batch in batches(data, size=50, seed=3, epoch=epoch)]
    assert [len(batch.labels) for batch in coming[:5]] == [50, 50, 20, 50, 50]
    for rate, loss, batch in zip(found.rates, found.losses, coming, strict=False):
        expected = functional.cross_entropy(network(batch.images), batch.labels)
        assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
        slopes = torch.autograd.grad(expected, list(network.parameters()))
        with torch.no_grad():
            torch._foreach_add_(list(network.parameters()), slopes, alpha=-rate)
    assert found.rates == pytest.approx([10 ** (-6 + 7 * i / 4) for i in range(5)])


def test_schedule_warmup_and_average_do_not_touch_the_rate(data):
    plain = sweep_rates(Affine(), data, recipe_of(schedule="constant"), n_steps=8)
    assert sweep_rates(Affine(), data, recipe_of(schedule="cosine", warmup=0.5, average=0.9), n_steps=8) == plain
    assert sweep_rates(Affine(), data, recipe_of(learning_rate=7.0), n_steps=8) == plain


def test_the_recipe_is_followed_otherwise(data):
    plain = sweep_rates(Affine(), data, recipe_of(), n_steps=30)
    for changes in (
        {"optimizer": "adam"}, {"label_smoothing": 0.3}, {"loss": "multiclass-hinge"}, {"augment": "noise"},
        {"batch_size": 30}, {"momentum": 0.0},
    ):  # fmt: skip
        assert sweep_rates(Affine(), data, recipe_of(**changes), n_steps=30) != plain


def test_groups_of_a_tuned_optimizer_follow_the_rate_as_far_as_the_recipe_moves_them(data, monkeypatch):
    seen = []

    def watched(parts, state, batch):
        seen.append([group["initial_lr"] for group in state.optimizer.param_groups])
        return learn_from(parts, state, batch)

    learn_from = sweeping.learn_from
    monkeypatch.setattr(sweeping, "learn_from", watched)
    found = sweep_rates(Tuned(), data, recipe_of(optimizer="muon"), n_steps=4)
    assert [weight for weight, _ in seen] == [2 * rate for rate in found.rates]
    assert [bias for _, bias in seen] == [0.125] * 4


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam", "adamw", "muon"])
def test_the_suggestion_of_every_optimizer_teaches(data, optimizer):
    found = sweep_rates(Affine(), data, recipe_of(optimizer=optimizer))
    assert found.suggestion is not None
    assert min(found.losses) < 0.5 * math.log(3)


def test_lbfgs_is_refused(data):
    with pytest.raises(UnsupportedError, match="lbfgs searches for the length of each step itself"):
        sweep_rates(Affine(), data, recipe_of(optimizer="lbfgs"))


def test_the_seed_repeats_and_no_global_random_state_is_left_changed(data):
    networks, asked = [Affine() for _ in range(3)], recipe_of(augment="flip")
    before = torch.get_rng_state()
    first, second, other = (
        sweep_rates(network, data, asked, seed=seed, n_steps=6)
        for network, seed in zip(networks, (1, 1, 2), strict=True)
    )
    assert first == second != other
    assert torch.equal(torch.get_rng_state(), before)
