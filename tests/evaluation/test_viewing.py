"""The second row of a network, on toys."""

import numpy as np
import pytest
import torch

import toys
from linnet.classifiers.base import create, load
from linnet.classifiers.network import NetworkClassifier
from linnet.errors import RunError, UnsupportedError
from linnet.evaluation import climbing, viewing
from linnet.evaluation.temperature import fit_temperature
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.run import Run
from loaded import loaded_of

pytestmark = pytest.mark.usefixtures("short_descent")

SPLIT = np.array(["train"] * 70 + ["valid"] * 20 + ["test"] * 30)
QUICK = {"hidden": (16,), "epochs": 2}


def asked(protocol, **changes):
    values = {"command": "climb", "data": DataSpec(source="toy"), "rungs": ("majority", "mlp"), "protocol": protocol}
    return Experiment(**{**values, "settings": {"mlp": QUICK}, **changes})


@pytest.fixture
def data():
    return loaded_of(toys.patterns(), SPLIT)


def climbed(folder, experiment, data):
    run = Run.create(folder, experiment)
    assert climbing.climb(run, climbing.ladder(experiment), data) == []
    return run


def test_only_networks_get_a_second_row_and_only_when_asked(tmp_path, data):
    run = climbed(tmp_path / "with", asked(Protocol(views=True)), data)
    assert run.rungs == run.fitted_rungs == ("majority", "mlp", "mlp+views")
    assert climbed(tmp_path / "without", asked(Protocol()), data).fitted_rungs == ("majority", "mlp")


def test_who_looks_at_views_anyway_gets_no_second_row(tmp_path, data):
    experiment = asked(Protocol(views=True), rungs=("mlp",), settings={"mlp": {**QUICK, "views": "shifts"}})
    run = climbed(tmp_path / "run", experiment, data)
    assert run.fitted_rungs == ("mlp",)
    assert load(run.rung_folder("mlp")).views == "shifts"


