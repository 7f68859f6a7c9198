import math
from dataclasses import replace

import pytest

import toys
from linnet.classifiers.base import create
from linnet.errors import RunError, UnsupportedError
from linnet.evaluation.rates import find_rate, free_files, seeking
from linnet.progress import SILENT
from linnet.records.experiment import DataSpec, Experiment
from linnet.training.finder import RateFinding


class Rung:
    """Finds what it is told to find."""

    learning_rate = 0.02

    def __init__(self, found):
        self.found = found
        self.asked = []

    def find_rate(self, train, *, seed, progress):
        self.asked.append((len(train), seed))
        return self.found


RATES = tuple(10 ** (-4 + i / 4) for i in range(12))


def finding(suggestion=0.012345, last=0.5):
    return RateFinding(rates=RATES, losses=(*(2.0 - i / 10 for i in range(11)), last), suggestion=suggestion)


def experiment():
    spec = DataSpec(source="birds")
    return Experiment(command="train", data=spec, rungs=("mlp",), seed=4, settings={"mlp": {"epochs": 3}})


def sought(found, folder):
    return find_rate(Rung(found), toys.patterns(), experiment(), (folder / "a.svg", folder / "a.csv"), SILENT)


def test_networks_seek_and_others_are_refused_with_the_names_of_those_that_do():
    assert seeking(create("mlp", {})).learning_rate == 0.02
    with pytest.raises(UnsupportedError, match=r"softmax-regression is no network.*: cnn, fast-cnn, mlp, resnet\."):
        seeking(create("softmax-regression", {}))


def test_a_suggestion_comes_with_a_command_that_keeps_everything_else(tmp_path):
    found = sought(finding(), tmp_path)
    assert (found.rung, found.learning_rate, found.suggestion) == ("mlp", 0.02, 0.012)
    wanted = "linnet train birds --classifier mlp --seed 4 --set mlp.epochs=3 --set mlp.learning_rate=0.012"
    assert found.command == wanted


def test_the_rate_that_was_set_before_is_replaced(tmp_path):
    old = replace(experiment(), settings={"mlp": {"learning_rate": 1.0}})
    files = (tmp_path / "a.svg", tmp_path / "a.csv")
    found = find_rate(Rung(finding()), toys.patterns(), old, files, SILENT)
    assert found.command.count("learning_rate") == 1


def test_picture_and_table_hold_the_sweep(tmp_path):
    found = sought(finding(last=math.nan), tmp_path)
    assert found.picture.read_text(encoding="utf-8").startswith("<svg xmlns=")
    assert "0.012" in found.picture.read_text(encoding="utf-8")
    lines = found.table.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["learning_rate,loss", "0.0001,2.0"]
    assert lines[-1] == f"{RATES[-1]},"
    assert len(lines) == 13


def test_without_a_fall_there_is_a_picture_and_no_command(tmp_path):
    found = sought(finding(suggestion=None), tmp_path)
    assert (found.suggestion, found.table, found.command) == (None, None, None)
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]


def test_a_sweep_whose_losses_are_no_numbers_is_drawn_all_the_same(tmp_path):
    nothing = RateFinding(rates=RATES[:1], losses=(math.nan,), suggestion=None)
    assert sought(nothing, tmp_path).picture.exists()


def test_names_are_free_in_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [path.name for path in free_files(None)] == ["rates.svg", "rates.csv"]
    (tmp_path / "rates.csv").write_text("mine")
    (tmp_path / "rates-2.svg").write_text("mine")
    assert [path.name for path in free_files(None)] == ["rates-3.svg", "rates-3.csv"]


def test_nothing_is_written_over_in_a_folder_that_was_named(tmp_path):
    assert free_files(tmp_path / "new")[0] == tmp_path / "new" / "rates.svg"
    assert free_files(tmp_path)[1] == tmp_path / "rates.csv"
    (tmp_path / "rates.csv").write_text("mine")
    with pytest.raises(RunError, match="exists already and is left as it is"):
        free_files(tmp_path)
    with pytest.raises(RunError, match="is a file"):
        free_files(tmp_path / "rates.csv")
