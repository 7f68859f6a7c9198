import numpy as np
import pytest

import toys
from linnet.errors import RunError
from linnet.evaluation import budgeting, climbing
from linnet.records.experiment import DataSpec, Experiment
from linnet.records.run import Run
from listening import Heard
from loaded import loaded_of

SPLIT = np.array(["train"] * 70 + ["valid"] * 20 + ["test"] * 30)


@pytest.fixture(autouse=True)
def forty_seconds(monkeypatch):
    """Let every rung cost 40 seconds, and small sets make no more rounds than they are told."""
    monkeypatch.setattr(budgeting, "estimate_seconds", lambda *given, **more: 40.0)
    monkeypatch.setattr("linnet.training.recipe.LEAST_STEPS", 20)


@pytest.fixture
def data():
    return loaded_of(toys.patterns(), SPLIT)


def started(folder, rung="mlp", **settings):
    asked = Experiment(command="climb", data=DataSpec(source="toy"), rungs=(rung,), settings={rung: settings})
    return Run.create(folder, asked), climbing.ladder(asked).candidates[rung]


def fitted(run, candidates, data, share, rung="mlp"):
    heard = Heard()
    return *budgeting.fit_into(run, rung, candidates, data, share=share, progress=heard), heard.said


@pytest.mark.parametrize("share", [float("inf"), 41.0])
def test_what_fits_stays_as_it_is(tmp_path, data, share):
    run, candidates = started(tmp_path / "run")
    assert fitted(run, candidates, data, share) == (None, None, [])
    assert budgeting.shortened(run, "mlp", candidates) is None


def test_a_network_makes_as_many_rounds_as_fit_and_that_is_said_and_written_down(tmp_path, data):
    run, candidates = started(tmp_path / "run")
    planned = candidates[0].n_epochs(70)
    reason, fewer, said = fitted(run, candidates, data, 20.0)
    assert reason is None
    assert [c.epochs for c in fewer] == [int(planned * 0.45)] * len(candidates)
    assert said == [
        f"mlp makes only {int(planned * 0.45)} rounds: all would take about 40 s, its share of the time budget is 20 s."
    ]
    assert [c.epochs for c in budgeting.shortened(run, "mlp", candidates)] == [c.epochs for c in fewer]


def test_one_round_is_said_as_one(tmp_path, data, monkeypatch):
    run, candidates = started(tmp_path / "run")
    monkeypatch.setattr(budgeting, "_fewer", lambda candidates, n_images, share: 1)
    assert fitted(run, candidates, data, 20.0)[2][0].startswith("mlp makes only 1 round: all")


@pytest.mark.parametrize(("share", "settings"), [(8.0, {}), (20.0, {"epochs": 12})])
def test_less_than_a_quarter_or_rounds_that_were_asked_for_are_a_reason_to_skip(tmp_path, data, share, settings):
    run, candidates = started(tmp_path / "run", **settings)
    reason, fewer, said = fitted(run, candidates, data, share)
    assert reason == f"it would take about 40 s, its share of the time budget is {share:.{0 if share > 10 else 1}f} s"
    assert (fewer, said) == (None, [])


def test_a_rung_without_rounds_is_skipped(tmp_path, data):
    run, candidates = started(tmp_path / "run", rung="knn")
    assert "it would take about 40 s" in fitted(run, candidates, data, 20.0, rung="knn")[0]


def test_a_budget_that_is_used_up_is_a_reason(tmp_path, data):
    run, candidates = started(tmp_path / "run")
    assert "used up" in fitted(run, candidates, data, 0.0)[0]


def test_a_small_set_that_makes_the_least_steps_already_saves_nothing_by_fewer_rounds(tmp_path, data, monkeypatch):
    monkeypatch.setattr("linnet.training.recipe.LEAST_STEPS", 10_000)
    run, candidates = started(tmp_path / "run")
    assert "it would take" in fitted(run, candidates, data, 20.0)[0]


def test_a_damaged_decision_is_refused(tmp_path):
    run, candidates = started(tmp_path / "run")
    run.rung_folder("mlp").mkdir(parents=True)
    (run.rung_folder("mlp") / "budget.json").write_text('{"epochs": 0}')
    with pytest.raises(RunError, match="damaged"):
        budgeting.shortened(run, "mlp", candidates)


def test_a_climb_makes_the_rounds_that_fit(tmp_path, data, monkeypatch):
    run, _ = started(tmp_path / "run", hidden=(4,))
    monkeypatch.setattr(climbing.Budget, "share", lambda self, number: 20.0)
    skipped = climbing.climb(run, climbing.ladder(run.experiment), data)
    assert skipped == []
    assert run.training("mlp").n_epochs == budgeting.read_json(run.rung_folder("mlp") / "budget.json")["epochs"]
