import numpy as np
import pytest

import toys
from linnet.classifiers.knn import KNearestNeighbors
from linnet.classifiers.mlp import MLP
from linnet.classifiers.network import NetworkClassifier
from linnet.errors import (
    ConfigError,
    DivergedError,
    LostProcessError,
    RunError,
    SealedError,
    UnknownNameError,
    UnsupportedError,
)
from linnet.evaluation import climbing, running
from linnet.evaluation.skipping import NO_MEMORY
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.run import Run
from listening import Heard
from loaded import loaded_of

SPLIT = np.array(["train"] * 70 + ["valid"] * 20 + ["test"] * 30)


def asked(**changes):
    values = {"command": "climb", "data": DataSpec(source="toy"), "rungs": ("majority", "knn")}
    return Experiment(**{**values, **changes})


@pytest.fixture
def data():
    return loaded_of(toys.patterns(), SPLIT)


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", asked())


def stop(*_args, **_more):
    raise KeyboardInterrupt


def climbed(run, data):
    skipped = climbing.climb(run, climbing.ladder(run.experiment), data)
    assert skipped == []
    return run


def test_wrong_names_and_values_are_refused_before_any_work():
    with pytest.raises(UnknownNameError, match="did you mean 'knn'"):
        climbing.ladder(asked(rungs=("knnn",)))
    with pytest.raises(UnknownNameError, match="did you mean 'metric'"):
        climbing.ladder(asked(settings={"knn": {"metrik": "l1"}}))
    with pytest.raises(ConfigError, match=r"knn\.k"):
        climbing.ladder(asked(settings={"knn": {"k": "three"}}))
    with pytest.raises(UnknownNameError, match="rung in this climb"):
        climbing.ladder(asked(rungs=("majority",), settings={"knn": {"k": 3}}))


def test_a_rung_that_is_named_twice_is_refused():
    with pytest.raises(ConfigError, match="has each rung once, and knn is asked for several times; name it once"):
        climbing.ladder(asked(rungs=("knn", "majority", "knn")))


def test_fixed_settings_narrow_the_candidates():
    free = climbing.ladder(asked()).candidates["knn"]
    fixed = climbing.ladder(asked(settings={"knn": {"metric": "l1"}})).candidates["knn"]
    assert len(fixed) == len(free) / 3
    assert {candidate.metric for candidate in fixed} == {"l1"}


def test_balance_is_set_on_every_candidate():
    found = climbing.ladder(asked(protocol=Protocol(balance=True)))
    assert all(candidate.balance for candidates in found.candidates.values() for candidate in candidates)


def test_the_test_split_stays_sealed_while_climbing(run, data, monkeypatch):
    def refuse(_self, split):
        assert split != "test", "the test split was read while settings were chosen"
        return real(_self, split)

    real = type(data).part
    monkeypatch.setattr(type(data), "part", refuse)
    climbed(run, data)
    assert run.openings == ()
    assert run.fitted_rungs == ("majority", "knn")


def test_the_final_fit_is_on_training_and_validation_pictures(run, data):
    climbed(run, data)
    fitted = climbing.load(run.rung_folder("knn"))
    assert len(fitted.points_) == 90


def test_validation_predictions_come_from_a_fit_that_has_not_seen_them(run, data):
    climbed(run, data)
    said = run.predictions("knn", "valid")
    assert len(said) == 20
    assert set(said.ids.tolist()) == set(data.part("valid").ids.tolist())


def test_the_ledger_has_its_line_before_the_first_picture_is_read(run, data, monkeypatch):
    climbed(run, data)

    monkeypatch.setattr(climbing, "contend", stop)
    with pytest.raises(KeyboardInterrupt):
        climbing.open_test(run, data, command="climb")
    assert len(run.openings) == 1


def test_all_rungs_are_scored_in_one_opening(run, data):
    climbed(run, data)
    board = climbing.open_test(run, data, command="climb")
    assert {row.rung for row in board.rows} == {"majority", "knn"}
    assert run.openings[0].rungs == ("majority", "knn")
    assert run.openings[0].n == 30
    assert run.openings[0].split_hash == data.split_hash()


def test_every_rung_has_its_numbers_and_every_pair_its_comparison_before_the_run_is_finished(run, data, monkeypatch):
    climbed(run, data)

    with monkeypatch.context() as patch:
        patch.setattr(climbing, "rank", stop)
        with pytest.raises(KeyboardInterrupt):
            climbing.open_test(run, data, command="climb")
    assert not run.is_finished
    assert {run.evaluation(rung, "test").n for rung in ("majority", "knn")} == {30}
    assert [(pair.first, pair.second) for pair in run.comparisons.pairs] == [("knn", "majority")]
    board = climbing.open_test(run, data, command="climb")
    for row in board.rows:
        found = run.evaluation(row.rung, "test")
        assert found.measures["accuracy"].value == row.accuracy
        assert (found.measures["accuracy"].low, found.measures["accuracy"].high) == (
            row.accuracy_low,
            row.accuracy_high,
        )
        assert found.measures["balanced_accuracy"].value == pytest.approx(row.balanced_accuracy)
        assert found.calibration.log_loss.value == row.log_loss
        assert found.calibration.expected.value == row.ece


