import math
import re
import sys
import time
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import killing
from linnet import catalog
from linnet.errors import RunError
from linnet.seeds import torch_generator
from linnet.training import engine
from linnet.training.engine import Session, train
from linnet.training.schedules import create_schedule
from linnet.transforms.augmentations.parsing import parse
from linnet.transforms.draws import Draws
from linnet.words import percent
from nets import Floats, network_of, recipe_of, same

pytestmark = pytest.mark.usefixtures("few_steps")


class StopsAt:
    """Interrupt training before some step, as Ctrl-C would."""

    def __init__(self, step):
        self.left = step

    def advance(self, n=1, note=""):
        self.left -= n
        if self.left < 0:
            raise KeyboardInterrupt

    def say(self, text):
        pass

    @contextmanager
    def task(self, text, total=None):
        yield self


@pytest.mark.parametrize("optimizer", ["sgd", "nesterov", "adam", "adamw", "muon", "lbfgs"])
def test_every_optimizer_learns(data, optimizer):
    rate = {"adam": 0.01, "adamw": 0.01, "muon": 0.02, "lbfgs": 0.5}.get(optimizer, 0.05)
    asked = recipe_of(epochs=8, optimizer=optimizer, learning_rate=rate, weight_decay=0.0)
    history = train(network_of(), data, data.subset(range(40)), asked)
    assert history.epochs[-1].train_loss < 0.5 * history.epochs[0].train_loss
    assert history.epochs[-1].valid_accuracy > 0.9


SCHEDULES = ["constant", "step", "exponential(gamma=0.5)", "cosine", "linear(floor=0.1)", "one-cycle", "multi-step"]


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_rate_of_each_step_is_the_schedules(data, schedule):
    milestones = (2, 3) if schedule == "multi-step" else ()
    asked = recipe_of(epochs=4, schedule=schedule, milestones=milestones, warmup=0.2)
    history = train(network_of(), data, data, asked)
    known = create_schedule(
        schedule, n_steps=20, steps_per_epoch=5, warmup_steps=4, **({"milestones": milestones} if milestones else {})
    )
    expected = [asked.learning_rate * known.factor(row.step - 1) for row in history.epochs]
    assert [row.learning_rate for row in history.epochs] == pytest.approx(expected)
    assert history.epochs[-1].train_loss < history.epochs[0].train_loss


def test_a_plateau_is_told_each_validation_loss_and_falls(data):
    upside_down = data.subset(range(30))
    upside_down.labels.copy_((upside_down.labels + 1) % 3)  # what is learned makes this worse and worse
    asked = recipe_of(epochs=6, schedule="plateau(patience=0)", keep="last", learning_rate=0.01)
    rates = [row.learning_rate for row in train(network_of(), data, upside_down, asked).epochs]
    assert rates[-1] < 0.1 * rates[0]


HARD = {
    "plain": {},
    "averaged": {"average": 0.9, "optimizer": "adam", "learning_rate": 0.01},
    "early": {"patience": 2, "schedule": "plateau(patience=0,threshold=0.5)"},
    "falling": {"schedule": "multi-step", "milestones": (1, 2)},
    "nesterov": {"optimizer": "nesterov", "schedule": "one-cycle", "gradient_clip": 0.5},
    "adamw": {"optimizer": "adamw", "learning_rate": 0.01, "weight_decay": 0.1, "keep": "last"},
    "lbfgs": {"optimizer": "lbfgs", "learning_rate": 0.5, "weight_decay": 0.0},
    "one by one": {"batch_size": 1, "learning_rate": 0.003, "epochs": 1},
    "muon": {"optimizer": "muon", "label_smoothing": 0.1, "augment": "pad-crop(padding=1),sometimes(0.5,mixup)"},
}


