"""Learning curves, on toys."""

import itertools

import numpy as np
import pytest

import toys
from linnet.classifiers.base import create
from linnet.classifiers.knn import KNearestNeighbors
from linnet.classifiers.network import NetworkClassifier
from linnet.errors import RunError, UnsupportedError
from linnet.evaluation import climbing, learning
from linnet.evaluation.intervals import wilson
from linnet.evaluation.learning import nested_shares
from linnet.evaluation.skipping import NO_MEMORY
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.run import Run
from listening import Heard
from loaded import loaded_of

pytestmark = pytest.mark.usefixtures("short_descent")

SPLIT = np.array(["train"] * 100 + ["valid"] * 30 + ["test"] * 20)


@pytest.fixture
def data():
    return loaded_of(toys.patterns(counts=(50, 50, 50), noise=120), SPLIT)


def asked(**changes):
    values = {
        "command": "climb",
        "data": DataSpec(source="toy"),
        "rungs": ("majority", "knn"),
        "protocol": Protocol(learning_curve=True),
    }
    return Experiment(**{**values, **changes})


def climbed(folder, experiment, data, **more):
    run = Run.create(folder, experiment)
    return run, climbing.climb(run, climbing.ladder(experiment), data, **more)


def counts(data):
    return np.bincount(data.labels.numpy(), minlength=data.n_classes).tolist()


# -- shares ------------------------------------------------------------------------------------------------------


def test_shares_are_nested_and_have_the_mixture_of_all():
    train = toys.patterns(counts=(320, 160, 64))
    shares = nested_shares(train, seed=0)
    assert [counts(share) for share in shares] == [
        [20, 10, 4],
        [40, 20, 8],
        [80, 40, 16],
        [160, 80, 32],
        [320, 160, 64],
    ]
    assert shares[-1] is train
    for small, large in itertools.pairwise(shares):
        assert set(small.ids.tolist()) < set(large.ids.tolist())


def test_the_seed_decides_which_pictures():
    train = toys.patterns(counts=(80, 80))
    first, same, other = (nested_shares(train, seed=seed)[0].ids.tolist() for seed in (0, 0, 1))
    assert first == same != other


@pytest.mark.parametrize(
    ("n_of_class", "sizes"),
    [
        # An eighth of 24 is 3 of each of two classes, 6 in all; a quarter is 12.
        ((24, 24), [12, 24, 48]),
        # A quarter of 6 is 1.5, which is rounded to 2; an eighth to 1.
        ((80, 6), [22, 43, 86]),
        # A class that has but one picture has two in no share; a class without any asks for none.
        ((80, 1), [81]),
        ((80, 80, 0), [10, 20, 40, 80, 160]),
        ((3, 2), [5]),
    ],
)
def test_a_share_that_tells_of_chance_is_left_out(n_of_class, sizes):
    assert [len(share) for share in nested_shares(toys.patterns(counts=n_of_class), seed=0)] == sizes


# -- curves ------------------------------------------------------------------------------------------------------


def test_each_point_is_a_fit_of_the_chosen_settings_judged_on_validation_pictures(tmp_path, data):
    run, _ = climbed(tmp_path / "run", asked(), data)
    selection = run.selection("knn")
    settings = selection.candidates[selection.chosen]
    curve = run.learning_curve("knn")
    assert curve.rung == "knn"
    train, valid = data.part("train"), data.part("valid")
    shares = nested_shares(train, seed=0)
    assert [point.n_images for point in curve.points] == [len(share) for share in shares]
    for point, share in zip(curve.points, shares, strict=True):
        alone = create("knn", settings).fit(share, valid, seed=0)
        n_right = int((alone.predict(valid.images) == valid.labels).sum())
        assert (point.accuracy, point.n_valid) == (n_right / 30, 30)
        assert (point.low, point.high) == wilson(n_right, 30)
        assert point.seconds >= 0
    assert curve.points[-1].accuracy == selection.accuracy[selection.chosen, 0]
    assert curve.points[0].accuracy < curve.points[-1].accuracy


def test_nobody_who_does_not_ask_gets_one(tmp_path, data):
    run, _ = climbed(tmp_path / "run", asked(protocol=Protocol()), data)
    assert run.learning_curve("knn") is None


def test_the_test_split_is_not_looked_at(tmp_path, data, monkeypatch):
    real = type(data).part

    def refuse(self, split):
        assert split != "test"
        return real(self, split)

    monkeypatch.setattr(type(data), "part", refuse)
    run, _ = climbed(tmp_path / "run", asked(), data)
    assert run.openings == ()


def test_with_folds_the_first_one_is_taken(tmp_path):
    fold = np.where(SPLIT == "test", -1, np.arange(len(SPLIT)) % 5)
    data = loaded_of(toys.patterns(counts=(50, 50, 50), noise=120), SPLIT, fold)
    run, _ = climbed(tmp_path / "run", asked(protocol=Protocol(folds=5, learning_curve=True)), data)
    last = run.learning_curve("knn").points[-1]
    selection = run.selection("knn")
    assert (last.n_images, last.n_valid) == (104, 26)
    assert last.accuracy == selection.accuracy[selection.chosen, 0]


