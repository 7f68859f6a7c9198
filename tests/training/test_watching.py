"""Who is told what and when, and that neither listening nor watching changes a bit of what is learned."""

import pytest
import torch
from torch import nn

from linnet.training import engine
from linnet.training.health import diagnose
from linnet.training.watching import Audience
from listening import OF_EVERY_TRAINING, Heard
from nets import Floats, recipe_of, train

pytestmark = pytest.mark.usefixtures("few_steps")


def network_of(*, depth=1, bias=0.0, dropout=0.2):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        parts = [Floats(), nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Dropout(dropout)]
        for i in range(depth):
            parts += [nn.Linear(16 if i else 288, 16), nn.ReLU()]
        net = nn.Sequential(*parts, nn.Linear(16, 3))
    if bias:
        nn.init.constant_(net[6].bias, bias)
    return net


def vanishing():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        hidden = [part for _ in range(10) for part in (nn.Linear(8, 8), nn.Sigmoid())]
        return nn.Sequential(Floats(), nn.Flatten(), nn.Linear(64, 8), nn.Sigmoid(), *hidden, nn.Linear(8, 3))


class Notes:
    """Write down what a watcher is told."""

    def __init__(self, *, stop_after=None):
        self.calls = []
        self.samples = None
        self.stop_after = stop_after

    def begun(self, network, samples, *, n_steps):
        self.calls.append(("begun", n_steps))
        self.samples = samples

    def judged(self, row, network):
        self.calls.append(("judged", row.epoch))

    def fared(self, row, layers, network):
        self.calls.append(("fared", row.epoch, len(layers)))
        if row.epoch == self.stop_after:
            raise KeyboardInterrupt

    def ended(self):
        self.calls.append(("ended",))


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


HARD = {
    "plain": {},
    "averaged": {"average": 0.9, "optimizer": "adam", "learning_rate": 0.01},
    "muon": {"optimizer": "muon", "augment": "pad-crop(padding=1),sometimes(0.5,mixup)"},
    "lbfgs": {"optimizer": "lbfgs", "weight_decay": 0.0, "learning_rate": 0.5},
}


@pytest.mark.parametrize("kind", HARD)
def test_checkups_and_watchers_change_no_bit(data, monkeypatch, kind):
    watched, alone = network_of(), network_of()
    valid, asked = data.subset(range(30)), recipe_of(**HARD[kind])
    history = train(watched, data, valid, asked, progress=Audience(progress=Heard(OF_EVERY_TRAINING), watcher=Notes()))
    monkeypatch.setattr("linnet.training.watching.check_up", lambda parts, state: [])
    unexamined = train(alone, data, valid, asked)
    assert same(watched, alone)
    assert [row.valid_loss for row in history.epochs] == [row.valid_loss for row in unexamined.epochs]
    assert [checkup.epoch for checkup in history.health.checkups] == [1, 3]
    assert unexamined.health.checkups == ()


def test_a_watcher_is_told_of_every_round_and_of_the_layers_after_the_first_and_the_last(data):
    notes = Notes()
    train(network_of(), data, None, recipe_of(), progress=Audience(watcher=notes))
    assert notes.calls == [
        ("begun", 0), ("judged", 1), ("fared", 1, 6), ("judged", 2), ("judged", 3), ("fared", 3, 6), ("ended",),
    ]  # fmt: skip


def test_a_single_round_is_looked_at_once(data):
    notes = Notes()
    history = train(network_of(), data, None, recipe_of(epochs=1), progress=Audience(watcher=notes))
    assert [call for call in notes.calls if call[0] == "fared"] == [("fared", 1, 6)]
    assert len(history.health.checkups) == 1


def test_an_early_end_is_a_last_round_too(data):
    history = train(network_of(), data, data, recipe_of(epochs=20, patience=1, learning_rate=1e-9))
    assert [checkup.epoch for checkup in history.health.checkups] == [1, len(history.epochs)]
    assert len(history.epochs) < 20


def test_a_watcher_hears_of_the_end_after_an_interruption_and_where_it_goes_on(data, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "CHECKPOINT_SECONDS", 0.0)
    notes = Notes(stop_after=3)
    with pytest.raises(KeyboardInterrupt):
        train(network_of(), data, None, recipe_of(), progress=Audience(watcher=notes), checkpoints=tmp_path)
    assert notes.calls[-1] == ("ended",)
    again = Notes()
    train(network_of(), data, None, recipe_of(), progress=Audience(watcher=again), checkpoints=tmp_path)
    assert again.calls == [("begun", 10), ("judged", 3), ("fared", 3, 6), ("ended",)]


def test_the_checkups_of_a_training_that_went_on_are_those_of_one_that_was_not_stopped(data, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "CHECKPOINT_SECONDS", 0.0)
    straight = train(network_of(), data, None, recipe_of())
    with pytest.raises(KeyboardInterrupt):
        train(
            network_of(), data, None, recipe_of(), progress=Audience(watcher=Notes(stop_after=3)), checkpoints=tmp_path
        )
    resumed = train(network_of(), data, None, recipe_of(), checkpoints=tmp_path)
    assert resumed.health == straight.health


def test_of_a_finished_training_nobody_is_told(data, tmp_path):
    train(network_of(), data, None, recipe_of(), checkpoints=tmp_path)
    notes = Notes()
    history = train(network_of(), data, None, recipe_of(), progress=Audience(watcher=notes), checkpoints=tmp_path)
    assert notes.calls == []
    assert len(history.health.checkups) == 2


