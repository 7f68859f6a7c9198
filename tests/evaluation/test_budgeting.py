import math
from dataclasses import dataclass

import numpy as np
import pytest

import toys
from linnet.errors import RunError
from linnet.evaluation import budgeting, climbing
from linnet.evaluation.budget import Budget
from linnet.evaluation.budgeting import Decision
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.files import read_json
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


@dataclass
class Shared(Budget):
    """Give every rung the same share of a budget of a thousand seconds, while its own clock stands still."""

    each: float = 0.0
    clock: float = 0.0

    @property
    def used(self):
        return self.clock

    def share(self, rung_number):
        return self.each


def shared(each, **changes):
    return Shared(**{"seconds": 1000.0, "n_rungs": 1, "each": each, **changes})


def decision(run, candidates, data, budget, rung="mlp"):
    heard = Heard()
    return budgeting.decide(run, rung, candidates, data, budget=budget, number=0, progress=heard), heard.said


def test_without_a_budget_nothing_is_tried_nor_written_down(tmp_path, data, monkeypatch):
    monkeypatch.setattr(budgeting, "estimate_seconds", None)
    run, candidates = started(tmp_path / "run")
    found, said = decision(run, candidates, data, Budget(seconds=0, n_rungs=1))
    assert (found, said) == (Decision(), [])
    assert not run.rung_folder("mlp").exists()


def test_what_fits_stays_as_it_is_and_that_is_written_down(tmp_path, data):
    run, candidates = started(tmp_path / "run")
    found, said = decision(run, candidates, data, shared(41.0))
    assert (found.epochs, found.reason, said) == (None, None, [])
    assert found.applied(candidates) is candidates
    assert read_json(run.rung_folder("mlp") / "budget.json") == {
        "epochs": None,
        "estimated_seconds": 40.0,
        "share_seconds": 41.0,
        "skipped": None,
    }


def test_a_network_makes_as_many_rounds_as_fit_and_that_is_said_and_written_down(tmp_path, data):
    run, candidates = started(tmp_path / "run")
    planned = candidates[0].n_epochs(70)
    found, said = decision(run, candidates, data, shared(20.0))
    assert found.reason is None
    assert [c.epochs for c in found.applied(candidates)] == [int(planned * 0.45)] * len(candidates)
    assert said == [
        f"mlp makes only {int(planned * 0.45)} rounds: all would take about 40 s, its share of the time budget is 20 s."
    ]
    assert budgeting.decided(run, "mlp").epochs == int(planned * 0.45)


@pytest.mark.parametrize("each", [41.0, 20.0, 8.0])
def test_what_was_decided_stays_on_a_machine_that_is_busier(tmp_path, data, monkeypatch, each):
    run, candidates = started(tmp_path / "run")
    first, _ = decision(run, candidates, data, shared(each))
    monkeypatch.setattr(budgeting, "estimate_seconds", lambda *given, **more: 400.0)
    found, said = decision(run, candidates, data, shared(1.0))
    assert (found.epochs, found.reason, said) == (first.epochs, first.reason, [])


@pytest.mark.parametrize(("each", "settings"), [(8.0, {}), (20.0, {"epochs": 12})])
def test_less_than_a_quarter_or_rounds_that_were_asked_for_are_a_reason_to_skip(tmp_path, data, each, settings):
    run, candidates = started(tmp_path / "run", **settings)
    found, said = decision(run, candidates, data, shared(each))
    words = f"it would take about 40 s, its share of the time budget is {each:.{0 if each > 10 else 1}f} s"
    assert (found.reason, found.epochs, said) == (words, None, [])


def test_a_rung_without_rounds_is_skipped(tmp_path, data):
    run, candidates = started(tmp_path / "run", rung="knn")
    found, _ = decision(run, candidates, data, shared(20.0), rung="knn")
    assert "it would take about 40 s" in found.reason


def test_the_trial_for_the_estimate_is_taken_off_the_share(tmp_path, data, monkeypatch):
    run, candidates = started(tmp_path / "run", rung="knn")
    budget = shared(45.0)

    def trial(*_given, **_more):
        budget.clock += 10
        return 40.0

    monkeypatch.setattr(budgeting, "estimate_seconds", trial)
    found, _ = decision(run, candidates, data, budget, rung="knn")
    assert found.reason == "it would take about 40 s, its share of the time budget is 35 s"


def test_a_rung_after_a_budget_that_is_used_up_is_skipped_with_its_estimate(tmp_path, data):
    run, candidates = started(tmp_path / "run")
    found, _ = decision(run, candidates, data, shared(0.0, clock=1001.0))
    assert found.reason == "it would take about 40 s, and the time budget is used up"