def test_what_is_done_stays_when_a_run_goes_on(tmp_path, data, monkeypatch):
    whole, _ = climbed(tmp_path / "whole", asked(), data)
    run = Run.create(tmp_path / "run", asked())
    real, made = learning._point, []

    def stops(asked, classifier, train, checkpoint):
        if len(made) == 5:
            raise KeyboardInterrupt
        made.append((classifier.name(), len(train)))
        return real(asked, classifier, train, checkpoint)

    monkeypatch.setattr(learning, "_point", stops)
    with pytest.raises(KeyboardInterrupt):
        climbing.climb(run, climbing.ladder(asked()), data)
    assert len(run.learning_curve("knn").points) == 1
    before = run.learning_curve("knn").points[0]
    made[:] = made[:1]
    assert climbing.climb(run, climbing.ladder(asked()), data) == []
    assert made[1:] == [("knn", 25), ("knn", 51), ("knn", 100)]
    assert run.learning_curve("knn").points[0] == before
    accuracy = [[point.accuracy for point in each.learning_curve("knn").points] for each in (run, whole)]
    assert accuracy[0] == accuracy[1]


def test_a_network_trains_not_once_more_for_its_last_point(tmp_path, data, monkeypatch):
    steps = []
    real = NetworkClassifier._fit

    def counting(self, train, valid, **more):
        real(self, train, valid, **more)
        steps.append((len(train), self.history_.epochs))

    monkeypatch.setattr(NetworkClassifier, "_fit", counting)
    experiment = asked(rungs=("mlp",), settings={"mlp": {"hidden": (8,), "epochs": 2}})
    run, _ = climbed(tmp_path / "run", experiment, data)
    assert [n for n, _ in steps] == [100, 100, 13, 25, 51, 100]
    # The seconds stand in the rows: a training that was made again would have others.
    assert steps[0][1] == steps[1][1] == steps[-1][1]
    assert run.learning_curve("mlp").points[-1].seconds == pytest.approx(steps[0][1][-1].seconds, abs=1e-3)
    assert not (run.rung_folder("mlp") / "checkpoint").exists()


def test_rungs_that_were_skipped_and_small_shares_are_named(tmp_path, data):
    progress = Heard()
    protocol = Protocol(learning_curve=True, budget=1e-9)
    run, skipped = climbed(tmp_path / "run", asked(protocol=protocol), data, progress=progress)
    assert len(skipped) == 2
    assert "knn has no learning curve, as it was skipped." in progress.said
    assert any("begin with 13 training pictures" in sentence for sentence in progress.said)
    assert run.learning_curve("knn") is None


def test_a_point_that_does_not_fit_into_memory_is_left_out(tmp_path, data, monkeypatch):
    real, heard = learning._point, Heard()

    def fails(asked, classifier, train, checkpoint):
        if len(train) == 51:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return real(asked, classifier, train, checkpoint)

    monkeypatch.setattr(learning, "_point", fails)
    run, _ = climbed(tmp_path / "run", asked(), data, progress=heard)
    assert [point.n_images for point in run.learning_curve("majority").points] == [13, 25, 100]
    assert any(f"no point at 51 pictures: {NO_MEMORY}" in sentence for sentence in heard.said)


def test_a_damaged_checkpoint_of_a_point_stops_the_climb_and_costs_no_point(tmp_path, data, monkeypatch):
    run = Run.create(tmp_path / "run", asked())
    real, heard = learning._point, Heard()

    def fails(asked, classifier, train, checkpoint):
        if len(train) == 51:
            raise RunError("The checkpoint cannot be read; delete it.")
        return real(asked, classifier, train, checkpoint)

    with monkeypatch.context() as patch:
        patch.setattr(learning, "_point", fails)
        with pytest.raises(RunError, match="delete it"):
            climbing.climb(run, climbing.ladder(asked()), data, progress=heard)
    assert "--resume" in heard.said[-1]
    climbing.climb(run, climbing.ladder(asked()), data)
    assert [point.n_images for point in run.learning_curve("majority").points] == [13, 25, 51, 100]


def test_a_budget_that_is_used_up_ends_the_curves_and_says_so(tmp_path, data):
    run, _ = climbed(tmp_path / "run", asked(protocol=Protocol()), data)
    progress = Heard()
    budget = climbing.Budget(seconds=1e-9, n_rungs=2)
    learning.draw_curves(run, climbing.ladder(asked()).candidates, data, budget=budget, progress=progress)
    assert run.learning_curve("knn") is None
    assert any("used up before the learning curve of knn came to 13 pictures" in said for said in progress.said)


def test_a_share_that_a_rung_cannot_learn_from_is_named_and_the_others_are_there(tmp_path, data, monkeypatch):
    real = KNearestNeighbors._fit

    def picky(self, train, valid, **more):
        if len(train) == 25:
            raise UnsupportedError("25 are unlucky.")
        real(self, train, valid, **more)

    monkeypatch.setattr(KNearestNeighbors, "_fit", picky)
    progress = Heard()
    run, skipped = climbed(tmp_path / "run", asked(), data, progress=progress)
    assert skipped == []
    assert [point.n_images for point in run.learning_curve("knn").points] == [13, 51, 100]
    assert "The learning curve of knn has no point at 25 pictures: 25 are unlucky." in progress.said