def test_samples_are_training_pictures_as_they_are_and_as_the_first_round_sees_them(data):
    plain, flipped = Notes(), Notes()
    train(network_of(), data, None, recipe_of(epochs=1), progress=Audience(watcher=plain))
    train(network_of(), data, None, recipe_of(epochs=1, augment="flip(p=1.0)"), progress=Audience(watcher=flipped))
    assert plain.samples.images.shape == (16, 1, 8, 8)
    assert plain.samples.augmented is None
    assert torch.equal(flipped.samples.augmented, plain.samples.images.flip(3))
    mixed = Notes()
    train(network_of(), data, None, recipe_of(epochs=1, augment="mixup"), progress=Audience(watcher=mixed))
    assert mixed.samples.augmented.dtype == torch.uint8


# -- what the user hears -----------------------------------------------------------------------------------------


def test_a_healthy_network_is_not_talked_about(data):
    heard = Heard(OF_EVERY_TRAINING)
    train(network_of(), data, data.subset(range(30)), recipe_of(), progress=heard)
    assert heard.said == []


def test_dead_units_are_told_once_with_what_to_try(data):
    heard = Heard(OF_EVERY_TRAINING)
    history = train(network_of(bias=-1000.0), data, None, recipe_of(), progress=heard)
    (said,) = heard.said
    assert "in 7 (100 %)" in said
    assert "try a smaller learning rate" in said
    for checkup in history.health.checkups:
        assert {layer.name: layer.dead_share for layer in checkup.layers}["7"] == 1.0
        assert "dead" in diagnose(checkup.layers)


def test_gradients_that_vanish_are_told_once_with_what_to_try(data):
    heard = Heard(OF_EVERY_TRAINING)
    train(vanishing(), data, None, recipe_of(), progress=heard)
    (said,) = heard.said
    assert said.startswith("Gradients vanish on the way back in 2 (")
    assert "more layers, against" in said
    assert "normalization layers" in said


def exploding():
    """Make a network whose every layer makes gradients ten times larger on their way back."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        parts = [Floats(), nn.Flatten(), nn.Linear(64, 16)]
        for _ in range(5):
            parts += [nn.ReLU(), nn.Linear(16, 16)]
            nn.init.normal_(parts[-1].weight, std=3.0)
        return nn.Sequential(*parts, nn.ReLU(), nn.Linear(16, 3))


def test_gradients_that_explode_are_told_once_with_what_to_try(data):
    heard = Heard(OF_EVERY_TRAINING)
    history = train(exploding(), data, None, recipe_of(learning_rate=1e-9), progress=heard)
    (said,) = heard.said
    assert said.startswith("Gradients explode in 2 (")
    assert "try a smaller learning rate, a longer warm-up, gradient clipping" in said
    for checkup in history.health.checkups:
        assert "exploding" in diagnose(checkup.layers)
        norms = {layer.name: layer.gradient_norm for layer in checkup.layers if layer.gradient_norm is not None}
        assert norms["2"] > 1e3


def test_running_statistics_that_do_not_follow_are_told_after_the_last_round_only(data):
    net, heard, notes = network_of(), Heard(OF_EVERY_TRAINING), Notes(stop_after=1)
    net[2].momentum = 0.0
    nn.init.constant_(net[1].bias, 5.0)
    with pytest.raises(KeyboardInterrupt):
        train(net, data, None, recipe_of(), progress=Audience(progress=heard, watcher=notes))
    assert heard.said == []
    history = train(net, data, None, recipe_of(), progress=heard)
    (said,) = heard.said
    assert said.startswith("Running statistics, which predictions use, are far from a batch's own in 2 (")
    assert {layer.name: layer.drift for layer in history.health.checkups[-1].layers}["2"] > 2


def test_what_was_told_before_an_interruption_is_not_told_again(data, tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "CHECKPOINT_SECONDS", 0.0)
    audience = Audience(watcher=Notes(stop_after=3))
    with pytest.raises(KeyboardInterrupt):
        train(vanishing(), data, None, recipe_of(), progress=audience, checkpoints=tmp_path)
    heard = Heard(OF_EVERY_TRAINING)
    train(vanishing(), data, None, recipe_of(), progress=heard, checkpoints=tmp_path)
    assert heard.said == []


def test_units_that_start_alike_are_told_before_the_first_step(data):
    heard, net = Heard(OF_EVERY_TRAINING), network_of()
    nn.init.constant_(net[6].weight, 0.01)
    nn.init.zeros_(net[6].bias)

    class Deaf(Notes):
        def begun(self, network, samples, *, n_steps):
            assert len(heard.said) == 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(net, data, None, recipe_of(), progress=Audience(progress=heard, watcher=Deaf()))
    assert heard.said[0].startswith("Units of 6 start with the same weights")


def test_an_audience_passes_on_what_the_progress_is_for():
    heard = Heard(OF_EVERY_TRAINING)
    audience = Audience(progress=heard, watcher=Notes())
    audience.say("a word")
    with audience.task("work", 3) as task:
        task.advance()
    assert heard.said == ["a word"]


@pytest.mark.parametrize(("rank", "n_told"), [(0, 1), (1, 0)])
def test_only_the_first_process_tells(data, monkeypatch, rank, n_told):
    from linnet.training import watching

    heard, notes = Heard(OF_EVERY_TRAINING), Notes()
    monkeypatch.setattr(watching.Reporter, "_is_first", property(lambda self: rank == 0))
    progress = Audience(progress=heard, watcher=notes)
    history = train(vanishing(), data, None, recipe_of(), progress=progress)
    assert len(heard.said) == n_told
    assert bool(notes.calls) == (rank == 0)
    assert len(history.health.checkups) == 2