def test_the_second_row_has_the_weights_of_the_first_and_predicts_for_itself(tmp_path, data):
    run = climbed(tmp_path / "run", asked(Protocol(views=True), rungs=("mlp",)), data)
    plain, views = (load(run.rung_folder(row)) for row in run.fitted_rungs)
    assert plain.network_.state_dict().keys() == views.network_.state_dict().keys()
    for one, other in zip(plain.network_.state_dict().values(), views.network_.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    assert views.views == run.selection("mlp+views").candidates[0]["views"] != "none"
    climbing.open_test(run, data, command="climb")
    test = data.part("test")
    said = {row: run.predictions(row, "test").probabilities for row in run.fitted_rungs}
    assert np.array_equal(said["mlp+views"], views.predict_proba(test.images).numpy())
    assert not np.allclose(said["mlp+views"], said["mlp"], atol=1e-3)
    assert not (run.rung_folder("mlp") / "checkpoint").exists()


def test_nothing_is_learned_twice(tmp_path, data, monkeypatch):
    steps = []
    real = NetworkClassifier._fit

    def counting(self, train, valid, **more):
        real(self, train, valid, **more)
        steps.append(self.history_.epochs)

    monkeypatch.setattr(NetworkClassifier, "_fit", counting)
    climbed(tmp_path / "run", asked(Protocol(views=True), rungs=("mlp",)), data)
    # The seconds stand in the rows: a training that was made again would have others.
    assert len(steps) == 3
    assert steps[0] == steps[1] == steps[2]


def test_each_row_has_the_temperature_of_its_own_validation_predictions(tmp_path):
    data = loaded_of(toys.patterns(noise=150), SPLIT)
    run = climbed(tmp_path / "run", asked(Protocol(views=True), rungs=("mlp",)), data)
    found = [load(run.rung_folder(row)).temperature_ for row in run.fitted_rungs]
    assert found == [fit_temperature(run.predictions(row, "valid")) for row in run.fitted_rungs]
    assert found[0] != found[1]


@pytest.mark.parametrize("folds", [0, 3])
def test_validation_predictions_come_from_fits_that_have_not_seen_them(tmp_path, folds):
    fold = np.where(SPLIT == "test", -1, np.arange(len(SPLIT)) % max(1, folds)) if folds else None
    data = loaded_of(toys.patterns(), SPLIT, fold)
    run = climbed(tmp_path / "run", asked(Protocol(views=True, folds=folds), rungs=("mlp",)), data)
    said, selection = run.predictions("mlp+views", "valid"), run.selection("mlp+views")
    assert len(said) == len(run.predictions("mlp", "valid")) == (90 if folds else 20)
    assert selection.accuracy.shape == (1, max(1, folds))
    views = selection.candidates[0]["views"]
    for part, (train, valid) in enumerate(data.parts()):
        alone = create("mlp", dict(QUICK)).fit(train, valid).looking_at(views).predict_proba(valid.images).numpy()
        rows = [said.ids.tolist().index(name) for name in valid.ids.tolist()]
        assert np.allclose(said.probabilities[rows], alone, atol=1e-6)
        right = np.mean(alone.argmax(1) == valid.labels.numpy())
        assert selection.accuracy[0, part] == pytest.approx(right)


def test_a_climb_that_was_stopped_between_the_two_rows_makes_only_the_second(tmp_path, data, monkeypatch):
    experiment = asked(Protocol(views=True), rungs=("mlp",))
    whole = climbed(tmp_path / "whole", experiment, data)
    run = Run.create(tmp_path / "run", experiment)
    with monkeypatch.context() as patch:
        patch.setattr(viewing, "save_views", interrupt)
        with pytest.raises(KeyboardInterrupt):
            climbing.climb(run, climbing.ladder(experiment), data)
    assert run.fitted_rungs == ("mlp",)
    before = (run.rung_folder("mlp") / "model.json").stat().st_mtime_ns
    monkeypatch.setattr(NetworkClassifier, "_fit", interrupt)
    assert climbing.climb(run, climbing.ladder(experiment), data) == []
    assert run.fitted_rungs == ("mlp", "mlp+views")
    assert (run.rung_folder("mlp") / "model.json").stat().st_mtime_ns == before
    for name in ("weights.safetensors", "model.json", "predictions-valid.csv", "selection.csv"):
        mine, theirs = (each.rung_folder("mlp+views") / name for each in (run, whole))
        assert mine.read_bytes() == theirs.read_bytes(), name
    assert climbing.climb(run, climbing.ladder(experiment), data) == []


def test_a_climb_that_was_stopped_before_the_views_were_judged_judges_them(tmp_path, data, monkeypatch):
    experiment = asked(Protocol(views=True), rungs=("mlp",))
    run = Run.create(tmp_path / "run", experiment)
    with monkeypatch.context() as patch:
        patch.setattr(viewing, "choose_views", interrupt)
        with pytest.raises(KeyboardInterrupt):
            climbing.climb(run, climbing.ladder(experiment), data)
    assert (run.rungs, run.fitted_rungs) == (("mlp",), ())
    assert climbing.climb(run, climbing.ladder(experiment), data) == []
    assert run.fitted_rungs == ("mlp", "mlp+views")


def interrupt(*_args, **_more):
    raise KeyboardInterrupt


def test_where_only_the_second_row_fails_only_it_is_skipped(tmp_path, data, monkeypatch):
    def refuse(*_args):
        raise UnsupportedError("not for such pictures")

    monkeypatch.setattr(viewing, "save_views", refuse)
    run = Run.create(tmp_path / "run", asked(Protocol(views=True), rungs=("mlp",)))
    (skipped,) = climbing.climb(run, climbing.ladder(run.experiment), data)
    assert (skipped.rung, skipped.reason) == ("mlp+views", "not for such pictures")
    assert run.fitted_rungs == ("mlp",)


def test_a_first_row_that_is_damaged_stops_the_climb_before_the_second(tmp_path, data, monkeypatch):
    run = Run.create(tmp_path / "run", asked(Protocol(views=True), rungs=("mlp",)))
    with monkeypatch.context() as patch:
        patch.setattr(viewing, "save_views", interrupt)
        with pytest.raises(KeyboardInterrupt):
            climbing.climb(run, climbing.ladder(run.experiment), data)
    weights = run.rung_folder("mlp") / "weights.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(b"half of it")
    with pytest.raises(RunError, match="damaged or incomplete"):
        climbing.climb(run, climbing.ladder(run.experiment), data)
    weights.write_bytes(whole)
    assert climbing.climb(run, climbing.ladder(run.experiment), data) == []
    assert run.fitted_rungs == ("mlp", "mlp+views")


def test_a_damaged_folder_is_refused_in_one_sentence(tmp_path, data):
    run = climbed(tmp_path / "run", asked(Protocol(views=True), rungs=("mlp",)), data)
    create("majority", {}).fit(data.part("train")).save(run.rung_folder("mlp"))
    with pytest.raises(RunError, match="should hold a network, and holds a majority"):
        viewing.save_views(run, "mlp", data)