def test_where_estimates_would_take_too_long_on_top_the_reason_says_so(tmp_path, data, monkeypatch):
    monkeypatch.setattr(budgeting, "estimate_seconds", None)
    run, candidates = started(tmp_path / "run")
    found, _ = decision(run, candidates, data, shared(0.0, clock=1051.0))
    assert found.reason == (
        "the time budget was used up before it; what it would take was not tried, as that takes time, too"
    )


def test_a_small_set_that_makes_the_least_steps_already_saves_nothing_by_fewer_rounds(tmp_path, data, monkeypatch):
    monkeypatch.setattr("linnet.training.recipe.LEAST_STEPS", 10_000)
    run, candidates = started(tmp_path / "run")
    found, _ = decision(run, candidates, data, shared(20.0))
    assert "it would take" in found.reason


@pytest.mark.parametrize("damaged", ['{"epochs": 0}', '{"epochs": null, "skipped": 3}', "[]"])
def test_a_damaged_decision_is_refused(tmp_path, damaged):
    run, _ = started(tmp_path / "run")
    run.rung_folder("mlp").mkdir(parents=True)
    (run.rung_folder("mlp") / "budget.json").write_text(damaged)
    with pytest.raises(RunError, match="damaged"):
        budgeting.decided(run, "mlp")


def test_a_climb_makes_the_rounds_that_fit(tmp_path, data, monkeypatch):
    run, _ = started(tmp_path / "run", hidden=(4,))
    monkeypatch.setattr(climbing.Budget, "share", lambda self, number: 20.0)
    skipped = climbing.climb(run, climbing.ladder(run.experiment), data)
    assert skipped == []
    assert run.training("mlp").n_epochs == read_json(run.rung_folder("mlp") / "budget.json")["epochs"]


# -- attempts --------------------------------------------------------------------------------------------------------


def with_budget(folder, seconds):
    asked = Experiment(command="climb", data=DataSpec(source="toy"), protocol=Protocol(budget=seconds))
    return Run.create(folder, asked)


def test_what_earlier_attempts_took_is_gone_even_where_they_ended_by_an_error(tmp_path):
    run = with_budget(tmp_path / "run", 60)

    def attempt():
        with budgeting.counted(run, n_rungs=2) as budget:
            budget.started -= 20
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt()
    with budgeting.counted(run, n_rungs=2) as budget:
        assert budget.share(0) == pytest.approx(20, abs=1)
        budget.started -= 50
    with budgeting.counted(run, n_rungs=2) as budget:
        assert budget.share(0) == 0


def test_what_a_killed_attempt_took_is_known_up_to_the_rung_that_it_had_begun(tmp_path, data):
    run = with_budget(tmp_path / "run", 60)
    _, candidates = started(tmp_path / "other", rung="knn")
    decision(run, candidates, data, shared(50.0, clock=20.0), rung="knn")
    with budgeting.counted(run, n_rungs=1) as budget:
        assert budget.share(0) == pytest.approx(40, abs=1)


def test_without_a_budget_nothing_is_counted(tmp_path):
    run = with_budget(tmp_path / "run", 0)
    with budgeting.counted(run, n_rungs=1) as budget:
        assert budget.share(0) == math.inf
    assert not (run.folder / "budget.json").exists()


@pytest.mark.parametrize("damaged", ['{"spent_seconds": -1}', '{"spent_seconds": "much"}', "[]", "{}"])
def test_a_damaged_count_is_refused(tmp_path, damaged):
    run = with_budget(tmp_path / "run", 60)
    (run.folder / "budget.json").write_text(damaged)
    with pytest.raises(RunError, match="how much of the budget is spent"), budgeting.counted(run, n_rungs=1):
        pass


@pytest.mark.usefixtures("one_round")
def test_a_network_that_was_half_trained_goes_on_though_the_machine_is_busier(tmp_path, data, monkeypatch):
    asked = Experiment(
        command="climb",
        data=DataSpec(source="toy"),
        rungs=("mlp",),
        protocol=Protocol(budget=100.0),
        settings={"mlp": {"hidden": (4,)}},
    )
    run = Run.create(tmp_path / "run", asked)

    def stop(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(climbing, "timed_fit", stop)
        with pytest.raises(KeyboardInterrupt):
            climbing.climb(run, climbing.ladder(asked), data)
    monkeypatch.setattr(budgeting, "estimate_seconds", lambda *given, **more: 150.0)
    assert climbing.climb(run, climbing.ladder(asked), data) == []
    assert run.fitted_rungs == ("mlp",)
