import json
import math
import re
import shlex

import pytest

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


def test_going_on_and_asking_for_something_else_are_not_mixed(command, tmp_path):
    for more in (
        ["digits"],
        ["--classifier", "knn"],
        ["--set", "knn.k=1"],
        ["--out", str(tmp_path / "x")],
        ["--find-rate"],
    ):
        code, _, said = command("train", *more, "--resume", tmp_path)
        assert code == 2
        assert "leave out" in said


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
