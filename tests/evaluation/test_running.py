"""What stands behind the verbs; the verbs themselves are tried in tests/workbench."""

import shlex
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import toys
from linnet.errors import UnknownNameError
from linnet.evaluation import climbing, running, showing
from linnet.progress import SILENT
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.run import Run
from loaded import loaded_of


def asked(**changes):
    values = {"rungs": ("majority",), "protocol": None, "settings": None, "seed": 3}
    return running.asked("climb", "somewhere", **{**values, **changes})


@pytest.fixture
def data():
    return loaded_of(toys.patterns(), np.array(["train"] * 70 + ["valid"] * 20 + ["test"] * 30))


def test_what_was_asked_is_written_down_with_the_machine_and_defaults():
    experiment = asked()
    assert (experiment.data.source, experiment.protocol, experiment.seed) == ("somewhere", Protocol(), 3)
    assert experiment.machine


def test_settings_of_all_networks_reach_each_network():
    experiment = asked(rungs=("majority", "mlp"), settings={"networks": {"epochs": 2}})
    assert experiment.settings == {"mlp": {"epochs": 2}}


def test_a_path_becomes_absolute_and_a_name_stays(tmp_path, monkeypatch):
    (tmp_path / "birds").mkdir()
    monkeypatch.chdir(tmp_path)
    assert Path(running.spec_of("birds").source) == (tmp_path / "birds").resolve()
    assert running.spec_of(DataSpec(source="digits", size=8)) == DataSpec(source="digits", size=8)


def test_run_folders_are_numbered_by_the_name_of_the_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    spec = DataSpec(source="/some/where/birds.zip[owl,gull]")
    assert running.free_folder(spec) == Path("runs", "birds-1")
    (tmp_path / "runs" / "birds-1").mkdir(parents=True)
    assert running.free_folder(spec) == Path("runs", "birds-2")


def test_nothing_is_made_where_a_rung_is_unknown(tmp_path):
    with pytest.raises(UnknownNameError, match="mayority"):
        running.carry_out(asked(rungs=("mayority",)), tmp_path / "run", SILENT)
    assert not (tmp_path / "run").exists()


def test_pictures_and_report_are_written_even_when_the_work_ends_by_an_error(tmp_path, data, monkeypatch):
    def broken(*_, **__):
        raise KeyboardInterrupt

    run = Run.create(tmp_path / "run", Experiment(command="climb", data=DataSpec(source="toy"), rungs=("majority",)))
    monkeypatch.setattr(climbing, "open_test", broken)
    with pytest.raises(KeyboardInterrupt):
        running.finish(run, climbing.ladder(run.experiment), data, command="climb", progress=SILENT)
    assert run.fitted_rungs == ("majority",)
    assert run.pictures
    assert (run.folder / "report.html").exists()
    assert not run.is_finished


class Listening(type(SILENT)):
    """Remember what a user would see, in order."""

    def __init__(self):
        self.said = []

    def say(self, text):
        self.said.append(text)

    @contextmanager
    def task(self, text, total=None):
        self.said.append(text)
        yield SimpleNamespace(advance=lambda n=1, note="": None)


@pytest.fixture
def stopped_run(tmp_path, monkeypatch):
    """A run that will be stopped before the test split is opened."""

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(climbing, "open_test", stopped)
    return Run.create(tmp_path / "run", Experiment(command="climb", data=DataSpec(source="toy"), rungs=("majority",)))


def test_a_run_that_is_stopped_says_at_once_what_it_still_does(stopped_run, data):
    progress = Listening()
    with pytest.raises(KeyboardInterrupt):
        running.finish(stopped_run, climbing.ladder(stopped_run.experiment), data, command="climb", progress=progress)
    first, *tasks, last = progress.said[-5:]
    assert first.startswith("Stopped. A report of what was finished is made now; Ctrl-C again")
    assert tasks == ["Computing numbers and intervals", "Drawing what rungs looked at", "Writing the report"]
    assert last.startswith("To go on with it: linnet climb --resume")


def test_a_second_ctrl_c_leaves_the_report_out(stopped_run, data, monkeypatch):
    def stopped_again(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(showing, "store_pictures", stopped_again)
    progress = Listening()
    with pytest.raises(KeyboardInterrupt):
        running.finish(stopped_run, climbing.ladder(stopped_run.experiment), data, command="climb", progress=progress)
    assert not (stopped_run.folder / "report.html").exists()
    assert progress.said[-1].startswith("To go on with it")


def test_a_run_that_is_stopped_says_how_to_go_on_with_it(tmp_path, data, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    folder, progress = tmp_path / "my run", Listening()
    run = Run.create(folder, Experiment(command="train", data=DataSpec(source="toy"), rungs=("majority",)))
    monkeypatch.setattr(climbing, "open_test", stopped)
    with pytest.raises(KeyboardInterrupt):
        running.finish(run, climbing.ladder(run.experiment), data, command="resume", progress=progress)
    assert progress.said[-1] == f"To go on with it: linnet train --resume {shlex.quote(str(folder))}"


def test_a_finished_run_has_facts_manifest_leaderboard_and_report(tmp_path, data):
    run = Run.create(tmp_path / "run", Experiment(command="climb", data=DataSpec(source="toy"), rungs=("majority",)))
    running.finish(run, climbing.ladder(run.experiment), data, command="climb", progress=SILENT)
    assert run.is_finished
    assert run.facts.class_names == data.everything.class_names
    assert len(run.manifest.id) == 120
    assert (run.folder / "report.html").exists()


def test_showing_comes_before_the_report(tmp_path, data, monkeypatch):
    order = []
    monkeypatch.setattr(showing, "store_pictures", lambda *_, **__: order.append("pictures"))
    monkeypatch.setattr(running.page, "write", lambda *_: order.append("report"))
    run = Run.create(tmp_path / "run", Experiment(command="climb", data=DataSpec(source="toy"), rungs=("majority",)))
    running.finish(run, climbing.ladder(run.experiment), data, command="climb", progress=SILENT)
    assert order == ["pictures", "report"]


def test_folders_are_numbered_from_one(tmp_path):
    assert running.free_number(tmp_path / "explanations") == tmp_path / "explanations" / "1"
    (tmp_path / "explanations" / "1").mkdir(parents=True)
    assert running.free_number(tmp_path / "explanations") == tmp_path / "explanations" / "2"