def test_a_second_opening_makes_all_numbers_anew(run, data):
    climbed(run, data)
    climbing.open_test(run, data, command="climb")
    places = [run.comparisons_file, run.evaluation_file("knn", "test")]
    first = [place.read_bytes() for place in places]
    for place in places:
        place.write_text("of an earlier opening")
    climbing.open_test(run, data, command="evaluate", again=True)
    assert [place.read_bytes() for place in places] == first


def test_a_second_opening_is_refused_and_allowed_when_meant(run, data):
    climbed(run, data)
    climbing.open_test(run, data, command="climb")
    with pytest.raises(SealedError, match="--again"):
        climbing.open_test(run, data, command="evaluate")
    climbing.open_test(run, data, command="evaluate", again=True)
    assert [opening.command for opening in run.openings] == ["climb", "evaluate"]


def test_an_opening_that_was_interrupted_is_finished_by_the_next_and_then_the_split_is_sealed(run, data, monkeypatch):
    climbed(run, data)

    def stop(*_args, **_more):
        raise KeyboardInterrupt

    for place in ("contend", "rank"):
        with monkeypatch.context() as patch:
            patch.setattr(climbing, place, stop)
            with pytest.raises(KeyboardInterrupt):
                climbing.open_test(run, data, command="climb")
    climbing.open_test(run, data, command="resume")
    assert [opening.continues for opening in run.openings] == [False, True, True]
    with pytest.raises(SealedError, match="--again"):
        climbing.open_test(run, data, command="evaluate")
    climbing.open_test(run, data, command="evaluate", again=True)
    assert run.openings[-1].continues is False


def test_nothing_fitted_nothing_opened(run, data):
    with pytest.raises(RunError, match="no fitted rung"):
        climbing.open_test(run, data, command="climb")
    assert run.openings == ()


def test_a_budget_that_is_used_up_skips_with_its_reason(tmp_path, data):
    run = Run.create(tmp_path / "run", asked(protocol=Protocol(budget=1e-9)))
    skipped = climbing.climb(run, climbing.ladder(run.experiment), data)
    assert [s.rung for s in skipped] == ["majority", "knn"]
    assert "budget" in skipped[0].reason


def failing(monkeypatch, error, rung=KNearestNeighbors):
    """Let every fit of a rung end with an error."""

    def fails(*_args, **_more):
        raise error

    for hook in ("_fit", "sweep"):
        if hasattr(rung, hook):
            monkeypatch.setattr(rung, hook, fails)


@pytest.mark.parametrize(
    "error", [DivergedError("no number any more"), UnsupportedError("not for such pictures"), MemoryError()]
)
def test_a_rung_that_cannot_do_its_work_is_skipped_with_its_reason(tmp_path, data, monkeypatch, error):
    run = Run.create(tmp_path / "run", asked(rungs=("knn", "majority")))
    failing(monkeypatch, error)
    skipped = climbing.climb(run, climbing.ladder(run.experiment), data)
    assert [(s.rung, s.reason) for s in skipped] == [("knn", str(error) or NO_MEMORY)]
    assert run.fitted_rungs == ("majority",)


def test_a_rung_too_large_for_memory_is_skipped_and_the_others_go_on(tmp_path, data):
    # 2.5 PB of weights: more than a process can address.
    settings = {"two-layer": {"hidden": 10**13}}
    run = Run.create(tmp_path / "run", asked(rungs=("two-layer", "majority"), settings=settings))
    skipped = climbing.climb(run, climbing.ladder(run.experiment), data)
    assert [(s.rung, s.reason) for s in skipped] == [("two-layer", NO_MEMORY)]
    assert run.fitted_rungs == ("majority",)


