import json
import math
import re
import shlex
import sys

import numpy as np
import pytest
import torch

import killing
from linnet import cli
from linnet.classifiers.base import load
from linnet.classifiers.tempering import tempered
from linnet.datasets import loading
from linnet.records.history import History
from linnet.records.run import Run
from linnet.training.checkpoints import Checkpoint
from linnet.training.finder import RateFinding


def test_one_rung_under_the_same_protocol(command, tmp_path):
    words = ["train", "digits[3,8]", "--classifier", "knn", "--set", "knn.k=3", "--set", "knn.metric=l2"]
    code, out, _ = command(*words, "--out", tmp_path / "run", "--json")
    assert code == 0
    (row,) = json.loads(out)["rows"]
    assert row["rung"] == "knn"
    assert row["settings"]["k"] == 3
    assert (tmp_path / "run" / "ledger.jsonl").exists()


def test_a_classifier_must_be_named(command):
    assert command("train", "digits")[0] == 2


def test_a_source_must_be_given(command):
    code, _, said = command("train", "--classifier", "knn")
    assert code == 2
    assert "DATA is missing" in said


def flags_of(name):
    shown = cli.app[name].assemble_argument_collection(parse_docstring=False)
    return sorted(flag for argument in shown for flag in argument.names if flag.startswith("--"))


@pytest.mark.parametrize(("name", "flag"), [(name, flag) for name in ("climb", "train") for flag in flags_of(name)])
def test_every_flag_beside_resume_is_refused_by_its_name(command, tmp_path, name, flag):
    code, _, said = command(name, "--resume", tmp_path, flag)
    if flag in ("--resume", "--json"):
        assert "leave out" not in said
    else:
        assert (code, said) == (2, f"linnet: --resume goes on with what the run was asked for; leave out {flag}.\n")


def test_a_flag_beside_resume_is_refused_with_its_default_and_with_an_equals_sign_too(command, tmp_path):
    for more, named in ((["--seed", "0"], "--seed"), (["--epochs=80"], "--epochs"), (["digits"], "digits")):
        code, _, said = command("climb", *more, f"--resume={tmp_path}")
        assert code == 2
        assert f"leave out {named}." in said


def test_flags_that_only_show_may_stand_beside_resume(command, tmp_path):
    code, _, said = command("train", "--resume", tmp_path, "--json", "--debug")
    assert code == 1
    assert "has no experiment.toml" in said


def test_a_finished_run_is_not_gone_on_with(command, tmp_path):
    assert command("train", "digits[3,8]", "--classifier", "majority", "--out", tmp_path / "run")[0] == 0
    code, _, said = command("train", "--resume", tmp_path / "run")
    assert code == 1
    assert "nothing to go on with" in said


