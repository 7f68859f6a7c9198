"""Runs that are stopped, killed, gone on with, ended or opened again; what they keep of their networks."""

import errno
import json
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest
from PIL import Image

import linnet
from climbs import StopsAt, StopsHere, interrupted, write_pictures
from linnet import cli, workbench
from linnet.classifiers.majority import MajorityClassifier
from linnet.errors import (
    DataError,
    MissingExtraError,
    RunError,
    SealedError,
    UsageError,
)
from linnet.evaluation import climbing, showing
from linnet.records import files
from linnet.records.experiment import Protocol
from linnet.records.health import Health
from linnet.records.run import Run


def test_a_second_opening_is_refused_unless_meant_and_then_shown(pictures, tmp_path):
    run = linnet.climb(pictures, rungs=["majority", "knn"], out=tmp_path / "run")
    before = (run.folder / "leaderboard.json").read_bytes()
    with pytest.raises(SealedError, match="--again"):
        linnet.evaluate(run.folder)
    assert (run.folder / "leaderboard.json").read_bytes() == before
    board = linnet.evaluate(run.folder, again=True)
    assert [o.command for o in run.openings] == ["climb", "evaluate"]
    assert board.rows[0].accuracy == run.leaderboard.rows[0].accuracy
    assert "evaluate" in (run.folder / "report.html").read_text(encoding="utf-8")


def test_a_run_that_was_killed_while_it_predicted_the_test_split_blames_nobody(pictures, tmp_path, monkeypatch):
    def killed(*_args, **_more):
        raise KeyboardInterrupt

    for place in ("contend", "rank"):  # before anything is predicted, and when only the leaderboard is missing
        folder = tmp_path / place
        with monkeypatch.context() as patch:
            patch.setattr(climbing, place, killed)
            with pytest.raises(KeyboardInterrupt):
                linnet.climb(pictures, rungs=["majority", "knn"], out=folder)
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert "no number of it was shown" in page
        assert {part["split"] for part in json.loads((folder / "report.json").read_text())["rungs"]} == {"valid"}
        run = linnet.resume(folder)
        assert [(opening.command, opening.continues) for opening in run.openings] == [
            ("climb", False),
            ("resume", True),
        ]
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert "finishes the one before" in page
        assert "interrupted once before any number was shown" in page
        assert "opened twice" not in page
        with pytest.raises(SealedError, match="--again"):
            linnet.evaluate(folder)


def test_a_stopped_climb_is_not_ended_unless_that_is_meant(stopped):
    with pytest.raises(SealedError, match=r"1 of 3 rungs are fitted.*--resume goes on.*add --end"):
        linnet.evaluate(stopped.folder)
    with pytest.raises(SealedError, match="--end"):
        linnet.evaluate(stopped.folder, again=True)
    assert stopped.openings == ()
    assert {row.rung for row in linnet.resume(stopped.folder).leaderboard.rows} == {"majority", "knn", "least-squares"}
    assert stopped.leaderboard.skipped == ()


def test_a_climb_that_is_ended_names_the_rungs_that_were_not_reached(stopped):
    board = linnet.evaluate(stopped.folder, end=True)
    assert [row.rung for row in board.rows] == ["majority"]
    assert [(left.rung, left.reason[:11]) for left in board.skipped] == [
        ("knn", "not reached"),
        ("least-squares", "not reached"),
    ]
    page = (stopped.folder / "report.html").read_text(encoding="utf-8")
    for rung in ("knn", "least-squares"):
        assert f'<span class="rung">{rung}</span>: not reached: the run was ended before it was fitted' in page
    with pytest.raises(RunError, match="came to its end"):
        linnet.resume(stopped.folder)
    assert linnet.evaluate(stopped.folder, again=True).skipped == board.skipped