@pytest.mark.parametrize("kind", HARD)
@pytest.mark.parametrize("stops", [(1,), (4, 7), (5,), (13,)])
def test_a_stopped_training_ends_as_one_that_was_not(data, tmp_path, monkeypatch, kind, stops):
    monkeypatch.setattr(engine, "CHECKPOINT_SECONDS", 0.0)
    valid, asked = data.subset(range(30)), recipe_of(**HARD[kind])
    straight, stopped = network_of(0.2), None
    expected = train(straight, data, valid, asked, seed=2)
    for stop in stops:
        stopped = network_of(0.2)
        with pytest.raises(KeyboardInterrupt):
            train(stopped, data, valid, asked, seed=2, session=Session(progress=StopsAt(stop), checkpoints=tmp_path))
    stopped = network_of(0.2)
    found = train(stopped, data, valid, asked, seed=2, session=Session(checkpoints=tmp_path))
    assert same(straight, stopped)
    assert [row.train_loss for row in found.epochs] == [row.train_loss for row in expected.epochs]
    assert [row.valid_loss for row in found.epochs] == [row.valid_loss for row in expected.epochs]


def test_a_finished_training_comes_back_without_work(data, tmp_path):
    first, second = network_of(), network_of()
    history = train(first, data, None, recipe_of(), session=Session(checkpoints=tmp_path))
    assert (
        train(second, data, None, recipe_of(), session=Session(progress=StopsAt(15), checkpoints=tmp_path)) == history
    )
    assert same(first, second)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("n_kills", [3, pytest.param(8, marks=pytest.mark.slow)])
