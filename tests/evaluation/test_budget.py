import math
import time
from typing import ClassVar

import numpy as np
import pytest

import toys
from linnet.classifiers.base import create
from linnet.classifiers.majority import MajorityClassifier
from linnet.classifiers.mlp import MLP
from linnet.datasets import loading
from linnet.datasets.base import Dataset
from linnet.evaluation import budget
from linnet.evaluation.budget import Budget, duration, estimate_seconds
from linnet.evaluation.choosing import choose, variants
from linnet.records.experiment import DataSpec, Protocol


def test_no_limit_is_an_endless_share():
    assert Budget(seconds=0, n_rungs=3).share(0) == math.inf


def test_time_that_is_left_is_shared_fairly(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(budget.time, "monotonic", lambda: clock[0])
    shared = Budget(seconds=60, n_rungs=3, started=clock[0])
    assert shared.share(0) == 20
    clock[0] += 10  # the first rung took half of its share: the others get more
    assert shared.share(1) == 25
    clock[0] += 70
    assert shared.share(2) == 0


def test_what_earlier_attempts_took_is_used(monkeypatch):
    clock = [100.0]
    monkeypatch.setattr(budget.time, "monotonic", lambda: clock[0])
    shared = Budget(seconds=60, n_rungs=2, before=20, started=clock[0])
    clock[0] += 10
    assert (shared.used, shared.share(0)) == (30, 15)


def test_estimates_may_take_a_twentieth_of_the_budget_on_top(monkeypatch):
    monkeypatch.setattr(budget.time, "monotonic", lambda: 0.0)
    assert not Budget(seconds=100, n_rungs=1, before=105, started=0.0).is_overdrawn
    assert Budget(seconds=100, n_rungs=1, before=106, started=0.0).is_overdrawn
    assert not Budget(seconds=0, n_rungs=1, before=106, started=0.0).is_overdrawn


def dataset(n):
    generator = np.random.default_rng(0)
    return Dataset.of(generator.integers(0, 256, (n, 1, 4, 4), dtype=np.uint8), np.arange(n) % 2)


class Slow(MajorityClassifier):
    """Take a time that grows with the square of n, told by a clock of its own."""

    clock: ClassVar[list[float]] = [0.0]

    def fit_features(self, train, *, seed, progress):
        self.clock[0] += (len(train.labels) / 1000) ** 2
        super().fit_features(train, seed=seed, progress=progress)


def test_growth_with_n_is_foreseen(monkeypatch):
    monkeypatch.setattr(budget.time, "perf_counter", lambda: Slow.clock[0])
    one = estimate_seconds([Slow()], dataset(2000), dataset(100), n_parts=1, seed=0)
    # One fit on 1,000 takes 1 second, on 2,000 four; choosing and the final fit are two of them.
    assert one == pytest.approx(8, rel=0.05)


def test_a_set_no_larger_than_the_trial_is_tried_whole_and_once(monkeypatch):
    monkeypatch.setattr(budget.time, "perf_counter", lambda: Slow.clock[0])
    before = Slow.clock[0]
    one = estimate_seconds([Slow()], dataset(1000), dataset(100), n_parts=1, seed=0)
    assert Slow.clock[0] - before == pytest.approx(1)
    assert one == pytest.approx(2)
    assert estimate_seconds([Slow()], dataset(500), dataset(100), n_parts=1, seed=0) == pytest.approx(0.5)


def test_more_folds_and_candidates_cost_more(monkeypatch):
    monkeypatch.setattr(budget.time, "perf_counter", lambda: Slow.clock[0])
    few = estimate_seconds([Slow()], dataset(2000), dataset(100), n_parts=1, seed=0)
    many = estimate_seconds([Slow()] * 3, dataset(2000), dataset(100), n_parts=5, seed=0)
    assert many == pytest.approx(few * 16 / 2, rel=0.05)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "0.2 s"), (12.4, "12 s"), (75, "1 min 15 s"), (3600, "1 h 0 min"), (5400, "1 h 30 min")],
)
def test_lengths_of_time_are_said_as_people_do(seconds, text):
    assert duration(seconds) == text


def test_a_network_foresees_its_fits_from_a_few_steps():
    made = []

    class Foreseeing(MLP):
        def estimate_seconds(self, train, *, n_valid, seed):
            made.append((len(train), n_valid))
            return 10.0

    data = toys.patterns()
    train, valid = data.subset(range(100)), data.subset(range(100, 120))

    def foreseen(n_parts, **changes):
        return estimate_seconds([Foreseeing(**changes)], train, valid, n_parts=n_parts, seed=0)

    assert foreseen(1) == 10.0
    assert foreseen(1, keep="last") == 20.0
    assert foreseen(5) == 60.0
    assert made[0] == (100, 20)


@pytest.mark.parametrize(
    ("name", "settings"), [("mlp", {"hidden": (128,), "epochs": 8}), ("fast-cnn", {"width": 0.2, "epochs": 3})]
)
def test_what_is_foreseen_is_what_it_takes_within_a_factor_of_three(name, settings, monkeypatch):
    # Seconds of this process alone: what else the machine does is no matter of the estimate.
    monkeypatch.setattr(time, "perf_counter", time.process_time)
    digits = loading.load(DataSpec(source="digits"), Protocol(), seed=0)
    candidates = variants(create(name, {}), {"augment": "pad-crop(padding=1)", **settings})
    foreseen = estimate_seconds(candidates, *digits.parts()[0], n_parts=1, seed=0)
    started = time.perf_counter()
    choose(candidates, digits.parts(), seed=0)
    taken = time.perf_counter() - started
    assert taken / 3 < foreseen < 3 * taken