def test_a_run_that_is_stopped_while_its_report_is_made_gets_it_when_it_goes_on(finished, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    shutil.copytree(finished.folder, folder)
    run, board = Run.open(folder), finished.leaderboard
    assert run.is_reported
    with monkeypatch.context() as patch:
        patch.setattr(showing, "encode_thumbnail", interrupted)
        with pytest.raises(KeyboardInterrupt):
            linnet.evaluate(folder, again=True)
    assert run.is_finished
    assert not run.is_reported
    n_openings = len(run.openings)
    linnet.resume(folder)
    assert run.is_reported
    assert len(run.openings) == n_openings
    assert [row.accuracy for row in run.leaderboard.rows] == [row.accuracy for row in board.rows]
    assert set(run.pictures) == set(finished.pictures)
    with pytest.raises(RunError, match="came to its end"):
        linnet.resume(folder)


def test_flags_of_the_other_kind_of_evaluation_are_refused_before_anything_is_opened(finished, pictures, tmp_path):
    with pytest.raises(UsageError, match="--out is for the numbers of other DATA"):
        linnet.evaluate(finished.folder, again=True, out=tmp_path / "x")
    with pytest.raises(UsageError, match="--end is about the run's own test split"):
        linnet.evaluate(finished.folder, pictures, end=True)
    assert len(finished.openings) == 1
    assert not (tmp_path / "x").exists()


def test_files_that_changed_since_are_noticed(tmp_path):
    data = write_pictures(tmp_path / "data", n=12)
    run = linnet.climb(data, rungs=["majority"], out=tmp_path / "run")
    Image.new("L", (8, 8), 77).save(data / "dark" / "dark-0.png")
    (data / "light" / "light-1.png").unlink()
    with pytest.raises(DataError, match=r"1 changed \(dark/dark-0.png\); 1 gone \(light/light-1.png\)"):
        linnet.evaluate(run.folder, again=True)
    assert len(run.openings) == 1


def test_labels_that_changed_since_are_noticed(pictures, tmp_path, monkeypatch):
    files = sorted(path for path in pictures.rglob("*.png") if path.parent.name != "striped")
    rows = [[str(path), path.parent.name] for path in files]
    sheet = tmp_path / "labels.csv"
    sheet.write_text("\n".join(["path,label", *map(",".join, rows)]) + "\n")
    with monkeypatch.context() as patch:
        patch.setattr(climbing, "create", lambda name, _: StopsHere() if name == "knn" else MajorityClassifier())
        with pytest.raises(KeyboardInterrupt):
            linnet.climb(sheet, rungs=["majority", "knn"], out=tmp_path / "run")
    finished = linnet.climb(sheet, rungs=["majority"], out=tmp_path / "finished")
    manifest = (tmp_path / "run" / "manifest.csv").read_bytes()
    for row in rows[:10]:
        row[1] = "light"
    sheet.write_text("\n".join(["path,label", *map(",".join, rows)]) + "\n")
    said = r"10 with another label \(.*dark-0.png from dark to light, .* and 7 more\); .* or start a new run"
    with pytest.raises(DataError, match=said):
        workbench.resume(tmp_path / "run")
    assert (tmp_path / "run" / "manifest.csv").read_bytes() == manifest
    with pytest.raises(DataError, match=said):
        linnet.evaluate(finished.folder, again=True)
    assert len(finished.openings) == 1


def test_ctrl_c_leaves_a_readable_run_that_can_be_finished(pictures, tmp_path, monkeypatch):
    from linnet.evaluation import climbing

    real = climbing.create
    monkeypatch.setattr(
        climbing, "create", lambda name, settings: StopsHere() if name == "knn" else real(name, settings)
    )
    with pytest.raises(KeyboardInterrupt):
        linnet.climb(pictures, rungs=["majority", "knn"], out=tmp_path / "run")
    run = Run.open(tmp_path / "run")
    assert not run.is_finished
    assert run.openings == ()
    assert run.fitted_rungs == ("majority",)
    assert (run.folder / "report.html").exists()
    board = linnet.evaluate(run.folder, end=True)
    assert [row.rung for row in board.rows] == ["majority"]
    assert len(run.openings) == 1


@pytest.mark.parametrize("keep", ["best", "last"])
@pytest.mark.usefixtures("short_descent")
def test_an_interrupted_run_goes_on_and_ends_as_one_that_was_not(pictures, tmp_path, monkeypatch, keep):
    monkeypatch.setattr("linnet.training.engine.CHECKPOINT_SECONDS", 0.0)
    asked = {
        "rungs": ["majority", "mlp"],
        "settings": {"mlp": {"hidden": (8,), "epochs": 4, "keep": keep, "batch_size": 20}},
    }
    straight = linnet.climb(pictures, out=tmp_path / "straight", **asked)
    with pytest.raises(KeyboardInterrupt):
        linnet.climb(pictures, out=tmp_path / "run", progress=StopsAt(5), **asked)
    assert (tmp_path / "run" / "rungs" / "mlp" / "checkpoint").exists()
    for steps in (9, 14, 16):
        try:
            linnet.resume(tmp_path / "run", progress=StopsAt(steps))
        except (KeyboardInterrupt, RunError):
            continue
    if not Run.open(tmp_path / "run").is_finished:
        linnet.resume(tmp_path / "run")
    run = Run.open(tmp_path / "run")
    for name in ("weights.safetensors", "predictions-test.csv", "predictions-valid.csv", "selection.csv"):
        wanted = (straight.rung_folder("mlp") / name).read_bytes()
        assert (run.rung_folder("mlp") / name).read_bytes() == wanted, name
    assert not (run.rung_folder("mlp") / "checkpoint").exists()
    assert len(run.openings) == 1


@pytest.mark.usefixtures("short_descent")
def test_a_network_leaves_its_health_beside_its_history(pictures, tmp_path):
    run = linnet.train(
        pictures, classifier="mlp", settings={"mlp": {"hidden": (8,), "epochs": 2}}, out=tmp_path / "run"
    )
    health = Health.read(run.rung_folder("mlp") / "health.csv")
    assert [checkup.epoch for checkup in health.checkups] == [1, run.history("mlp").epochs[-1].epoch]
    assert not (run.rung_folder("mlp") / "tensorboard").exists()
    assert not run.experiment.tensorboard


@pytest.mark.parametrize(("folds", "keep"), [(0, "best"), (0, "last"), (2, "best")])
@pytest.mark.usefixtures("short_descent")
def test_events_have_a_folder_for_each_fit(pictures, tmp_path, folds, keep):
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    run = linnet.climb(
        pictures,
        rungs=["majority", "mlp"],
        protocol=Protocol(folds=folds),
        settings={"mlp": {"hidden": (8,), "epochs": 1, "keep": keep}},
        out=tmp_path / "run",
        tensorboard=True,
    )
    folder = run.rung_folder("mlp") / "tensorboard"
    found = {path.parent.relative_to(folder).as_posix() for path in folder.rglob("events.*")}
    choosing = {f"choosing/{fold}/0" for fold in range(max(1, folds))}
    # What validation pictures have ended is not fitted twice.
    assert found == (choosing if (folds, keep) == (0, "best") else choosing | {"final"})
    assert all(len(list(path.parent.iterdir())) == 1 for path in folder.rglob("events.*"))
    assert not (run.rung_folder("majority") / "tensorboard").exists()
    assert run.is_finished


@pytest.mark.usefixtures("short_descent")
def test_a_run_that_goes_on_goes_on_with_its_events(pictures, tmp_path):
    reading = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="TensorBoard is not installed"
    )
    asked = {"classifier": "mlp", "settings": {"mlp": {"hidden": (8,), "epochs": 4, "batch_size": 20}}}
    with pytest.raises(KeyboardInterrupt):
        linnet.train(pictures, out=tmp_path / "run", progress=StopsAt(9), tensorboard=True, **asked)
    run = linnet.resume(tmp_path / "run")
    events = reading.EventAccumulator(str(run.rung_folder("mlp") / "tensorboard" / "choosing" / "0" / "0"))
    events.Reload()
    shown = [point.step for point in events.Scalars("loss/train")]
    assert shown == [row.step for row in run.history("mlp").epochs]


