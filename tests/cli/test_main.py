import errno
import json
import shlex
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linnet import cli
from linnet.errors import RunError
from linnet.evaluation import running
from linnet.records.experiment import DataSpec, Experiment, Protocol
from pictures import picture, write_tree


def test_help_names_every_command(capsys):
    assert cli.run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in cli.COMMANDS)


def test_help_says_how_to_see_where_an_error_came_from(capsys):
    assert cli.run(["--help"]) == 0
    assert "--debug" in capsys.readouterr().out


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


ASKED = st.builds(
    Experiment,
    command=st.just("climb"),
    data=st.builds(
        DataSpec,
        source=st.sampled_from(["digits", "digits[3,8]", "/some/where else/bird's.zip[owl,long-tailed tit]"]),
        size=st.integers(0, 4096),
        fit=st.sampled_from(["crop", "pad", "squash"]),
        nested=st.sampled_from(["error", "join", "path"]),
        drop=st.sampled_from([(), ("duplicates",), ("conflicting",), ("duplicates", "conflicting")]),
    ),
    protocol=st.builds(
        Protocol,
        folds=st.just(0) | st.integers(2, 20),
        valid_fraction=st.floats(1e-7, 0.4),
        test_fraction=st.floats(1e-7, 0.4),
        balance=st.booleans(),
        budget=st.just(0.0) | st.floats(0, 1e12),
        views=st.booleans(),
        calibrate=st.booleans(),
        learning_curve=st.booleans(),
    ),
    rungs=st.just(("majority", "knn", "mlp", "cnn")),
    seed=st.integers(),
    settings=st.fixed_dictionaries(
        {},
        optional={
            "knn": st.fixed_dictionaries({"k": st.integers(1, 9), "metric": st.sampled_from(["l1", "cosine"])}),
            "mlp": st.fixed_dictionaries(
                {
                    "hidden": st.lists(st.integers(1, 99), min_size=1),
                    "augment": st.sampled_from(["none", "pad-crop(padding=1),flip", "sometimes(0.5,blur)"]),
                    "loss": st.just("focal(gamma=3)"),
                    "batch_norm": st.booleans(),
                }
            ),
            "cnn": st.fixed_dictionaries({"learning_rate": st.floats(1e-9, 10), "epochs": st.integers(1, 99)}),
        },
    ),
    tensorboard=st.booleans(),
)


def parsed(experiment):
    """Return what the command line that a report prints asks for; nothing of it is done."""
    came = []

    def keep(asked, *_):
        came.append(asked)
        raise RunError("enough")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "carry_out", keep)
        patch.setattr(running, "describe_machine", dict)
        cli.run(shlex.split(experiment.command_line())[1:])
    return came[0]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ASKED)
def test_the_command_that_a_report_prints_asks_for_the_same_again(experiment):
    assert parsed(experiment) == experiment


def test_the_command_of_a_training_asks_for_the_same_again():
    for rung, values in (("knn", {"k": 3}), ("fast-cnn", {"width": 0.25, "views": "none"}), ("majority", {})):
        experiment = Experiment(
            command="train",
            data=DataSpec(source="digits", drop=("conflicting", "duplicates")),
            protocol=Protocol(budget=90.5),
            rungs=(rung,),
            settings={rung: values} if values else {},
        )
        assert parsed(experiment) == experiment


@pytest.mark.parametrize("words", [["train", "birds", "--classifier", "mlp"], ["climb", "birds"]])
@pytest.mark.parametrize("counts", [{"crow": 1, "wren": 2}, {"crow": 1, "tern": 1, "wren": 1}])
def test_three_pictures_in_all_are_one_sentence_and_leave_nothing_behind(words, counts, tmp_path, monkeypatch, capsys):
    named = [f"birds/{name}/{i}.png" for name, n in counts.items() for i in range(n)]
    write_tree(tmp_path, {path: picture(seed) for seed, path in enumerate(named)})
    monkeypatch.chdir(tmp_path)
    assert cli.run(words) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("linnet: A class needs at least 3 pictures for 3 splits; class 'crow' has 1 picture; ")
    assert shown.err.count("\n") == 1
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")) == named


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
