import math

import pytest
import torch
from torch import nn

from linnet.errors import DivergedError
from linnet.training import engine
from linnet.training.checkpoints import Checkpoint
from nets import network_of, recipe_of, same, train

pytestmark = pytest.mark.usefixtures("few_steps")


def test_validation_scores_the_averaged_weights_and_they_are_kept(data):
    network = network_of()
    history = train(network, data, data, recipe_of(average=0.95, epochs=5, keep="last"))
    right = (network(data.images).argmax(1) == data.labels).double().mean()
    assert history.epochs[-1].valid_accuracy == pytest.approx(float(right), abs=1e-12)


def accuracy(network, data):
    return float((network(data.images).argmax(1) == data.labels).double().mean())


def test_early_stopping_ends_when_nothing_gets_better_and_keeps_the_best_weights(data):
    network, valid = network_of(), data.subset(range(30))
    history = train(network, data, valid, recipe_of(epochs=60, learning_rate=1.5, schedule="constant", patience=3))
    found = [(-row.valid_accuracy, row.valid_loss) for row in history.epochs]
    assert len(found) < 60
    assert found.index(min(found)) == len(found) - 4
    assert accuracy(network, valid) == max(row.valid_accuracy for row in history.epochs)


@pytest.mark.parametrize("keep", ["best", "last"])
def test_the_best_or_the_last_weights_are_kept(data, keep):
    network, valid = network_of(), data.subset(range(45))
    history = train(network, data, valid, recipe_of(epochs=12, learning_rate=2.0, schedule="constant", keep=keep))
    found = [row.valid_accuracy for row in history.epochs]
    assert found[-1] < max(found)
    assert accuracy(network, valid) == pytest.approx(max(found) if keep == "best" else found[-1], abs=0.03)


class Breaks(nn.Module):
    """Return what it is given, and from some use in training on no numbers."""

    def __init__(self, at):
        super().__init__()
        self.at, self.n = at, 0

    def forward(self, x):
        self.n += self.training
        return x * math.nan if self.n > self.at else x


@pytest.mark.parametrize("at", [8, 17])
def test_a_loss_that_is_no_number_is_one_sentence_and_the_last_checkpoint_survives(data, tmp_path, monkeypatch, at):
    monkeypatch.setattr(engine, "CHECKPOINT_SECONDS", 0.0)
    expected = network_of()
    train(nn.Sequential(Breaks(math.inf), expected), data, None, recipe_of(epochs=6), seed=2)
    with pytest.raises(DivergedError, match=r"no number any more in epoch \d.*take a tenth of learning_rate"):
        train(nn.Sequential(Breaks(at), network_of()), data, None, recipe_of(epochs=6), seed=2, checkpoints=tmp_path)
    position = Checkpoint.read(tmp_path / "last.safetensors").plain["position"]
    assert position["step"] == at
    assert math.isfinite(position["loss"])
    mended = network_of()
    train(nn.Sequential(Breaks(math.inf), mended), data, None, recipe_of(epochs=6), seed=2, checkpoints=tmp_path)
    assert same(mended, expected)


class Ruins(nn.Module):
    """Let the step of some use in training make the weights no numbers, after a loss that still was one."""

    def __init__(self, at):
        super().__init__()
        self.at, self.n = at, 0

    def forward(self, x):
        self.n += self.training
        if self.n == self.at and x.requires_grad:
            x.register_hook(lambda gradient: gradient * math.nan)
        return x


@pytest.mark.parametrize("valid", [False, True])
@pytest.mark.parametrize("at", [3, 5, 15])  # in a round, at its end, and at the end of the training
def test_a_step_that_ruins_the_weights_is_neither_kept_nor_returned(data, tmp_path, monkeypatch, at, valid):
    monkeypatch.setattr(engine, "CHECKPOINT_SECONDS", 0.0)
    judges = data.subset(range(30)) if valid else None
    with pytest.raises(DivergedError, match=r"^(A weight|The loss) is no number any more in epoch \d"):
        train(nn.Sequential(network_of(), Ruins(at)), data, judges, recipe_of(), checkpoints=tmp_path)
    kept = Checkpoint.read(tmp_path / "last.safetensors")
    assert kept.plain["position"]["step"] == at - 1
    assert all(torch.isfinite(tensor).all() for name, tensor in kept.tensors.items() if name.startswith("network"))


class Blind(nn.Module):
    """See nothing but in training."""

    def forward(self, x):
        return x if self.training else x * math.nan


def test_a_validation_loss_that_is_no_number_is_one_sentence(data):
    with pytest.raises(DivergedError, match="The validation loss is no number any more in epoch 1"):
        train(nn.Sequential(network_of(), Blind()), data, data, recipe_of())


def test_searching_along_a_line_is_not_told_to_clip(data):
    asked = recipe_of(optimizer="lbfgs", weight_decay=0.0, learning_rate=1.0)
    with pytest.raises(DivergedError, match=r"a tenth of learning_rate\.$"):
        train(nn.Sequential(network_of(), Breaks(0)), data, None, asked)


def test_short_rounds_share_a_checkpoint_and_the_last_has_one(data, tmp_path, monkeypatch):
    written = []
    monkeypatch.setattr(Checkpoint, "write", lambda self, path: written.append(self.plain["position"]["epoch"]))
    train(network_of(), data, None, recipe_of(epochs=4), checkpoints=tmp_path)
    assert written == [4]


def test_judging_leaves_the_network_in_training_with_its_own_weights(data):
    one, other = network_of(0.2), network_of(0.2)
    train(one, data, data, recipe_of(average=0.5, keep="last"))
    train(other, data, None, recipe_of(average=0.5, keep="last"))
    assert same(one, other)
    assert all(torch.isfinite(weight).all() for weight in one.state_dict().values())