def test_without_tensorboard_nothing_is_begun(pictures, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingExtraError, match=r"linnet\[tensorboard\]"):
        linnet.climb(pictures, rungs=["majority"], out=tmp_path / "run", tensorboard=True)
    assert not (tmp_path / "run").exists()
    linnet.climb(pictures, rungs=["majority"], out=tmp_path / "run")


def test_a_finished_run_is_not_gone_on_with(finished):
    with pytest.raises(RunError, match="nothing to go on with"):
        linnet.resume(finished.folder)


def test_a_full_disk_leaves_whole_files_only(pictures, tmp_path, monkeypatch, capsys):
    linnet.inspect(pictures)  # the pack is made before the disk fills up
    real = files.os.fsync
    written = []

    def full(handle):
        written.append(handle)
        if len(written) > 6:
            raise OSError(errno.ENOSPC, "No space left on device", "weights.safetensors")
        real(handle)

    monkeypatch.setattr(files.os, "fsync", full)
    assert cli.run(["climb", str(pictures), "--rungs", "majority,knn", "--out", str(tmp_path / "run")]) == 1
    assert "The disk is full" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "run").rglob("*.tmp")] == []
    assert Run.open(tmp_path / "run").experiment.rungs == ("majority", "knn")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is a POSIX signal")
def test_killing_a_climb_leaves_whole_files_only(pictures, tmp_path):
    random.seed(0)
    for attempt in range(3):
        out = tmp_path / f"run-{attempt}"
        words = [sys.executable, "-m", "linnet", "climb", str(pictures), "--rungs", "majority,knn", "--out", str(out)]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not out.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.15))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if (out / "experiment.toml").exists():
            run = Run.open(out)
            for rung in run.rungs:
                run.selection(rung)
                run.predictions(rung, "valid")
            linnet.report(out)
            assert (out / "report.html").read_text(encoding="utf-8").rstrip().endswith("</html>")