def test_killing_it_at_any_moment_costs_no_bit(tmp_path, n_kills):
    chance, folder, at = killing.chance(), tmp_path / "killed", 0
    for seconds in (0.0, *chance.choices(killing.INTERVALS, k=n_kills - 1)):
        victim, first = killing.begin(folder, seconds=seconds)
        assert first == at
        for _ in range(chance.randint(2, killing.N_STEPS // (2 * n_kills))):
            assert victim.stdout.readline()
        time.sleep(chance.uniform(0, 0.01))
        victim.kill()
        victim.communicate()
        at = killing.steps_of(folder)
        # The first one writes a checkpoint after each step, so all others go on from one.
        assert 0 < at < killing.N_STEPS
    last, first = killing.begin(folder, seconds=math.inf)
    straight, zero = killing.begin(tmp_path / "straight", seconds=math.inf)
    assert (first, zero) == (at, 0)
    assert list(map(int, killing.finish(last).split())) == list(range(at + 1, killing.N_STEPS + 1))
    killing.finish(straight)
    assert killing.outcome(folder) == killing.outcome(tmp_path / "straight")


class Spy(nn.Module):
    """Write down what a network is shown, in training and in evaluation."""

    def __init__(self):
        super().__init__()
        self.learned_from, self.judged_by = [], []

    def forward(self, images):
        (self.learned_from if self.training else self.judged_by).append(images.clone())
        return images


def spied():
    net = nn.Sequential(Spy(), Floats(), nn.Flatten(), nn.Linear(64, 3))
    return net, net[0]


@pytest.mark.parametrize("augment", ["alternating-flip", "pad-crop(padding=2),sometimes(0.5,mixup)"])
@pytest.mark.parametrize("first", [0, 7])
def test_each_round_shows_every_picture_as_the_augmentation_draws_it_for_that_round(
    data, tmp_path, monkeypatch, augment, first
):
    monkeypatch.setattr(engine, "CHECKPOINT_SECONDS", 0.0)
    # The checkup looks at a batch of its own.
    monkeypatch.setattr("linnet.training.watching.check_up", lambda parts, state: [])
    asked = recipe_of(augment=augment, epochs=2)
    if first:
        stops = Session(progress=StopsAt(first), checkpoints=tmp_path)
        with pytest.raises(KeyboardInterrupt):
            train(spied()[0], data, None, asked, seed=4, session=stops)
    net, spy = spied()
    train(net, data, None, asked, seed=4, session=Session(checkpoints=tmp_path))
    draw = parse(augment, partial(catalog.find, "augmentations"))
    targets = nn.functional.one_hot(data.labels, 3).float()
    expected = []
    for epoch in range(2):
        order = torch.randperm(120, generator=torch_generator(4, "order", epoch))
        for rows in order.split(25):
            draws = Draws(4, epoch, rows.numpy())
            expected.append(draw(data.images[rows], targets[rows], draws=draws)[0])
    assert len(spy.learned_from) == 10 - first
    assert all(torch.equal(a, b) for a, b in zip(spy.learned_from, expected[first:], strict=True))
    in_both = [draw(data.images, targets, draws=Draws(4, epoch, np.arange(120)))[0] for epoch in range(2)]
    assert not torch.equal(*in_both)


def test_validation_sees_pictures_as_they_are_whatever_is_done_to_those_that_are_learned_from(data):
    net, spy = spied()
    valid = data.subset(range(50))
    asked = recipe_of(augment="noise(deviation=1)", epochs=2, keep="last")
    history = train(net, data, valid, asked, seed=4)
    assert not any(torch.equal(shown, data.images[:25]) for shown in spy.learned_from)
    assert torch.equal(torch.cat(spy.judged_by), torch.cat([valid.images] * 2))
    with torch.no_grad():
        logits = net(valid.images)
    last = history.epochs[-1]
    assert last.valid_loss == pytest.approx(float(nn.functional.cross_entropy(logits, valid.labels)), rel=1e-6)
    assert last.valid_accuracy == float((logits.argmax(1) == valid.labels).double().mean())


def test_the_loss_is_the_mean_over_the_pictures(data):
    network = nn.Sequential(Floats(), nn.Flatten(), nn.Linear(64, 3))
    with torch.no_grad():
        loss = nn.functional.cross_entropy(network(data.images), data.labels)
        right = (network(data.images).argmax(1) == data.labels).double().mean()
    history = train(network, data, None, recipe_of(epochs=1, batch_size=50, learning_rate=1e-12, momentum=0.0))
    assert history.epochs[0].train_loss == pytest.approx(float(loss), rel=1e-5)
    assert history.epochs[0].train_accuracy == pytest.approx(float(right))
    assert history.epochs[0].step == 3


def test_progress_tells_every_step_and_at_times_loss_share_of_right_ones_and_speed(data):
    told = []

    class Listening(StopsAt):
        def advance(self, n=1, note=""):
            told.append((n, note))

        def task(self, text, total=None):
            told.append((text, total))
            return super().task(text, total)

    history = train(network_of(), data, data, recipe_of(batch_size=5), session=Session(progress=Listening(0)))
    assert told[:2] == [("Training", 3 * 24), (0, "")]
    steps = told[2:]
    assert [n for n, _ in steps] == [1] * 72
    # After each tenth step of a round, and after its last one: then it says what the round's row says.
    assert [i for i, (_, note) in enumerate(steps) if note] == [24 * k + i for k in range(3) for i in (9, 19, 23)]
    for row, (_, note) in zip(history.epochs, steps[23::24], strict=True):
        said = re.fullmatch(r"loss (\d\.\d{3}), (\d+(?:\.\d+)?%) right, ([\d,]+) images/s", note)
        assert said.groups()[:2] == (f"{row.train_loss:.3f}", percent(row.train_accuracy))
        assert float(said[3].replace(",", "")) == pytest.approx(row.images_per_second, rel=0.01)


def test_a_time_budget_ends_training_within_the_round(data):
    history = train(network_of(), data, data, recipe_of(epochs=100_000, time_budget=0.3))
    assert len(history.epochs) < 10_000
    assert history.epochs[-1].valid_accuracy is not None


@pytest.mark.parametrize("changed", [{"learning_rate": 0.01}, {"batch_size": 10}])
def test_the_checkpoint_of_another_recipe_is_refused(data, tmp_path, changed):
    train(network_of(), data, None, recipe_of(), session=Session(checkpoints=tmp_path))
    ((key, value),) = changed.items()
    with pytest.raises(RunError, match=f"{key} .*{value}"):
        train(network_of(), data, None, recipe_of(**changed), session=Session(checkpoints=tmp_path))


def test_the_checkpoint_of_another_network_or_other_data_is_refused(data, tmp_path):
    train(network_of(), data, None, recipe_of(), session=Session(checkpoints=tmp_path))
    with pytest.raises(RunError, match="architecture"):
        train(network_of(width=4), data, None, recipe_of(), session=Session(checkpoints=tmp_path))
    with pytest.raises(RunError, match="other pictures or labels"):
        train(network_of(), data.subset(range(60)), None, recipe_of(), session=Session(checkpoints=tmp_path))


def test_a_damaged_checkpoint_is_refused(data, tmp_path):
    train(network_of(), data, None, recipe_of(), session=Session(checkpoints=tmp_path))
    path = tmp_path / "last.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RunError, match="cannot be read"):
        train(network_of(), data, None, recipe_of(), session=Session(checkpoints=tmp_path))


def test_clipping_and_penalties_hold_the_weights(data):
    def size(**changes):
        network = network_of()
        train(network, data, None, recipe_of(weight_decay=0.0, **changes))
        return float(sum(p.detach().square().sum() for p in network.parameters() if p.ndim > 1))

    free = size()
    assert size(penalty_l2=1.0) < 0.5 * free
    assert size(penalty_l1=0.1) < 0.5 * free
    assert size(gradient_clip=1e-6) == pytest.approx(
        float(sum(p.detach().square().sum() for p in network_of().parameters() if p.ndim > 1)), rel=1e-3
    )


@pytest.mark.parametrize("n", [1, 3])
def test_a_set_of_very_few_pictures_and_a_batch_larger_than_it_are_learned(data, n):
    few = data.subset(range(n))
    network = nn.Sequential(Floats(), nn.Flatten(), nn.Linear(64, 3))
    history = train(network, few, None, recipe_of(batch_size=512, epochs=20))
    assert history.epochs[-1].train_accuracy == 1.0


@pytest.mark.parametrize("size", [1, 2])
def test_balanced_batches_that_lack_classes_are_learned_from(data, size):
    # Of 41 pictures, batches of two miss at least one class of three, and a batch of one all but one.
    rare = data.subset(torch.cat([torch.nonzero(data.labels == k).flatten()[:n] for k, n in enumerate((30, 8, 3))]))
    network = nn.Sequential(Floats(), nn.Flatten(), nn.Linear(64, 3))
    asked = recipe_of(balance=True, batch_size=size, learning_rate=0.02, epochs=12)
    history = train(network, rare, rare, asked)
    assert all(math.isfinite(row.train_loss) for row in history.epochs)
    assert history.epochs[-1].step == 12 * (41 if size == 1 else 20)
    assert history.epochs[-1].valid_accuracy == 1.0


def test_balancing_gives_a_rare_class_the_weight_of_a_frequent_one(data):
    rare = data.subset(
        torch.cat([torch.nonzero(data.labels == 0).flatten(), torch.nonzero(data.labels == 1).flatten()[:4]])
    )

    def mean_probability(balance):
        network = nn.Sequential(Floats(), nn.Flatten(), nn.Linear(64, 3))
        nn.init.zeros_(network[2].weight)
        train(network, rare, None, recipe_of(balance=balance, epochs=1, batch_size=44, learning_rate=0.3, momentum=0.0))
        return float(network(rare.images).detach().softmax(1)[:, 1].mean())

    assert mean_probability(True) > 1.2 * mean_probability(False)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_weights_stay_float32_in_either_precision(data, precision):
    network = network_of()
    history = train(network, data, data, recipe_of(precision=precision, epochs=6))
    assert all(p.dtype == torch.float32 for p in network.parameters())
    assert history.epochs[-1].valid_accuracy > 0.9


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_checkpoint_of_a_gpu_goes_on_on_the_cpu(data, tmp_path, monkeypatch):
    train(network_of(), data, None, recipe_of(), session=Session(checkpoints=tmp_path))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    network = network_of()
    train(network, data, None, recipe_of(), session=Session(checkpoints=tmp_path))
    assert all(p.device.type == "cpu" for p in network.parameters())


def test_the_time_of_a_step_grows_with_the_batch(data):
    small, large = (
        engine.seconds_per_step(network_of(width=64), data, recipe_of(batch_size=size)) for size in (2, 120)
    )
    assert 0 < small < large
