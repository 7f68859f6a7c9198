import json

import pytest

from linnet.records.run import Run


def test_a_climb_shows_leaderboard_and_report(command, tmp_path):
    code, out, _ = command("climb", "digits[3,8]", "--rungs", "majority,least-squares", "--out", tmp_path / "run")
    assert code == 0
    assert "least-squares" in out
    assert "interval" in out
    assert str(tmp_path / "run" / "report.html") in out.replace("\n", "")


def test_json_goes_to_standard_output_and_progress_to_standard_error(command, tmp_path):
    code, out, _ = command("climb", "digits[3,8]", "--rungs", "majority", "--out", tmp_path / "run", "--json")
    assert code == 0
    assert json.loads(out)["rows"][0]["rung"] == "majority"


def test_flags_reach_the_experiment(command, tmp_path):
    words = [
        "--rungs",
        "majority",
        "--folds",
        "3",
        "--balance",
        "--budget",
        "5m",
        "--views",
        "--seed",
        "7",
        "--size",
        "6",
    ]
    words += ["--fit", "squash", "--drop", "duplicates", "--set", "protocol.test_fraction=0.3"]
    code, _, _ = command("climb", "digits[3,8]", *words, "--out", tmp_path / "run")
    assert code == 0
    asked = Run.open(tmp_path / "run").experiment
    assert (asked.protocol.folds, asked.protocol.balance, asked.protocol.budget) == (3, True, 300)
    assert asked.protocol.views
    assert (asked.protocol.test_fraction, asked.seed) == (0.3, 7)
    assert (asked.data.size, asked.data.fit, asked.data.drop) == (6, "squash", ("duplicates",))


def test_the_recorded_command_asks_for_the_same_again(command, tmp_path):
    command("climb", "digits[3,8]", "--rungs", "majority", "--folds", "3", "--views", "--out", tmp_path / "one")
    one = Run.open(tmp_path / "one").experiment
    words = one.command_line().replace("'", "").split()[1:]
    assert command(*words, "--out", tmp_path / "two")[0] == 0
    assert Run.open(tmp_path / "two").experiment == one


@pytest.mark.usefixtures("one_round")
def test_events_for_tensorboard_are_written_where_asked(command, tmp_path):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    words = ["climb", "digits[3,8]", "--rungs", "mlp", "--set", "mlp.hidden=[8]", "--set", "mlp.epochs=1"]
    assert command(*words, "--out", tmp_path / "run", "--tensorboard")[0] == 0
    assert list((tmp_path / "run" / "rungs" / "mlp" / "tensorboard").rglob("events.*"))