def test_a_missing_gpu_is_one_sentence_and_leaves_nothing_behind(command, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    out = tmp_path / "run"
    code, _, said = command("train", "digits[3,8]", "--classifier", "mlp", "--device", "cuda", "--out", out)
    assert code == 1
    assert "wants a GPU" in said
    assert "--device cpu" in said
    assert not out.exists()


def test_two_processes_train_one_network(command, tmp_path):
    words = ["train", "digits[3,8]", "--classifier", "mlp", "--set", "mlp.hidden=[8]", "--epochs", "2"]
    code, out, _ = command(*words, "--devices", "2", "--device", "cpu", "--out", tmp_path / "run", "--json")
    assert code == 0
    (row,) = json.loads(out)["rows"]
    assert row["settings"]["devices"] == 2
    assert row["accuracy"] > 0.9


def test_flags_for_networks_beside_another_rung_are_refused(command, tmp_path):
    code, _, said = command("train", "digits[3,8]", "--classifier", "knn", "--epochs", "3", "--out", tmp_path / "run")
    assert code == 1
    assert "None of these rungs is a network" in said


@pytest.fixture
def sweep(command, tmp_path, monkeypatch):
    """Look for a rate of a tiny network in an empty folder."""
    monkeypatch.chdir(tmp_path)
    words = ["train", "digits[3,8]", "--classifier", "mlp", "--set", "mlp.hidden=[8]", "--set", "mlp.augment=none"]
    return lambda *more: command(*words, "--find-rate", *more)


def test_a_learning_rate_is_found_and_nothing_else_is_left_behind(sweep, command, tmp_path):
    code, out, _ = sweep()
    assert code == 0
    suggested = re.search(r"Suggested: (\S+),", out)[1]
    assert 0.001 < float(suggested) < 3
    assert "mlp would use 0.02 now" in out
    assert {path.name for path in tmp_path.iterdir()} == {"rates.svg", "rates.csv"}
    told = re.search(r"Train with it: linnet (.*)", out)[1]
    assert f"--set mlp.learning_rate={suggested}" in told
    quick = ["--set", "mlp.epochs=1", "--out", "run", "--json"]
    code, out, _ = command(*shlex.split(told), *quick)
    assert code == 0
    assert json.loads(out)["rows"][0]["settings"]["learning_rate"] == float(suggested)


def test_whatever_else_is_asked_stands_in_the_command_that_is_suggested(sweep):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    code, out, _ = sweep("--tensorboard", "--views", "--learning-curve", "--budget", "90.5s", "--no-calibrate")
    assert code == 0
    told = shlex.split(re.search(r"Train with it: (.*)", out)[1])
    assert {"--tensorboard", "--views", "--learning-curve", "90.5s", "--no-calibrate"} <= set(told)


def test_found_rates_as_json_go_where_they_are_told_once(sweep, tmp_path):
    code, out, _ = sweep("--out", "found", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["learning_rate"] == 0.02
    assert len(found["rates"]) == len(found["losses"])
    assert {path.name for path in (tmp_path / "found").iterdir()} == {"rates.svg", "rates.csv"}
    code, _, err = sweep("--out", "found")
    assert code == 1
    assert "exists already and is left as it is" in err


def test_where_the_loss_never_falls_that_is_said(sweep, tmp_path, monkeypatch):
    monkeypatch.setattr("linnet.training.sweeping.find_learning_rate", lambda step, n_steps: RateFinding(
        rates=(0.1, 1.0), losses=(1.0, math.nan), suggestion=None,
    ))  # fmt: skip
    code, out, _ = sweep()
    assert code == 0
    assert "nothing to suggest; mlp would use 0.02 now" in out
    assert [path.name for path in tmp_path.iterdir()] == ["rates.svg"]
    assert json.loads(sweep("--json")[1])["losses"] == [1.0, None]


def test_only_networks_have_a_rate_to_find(command):
    code, _, err = command("train", "no-such-folder", "--classifier", "knn", "--find-rate")
    assert code == 1
    assert "knn is no network" in err
    assert "mlp" in err


def test_several_augmentations_are_one_text(command):
    words = ["train", "no-such-folder", "--classifier", "mlp", "--set"]
    assert "no-such-folder" in command(*words, "mlp.augment=pad-crop,flip")[2]
    assert "did you mean 'flip'" in command(*words, "mlp.augment=pad-crop(padding=2),flipp")[2]


def test_a_loss_has_its_settings_in_brackets_and_they_are_checked_before_any_work(command, tmp_path):
    words = ["digits[3,8]", "--classifier", "mlp", "--set", "mlp.hidden=4", "--set", "mlp.epochs=1", "--json"]
    code, out, _ = command("train", *words, "--set", "mlp.loss=focal(gamma=3)", "--out", tmp_path / "run")
    assert code == 0
    assert json.loads(out)["rows"][0]["settings"]["loss"] == "focal(gamma=3)"
    code, _, said = command("train", "no-such-folder", "--classifier", "mlp", "--set", "mlp.loss=focal(gama=3)")
    assert code == 1
    assert "did you mean 'gamma'" in said


@pytest.fixture(scope="module")
def tiny_net(tmp_path_factory):
    """A run of a tiny net with views, and how it was asked for."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    words = ["train", "digits[3,8]", "--classifier", "fast-cnn", "--views"]
    words += ["--set", "fast-cnn.width=0.1", "--set", "fast-cnn.epochs=2"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("linnet.training.recipe.LEAST_STEPS", 30)
        assert cli.run([*words, "--out", str(folder)]) == 0
    return Run.open(folder)


def test_views_make_a_second_row_of_a_network(tiny_net):
    assert {row.rung for row in tiny_net.leaderboard.rows} == {"fast-cnn", "fast-cnn+views"}
    plain, views = (next(r for r in tiny_net.leaderboard.rows if r.rung == name) for name in tiny_net.fitted_rungs)
    assert (plain.settings["views"], views.settings["views"]) == ("none", "shifts")
    assert (plain.parameters, plain.fit_seconds) == (views.parameters, views.fit_seconds)
    assert views.ms_per_image > 0
    assert tiny_net.openings[0].rungs == ("fast-cnn", "fast-cnn+views")


def test_predictions_of_the_second_row_are_the_mean_over_the_views(tiny_net):
    asked = tiny_net.experiment
    test = loading.load(asked.data, asked.protocol, seed=asked.seed).part("test")
    plain, said = (tiny_net.predictions(row, "test") for row in tiny_net.fitted_rungs)
    assert said.ids.tolist() == plain.ids.tolist() == test.ids.tolist()
    rungs = [load(tiny_net.rung_folder(row)) for row in tiny_net.fitted_rungs]
    network = rungs[0].network_
    padded = np.pad(test.images.numpy(), ((0, 0), (0, 0), (1, 1), (1, 1)), mode="reflect")
    with torch.no_grad():
        here, up, down = (
            network(torch.from_numpy(padded[:, :, top : top + 8, top : top + 8].copy())).double() for top in (1, 2, 0)
        )
    mean = torch.softmax(here / 2 + up / 4 + down / 4, 1).numpy()
    uncalibrated = [
        tempered(torch.from_numpy(found.probabilities), 1 / rung.temperature_).numpy()
        for found, rung in zip((plain, said), rungs, strict=True)
    ]
    assert np.allclose(uncalibrated[1], mean, atol=1e-4)
    assert not np.allclose(uncalibrated[0], mean, atol=1e-3)


def test_the_report_says_what_the_second_row_is(tiny_net):
    page = (tiny_net.folder / "report.html").read_text(encoding="utf-8")
    assert "fast-cnn+views is fast-cnn with the same weights: it looks at the picture and at two copies" in page
    assert "views shifts" in page


def test_the_second_row_is_scored_elsewhere_too(tiny_net, command, tmp_path):
    words = ["--out", tmp_path / "elsewhere", "--again", "--json"]  # its own test pictures are among them
    code, out, _ = command("evaluate", tiny_net.folder, "digits[3,8]", *words)
    assert code == 0
    assert {row["rung"] for row in json.loads(out)["rows"]} == {"fast-cnn", "fast-cnn+views"}
    assert (tmp_path / "elsewhere" / "predictions-fast-cnn+views.csv").exists()


def test_a_run_that_was_stopped_between_the_two_rows_goes_on_to_the_second(tiny_net, command, tmp_path, monkeypatch):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("linnet.training.recipe.LEAST_STEPS", 30)
    words = shlex.split(tiny_net.experiment.command_line())[1:]
    assert "--views" in words
    with monkeypatch.context() as patch:
        patch.setattr("linnet.evaluation.viewing.save_views", interrupt)
        assert command(*words, "--out", tmp_path / "run")[0] != 0
    run = Run.open(tmp_path / "run")
    assert run.fitted_rungs == ("fast-cnn",)
    assert "did not finish" in (run.folder / "report.html").read_text(encoding="utf-8")
    assert command("train", "--resume", run.folder)[0] == 0
    for name in ("weights.safetensors", "model.json", "predictions-valid.csv", "predictions-test.csv"):
        mine, theirs = (each.rung_folder("fast-cnn+views") / name for each in (run, tiny_net))
        assert mine.read_bytes() == theirs.read_bytes(), name


def test_how_a_network_is_computed_is_said_once_and_written_into_run_and_report(tiny_net, command, tmp_path):
    words = ["train", "digits[3,8]", "--classifier", "mlp", "--set", "mlp.epochs=1", "--set", "mlp.precision=float32"]
    code, _, said = command(*words, "--set", "mlp.hidden=[8]", "--set", "mlp.keep=last", "--out", tmp_path / "run")
    assert code == 0
    assert said.count("Networks are trained with float32 products on") == 1
    assert Run.open(tmp_path / "run").training("mlp").computing.reason == "asked for"
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "As trained: float32 products, as asked for; batches of" in page
    assert tiny_net.training("fast-cnn").recipe["augment"] == "pad-crop(padding=1)"


@pytest.mark.usefixtures("one_round")
def test_events_for_tensorboard_are_written_where_asked(command, tmp_path):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    words = ["train", "digits[3,8]", "--classifier", "mlp", "--set", "mlp.hidden=[8]", "--set", "mlp.epochs=1"]
    assert command(*words, "--out", tmp_path / "run", "--tensorboard")[0] == 0
    assert list((tmp_path / "run" / "rungs" / "mlp" / "tensorboard").rglob("events.*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.parametrize(
    "more", [(), pytest.param(("--devices", "2", "--device", "cpu"), marks=pytest.mark.slow)], ids=["one", "two"]
)
def test_a_killed_training_goes_on_from_its_checkpoint_and_ends_with_the_same_bytes(tmp_path, more):
    words = ["train", "digits[3,8]", "--classifier", "mlp", "--set", "mlp.hidden=[16]", "--epochs", "20", *more]
    straight = killing.start("linnet", 0.0, *words, "--out", tmp_path / "straight")
    killed = killing.start("linnet", 0.0, *words, "--out", tmp_path / "killed")
    rung = tmp_path / "killed" / "rungs" / "mlp"
    checkpoints, step = rung / "checkpoint" / "choosing" / "0" / "0", killing.chance().randint(12, 150)
    assert killing.wait_for(lambda: killing.steps_of(checkpoints) >= step, seconds=300)
    killed.kill()
    killed.communicate()
    left = Checkpoint.read(checkpoints / "last.safetensors").plain["position"]
    assert left["epoch"] > 0
    assert not left["is_over"]
    killing.finish(killing.start("linnet", 0.0, "train", "--resume", tmp_path / "killed"))
    killing.finish(straight)
    # Rounds that were done have the readings of the clock that they had: they were not made again.
    rows = History.read(rung / "history.csv").epochs
    assert [row.to_plain() for row in rows[: left["epoch"]]] == left["rows"]
    assert len(rows) > left["epoch"]
    for name in ("weights.safetensors", "predictions-valid.csv", "predictions-test.csv"):
        assert (rung / name).read_bytes() == (tmp_path / "straight" / "rungs" / "mlp" / name).read_bytes(), name
    assert not (rung / "checkpoint").exists()