def test_a_fault_of_the_program_is_not_hidden(run, data, monkeypatch):
    failing(monkeypatch, RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        climbing.climb(run, climbing.ladder(run.experiment), data)


@pytest.mark.parametrize(
    "error", [RunError("The checkpoint is of another training; delete it."), LostProcessError("A process ended.")]
)
def test_what_says_nothing_of_the_rung_stops_the_climb_and_the_run_can_go_on(tmp_path, data, monkeypatch, error):
    run = Run.create(tmp_path / "my run", asked(rungs=("knn", "majority")))
    heard = Heard()
    with monkeypatch.context() as patch:
        failing(patch, error)
        with pytest.raises(type(error), match=str(error)):
            running.finish(run, climbing.ladder(run.experiment), data, command="climb", progress=heard)
    assert heard.said[-1] == (
        "The climb stops with its test split sealed; once that is mended, go on with it: "
        f"linnet climb --resume '{run.folder}'"
    )
    assert (run.openings, run.is_finished) == ((), False)
    running.finish(run, climbing.ladder(run.experiment), data, command="resume", progress=heard)
    assert [opening.rungs for opening in run.openings] == [("knn", "majority")]
    assert run.leaderboard.skipped == ()


@pytest.mark.usefixtures("one_round")
def test_a_damaged_checkpoint_stops_the_climb_until_it_is_deleted(tmp_path, data, monkeypatch):
    run = Run.create(tmp_path / "run", asked(rungs=("mlp",), settings={"mlp": {"hidden": (4,)}}))
    with monkeypatch.context() as patch:
        patch.setattr(climbing, "timed_fit", stop)
        with pytest.raises(KeyboardInterrupt):
            climbing.climb(run, climbing.ladder(run.experiment), data)
    (left,) = run.rung_folder("mlp").rglob("*.safetensors")
    left.write_bytes(b"half of it")
    with pytest.raises(RunError, match=r"cannot be read .* delete it"):
        climbing.climb(run, climbing.ladder(run.experiment), data)
    left.unlink()
    assert climbed(run, data).fitted_rungs == ("mlp",)


def test_what_is_asked_of_networks_reaches_every_network_and_no_other_rung():
    rungs = ("knn", "mlp", "fast-cnn")
    shared = {"epochs": 3, "device": "cpu"}
    found = climbing.spread({"networks": shared, "fast_cnn": {"epochs": 5}, "knn": {"k": 1}}, rungs)
    assert found == {"knn": {"k": 1}, "mlp": shared, "fast-cnn": {"epochs": 5, "device": "cpu"}}
    assert climbing.spread({"knn": {"k": 1}}, ("knn",)) == {"knn": {"k": 1}}


def test_asking_something_of_networks_where_there_is_none_or_no_such_setting_is_refused():
    with pytest.raises(ConfigError, match=r"None of these rungs is a network: knn; leave out .*\(epochs\)"):
        climbing.spread({"networks": {"epochs": 3}}, ("knn",))
    with pytest.raises(UnknownNameError, match="did you mean 'epochs'"):
        climbing.spread({"networks": {"epoch": 3}}, ("mlp",))
    with pytest.raises(UnknownNameError, match="'hidden'"):
        climbing.spread({"networks": {"hidden": [3]}}, ("mlp",))


def test_a_missing_gpu_is_refused_before_any_work(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigError, match="wants 2 GPUs that torch can use, and there is none"):
        climbing.ladder(asked(rungs=("mlp",), settings={"mlp": {"device": "cuda", "devices": 2}}))


@pytest.mark.usefixtures("short_descent")
def test_what_a_networks_training_resolved_to_is_written_down(tmp_path, data):
    settings = {"mlp": {"hidden": (16,), "epochs": 2, "keep": "last"}}
    run = Run.create(tmp_path / "run", asked(rungs=("majority", "mlp"), settings=settings))
    climbed(run, data)
    training = run.training("mlp")
    # Fitted once more on training and validation pictures, as these decide nothing.
    assert (training.n_images, training.recipe["batch_size"]) == (90, 9)
    assert "auto" not in training.recipe.values()
    assert run.training("majority") is None


@pytest.mark.usefixtures("short_descent")
@pytest.mark.parametrize("folds", [0, 2])
def test_the_candidate_of_a_network_that_was_chosen_is_not_trained_again(tmp_path, monkeypatch, folds):
    fold = np.where(SPLIT == "test", -1, np.arange(len(SPLIT)) % folds) if folds else None
    data = loaded_of(toys.patterns(), SPLIT, fold)
    monkeypatch.setattr(MLP, "_candidates", lambda self: [{"learning_rate": 1e-9}, {"hidden": (16,)}])
    trained, real = [], NetworkClassifier._fit

    def counting(self, train, valid, **more):
        real(self, train, valid, **more)
        trained.append((self.hidden, len(train), self.history_.epochs))

    monkeypatch.setattr(NetworkClassifier, "_fit", counting)
    settings, protocol = {"mlp": {"epochs": 3}}, Protocol(folds=folds, views=True, learning_curve=True)
    run = Run.create(tmp_path / "run", asked(rungs=("mlp",), settings=settings, protocol=protocol))
    climbed(run, data)
    assert run.selection("mlp").chosen == 1
    assert run.fitted_rungs == ("mlp", "mlp+views")
    assert climbing.load(run.rung_folder("mlp")).hidden == (16,)
    n_train = len(data.parts()[0][0])
    first = next(rows for hidden, n, rows in trained if hidden == (16,) and n == n_train)
    # The seconds stand in the rows: a training that was made again would have others.
    assert [hidden for hidden, _, rows in trained if rows == first] == [(16,)] * (3 if folds else 4)
    assert trained[-1][2] == first
