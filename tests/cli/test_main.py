import errno
import json
import subprocess
import sys

import pytest

from linnet import cli


def test_help_names_every_command(capsys):
    assert cli.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in cli.COMMANDS)


def test_an_unknown_flag_is_a_usage_error(capsys):
    assert cli.run(["climb", "digits", "--no-such-flag"]) == 2
    assert "no-such-flag" in capsys.readouterr().err + capsys.readouterr().out


def test_a_missing_argument_is_a_usage_error():
    assert cli.run(["climb"]) == 2


def test_an_unknown_command_is_a_usage_error():
    assert cli.run(["clim", "digits"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["climb", "no/such/folder"], "no/such/folder"),
        (["climb", "digist"], "did you mean 'digits'?"),
        (["climb", "digits", "--rungs", "knnn"], "did you mean 'knn'"),
        (["climb", "digits", "--set", "knn.kk=3"], "did you mean 'k'"),
        (["climb", "digits", "--set", "knn.k=many"], "knn.k should be"),
        (["climb", "digits", "--set", "knn"], "RUNG.SETTING=VALUE"),
        (["climb", "digits", "--folds", "1"], "at least 2"),
        (["climb", "digits", "--budget", "soon"], "such as 90s"),
        (["climb", "digits", "--rungs", "majority", "--set", "knn.k=1"], "knn"),
        (["climb", "digits[0]"], "at least two"),
        (["climb", "digits[0,eleven]"], "eleven"),
        (["train", "digits", "--classifier", "cnm"], "cnm"),
        (["evaluate", "no/such/run"], "no run folder"),
        (["report", "no/such/run"], "no run folder"),
        (["describe", "digitz"], "did you mean 'digits'"),
        (["list", "classifier"], "did you mean 'classifiers'"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence_and_leaves_nothing(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.run(words) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("linnet: ") == 1
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_where(capsys):
    assert cli.run(["report", "no/such/run", "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_full_disk_is_said_in_one_sentence(monkeypatch, capsys):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, "No space left on device", "somewhere/weights")

    monkeypatch.setattr("linnet.workbench.report", full)
    assert cli.run(["report", "a-run"]) == 1
    assert "The disk is full while writing somewhere/weights" in capsys.readouterr().err


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def stopped(*_args, **_more):
        raise KeyboardInterrupt

    monkeypatch.setattr("linnet.workbench.report", stopped)
    assert cli.run(["report", "a-run"]) == 130
    assert capsys.readouterr().err.startswith("linnet: stopped")


def test_help_does_not_import_what_is_slow():
    code = (
        "import sys; from linnet import cli; cli.run(['--help']); "
        "slow = {'torch', 'sklearn', 'matplotlib', 'numba', 'torchvision', 'pydantic'} & set(sys.modules); "
        "sys.exit(f'imported {slow}' if slow else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_list_as_json_is_the_ladder_in_order(capsys):
    assert cli.run(["list", "classifiers", "--json"]) == 0
    names = list(json.loads(capsys.readouterr().out)["classifiers"])
    assert names[0] == "majority"
    assert {"knn", "least-squares", "linear-svm", "softmax-regression", "two-layer"} <= set(names)


def test_describe_shows_settings_and_candidates(capsys):
    assert cli.run(["describe", "knn"]) == 0
    shown = capsys.readouterr().out
    assert "metric" in shown
    assert "Chosen on validation data among" in shown
