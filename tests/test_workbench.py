"""The verbs end to end, on small folders of pictures made in code."""

import csv
import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import linnet
from linnet import catalog, cli, workbench
from linnet.classifiers.base import load
from linnet.classifiers.majority import MajorityClassifier
from linnet.errors import (
    ConfigError,
    DataError,
    MissingExtraError,
    RunError,
    SealedError,
    UnknownNameError,
    UnsupportedError,
    UsageError,
)
from linnet.evaluation import climbing, showing
from linnet.records import files
from linnet.records.evaluation import Evaluation
from linnet.records.experiment import DataSpec, Protocol
from linnet.records.health import Health
from linnet.records.leaderboard import LeaderboardRow
from linnet.records.run import Run
from panels import in_catalog

QUICK = ("majority", "knn", "least-squares", "softmax-regression")


def write_pictures(folder, *, n=30, class_names=("dark", "light", "striped"), seed=0, random_labels=False):
    """Write n PNG pictures of 8 x 8 per class that can be told apart, or that cannot when labels are random."""
    generator = np.random.default_rng(seed)
    for name in class_names:
        (folder / name).mkdir(parents=True)
    for kind, name in enumerate(class_names):
        for i in range(n):
            level = (60, 190, 120)[kind % 3]
            pixels = generator.normal(level, 30, (8, 8))
            if kind % 3 == 2:
                pixels[::2] += 70
            where = class_names[generator.integers(len(class_names))] if random_labels else name
            if random_labels:
                pixels = generator.normal(128, 40, (8, 8))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / where / f"{name}-{i}.png")
    return folder


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("LINNET_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("LINNET_DATA", "")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_pictures(tmp_path_factory.mktemp("data") / "pictures")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, pictures):
    os.environ["LINNET_CACHE"] = str(tmp_path_factory.mktemp("cache"))
    return linnet.climb(pictures, rungs=QUICK, out=tmp_path_factory.mktemp("runs") / "run")


def test_a_climb_leaves_every_file_of_the_run_folder(finished):
    names = {str(path.relative_to(finished.folder)).replace("\\", "/") for path in finished.folder.rglob("*.*")}
    wanted = {"experiment.toml", "manifest.csv", "data.json", "ledger.jsonl", "leaderboard.csv", "leaderboard.json"}
    wanted |= {"pictures.zip", "report.html", "report.json"}
    for rung in QUICK:
        wanted |= {f"rungs/{rung}/{name}" for name in ("model.json", "weights.safetensors", "selection.csv")}
        wanted |= {f"rungs/{rung}/predictions-{split}.csv" for split in ("valid", "test")}
    assert wanted <= names


def test_every_rung_beats_the_floor_on_easy_pictures(finished):
    rows = {row.rung: row for row in finished.leaderboard.rows}
    assert finished.leaderboard.rows[-1].rung == "majority"
    assert all(rows[rung].accuracy > 0.9 for rung in QUICK[1:])


def test_the_leaderboard_file_has_the_published_columns(finished):
    with (finished.folder / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(LeaderboardRow.__dataclass_fields__)
    assert float(rows[0]["accuracy_low"]) <= float(rows[0]["accuracy"]) <= float(rows[0]["accuracy_high"])
    assert json.loads(rows[0]["settings"])


def test_the_test_split_was_opened_once_for_all_rungs(finished):
    (opening,) = finished.openings
    assert opening.rungs == QUICK
    assert opening.n == finished.leaderboard.rows[0].n == len(finished.manifest.rows(split="test"))


def test_every_picture_is_in_one_split_and_no_prediction_is_for_another(finished):
    manifest = finished.manifest
    assert set(manifest.split.tolist()) == {"train", "valid", "test"}
    test_ids = set(manifest.id[manifest.rows(split="test")].tolist())
    said = finished.predictions("knn", "test")
    assert set(said.ids.tolist()) == test_ids


def comparable(run):
    """Everything of a run that must repeat to the byte: all but times and the path of the data."""
    texts = {}
    for path in sorted(run.folder.rglob("*")):
        name = str(path.relative_to(run.folder))
        if path.is_file() and path.name not in (
            "timing.json",
            "ledger.jsonl",
            "report.html",
            "report.json",
            "experiment.toml",
        ):
            texts[name] = path.read_bytes()
    for name in ("leaderboard.json", "leaderboard.csv"):
        del texts[name]
    timed = ("fit_seconds", "ms_per_image")
    rows = [
        {k: v for k, v in vars(row).items() if k not in timed} if hasattr(row, "__dict__") else row
        for row in run.leaderboard.rows
    ]
    return texts, rows


def test_the_same_seed_gives_the_same_bytes(finished, pictures, tmp_path):
    again = linnet.climb(pictures, rungs=QUICK, out=tmp_path / "run")
    mine, yours = comparable(again), comparable(finished)
    assert mine[0].keys() == yours[0].keys()
    assert [name for name in mine[0] if mine[0][name] != yours[0][name]] == []
    assert mine[1] == yours[1]


def test_another_seed_gives_another_split(finished, pictures, tmp_path):
    other = linnet.climb(pictures, rungs=["majority"], seed=1, out=tmp_path / "run")
    assert other.manifest.split.tolist() != finished.manifest.split.tolist()


@pytest.mark.parametrize("folds", [0, 4])
def test_random_labels_score_chance(tmp_path, folds):
    data = write_pictures(tmp_path / "noise", n=110, random_labels=True)
    run = linnet.climb(data, rungs=QUICK, protocol=Protocol(folds=folds, test_fraction=0.4), out=tmp_path / "run")
    for row in run.leaderboard.rows:
        n, chance = row.n, 1 / 3
        # 4 standard errors of a fair guess: a sound protocol fails this once in 15,000.
        assert abs(row.accuracy - chance) < 4 * (chance * (1 - chance) / n) ** 0.5 + 0.05, row
        valid = run.predictions(row.rung, "valid").correct.mean()
        # Choosing the best of several candidates on the validation pictures may lift this one a little.
        assert valid < 0.5, (row.rung, valid)


def test_folds_are_written_down_and_shared_by_all_rungs(pictures, tmp_path):
    run = linnet.climb(pictures, rungs=["knn", "least-squares"], protocol=Protocol(folds=3), out=tmp_path / "run")
    manifest = run.manifest
    assert set(manifest.fold[manifest.split != "test"].tolist()) == {0, 1, 2}
    assert set(manifest.fold[manifest.split == "test"].tolist()) == {-1}
    assert run.selection("knn").accuracy.shape[1] == 3
    assert len(run.predictions("knn", "valid")) == int(np.sum(manifest.fold >= 0))


def test_fixed_settings_are_not_chosen(pictures, tmp_path):
    settings = {"knn": {"k": 3, "metric": "l1"}}
    run = linnet.climb(pictures, rungs=["knn"], settings=settings, out=tmp_path / "run")
    assert len(run.selection("knn").candidates) == 1
    assert run.leaderboard.rows[0].settings["k"] == 3
    assert run.leaderboard.rows[0].settings["metric"] == "l1"


def test_train_is_a_climb_of_one_rung(pictures, tmp_path):
    run = linnet.train(pictures, classifier="least_squares", out=tmp_path / "run")
    assert [row.rung for row in run.leaderboard.rows] == ["least-squares"]
    assert run.experiment.command == "train"


def test_balance_reaches_every_rung(pictures, tmp_path):
    run = linnet.climb(pictures, rungs=["majority"], protocol=Protocol(balance=True), out=tmp_path / "run")
    assert run.leaderboard.rows[0].settings["balance"] is True


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


@pytest.fixture
def stopped(pictures, tmp_path, monkeypatch):
    """A climb of three rungs that was stopped after the first."""
    real = climbing._climb_rung

    def stopping(run, name, *rest):
        if name == "knn":
            raise KeyboardInterrupt
        real(run, name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(climbing, "_climb_rung", stopping)
        with pytest.raises(KeyboardInterrupt):
            linnet.climb(pictures, rungs=["majority", "knn", "least-squares"], out=tmp_path / "stopped")
    return Run.open(tmp_path / "stopped")


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


def interrupted(*_args, **_more):
    raise KeyboardInterrupt


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


def test_another_folder_is_scored_with_classes_matched_by_name(finished, tmp_path):
    # The same classes in another order of folders, one missing and one that the run does not know.
    other = write_pictures(tmp_path / "other", n=10, class_names=("zebra", "light"), seed=5)
    for path in (other / "zebra").iterdir():
        path.unlink()
    for i in range(10):
        Image.fromarray(np.random.default_rng(i).normal(60, 30, (8, 8)).clip(0, 255).astype(np.uint8)).save(
            other / "zebra" / f"{i}.png"
        )
    said = []
    board = linnet.evaluate(finished.folder, other, out=tmp_path / "out", progress=Listening(said))
    assert {row.n for row in board.rows} == {10}
    assert any("zebra" in sentence for sentence in said)
    assert any("dark" in sentence for sentence in said)
    assert (tmp_path / "out" / "predictions-knn.csv").exists()
    numbers = Evaluation.read(tmp_path / "out" / "evaluation-knn.json")
    assert (numbers.rung, numbers.split, numbers.n) == ("knn", "other", 10)
    assert {row.rung: row for row in board.rows}["knn"].accuracy > 0.8
    assert len(finished.openings) == 1


class Listening:
    """Collect what a user would be told."""

    def __init__(self, said):
        self.said = said

    def task(self, text, total=None):
        from linnet.progress import SILENT

        return SILENT.task(text, total)

    def say(self, text):
        self.said.append(text)


def test_a_run_folder_that_exists_is_left_alone(pictures, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "precious.txt").write_text("mine")
    with pytest.raises(RunError, match="exists already"):
        linnet.climb(pictures, rungs=["majority"], out=tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["precious.txt"]


def test_default_run_folders_are_numbered(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = [linnet.climb(pictures, rungs=["majority"]).folder for _ in range(2)]
    assert folders == [Path("runs/pictures-1"), Path("runs/pictures-2")]


def test_wrong_requests_are_refused_before_anything_is_made(pictures, tmp_path):
    for wrong, error in (
        ({"rungs": ["knm"]}, UnknownNameError),
        ({"settings": {"knn": {"k": 0}}}, ConfigError),
        ({"settings": {"knnn": {"k": 1}}}, UnknownNameError),
    ):
        with pytest.raises(error):
            linnet.climb(pictures, out=tmp_path / "run", **{"rungs": ["knn"], **wrong})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("n", [1, 2])
def test_a_class_too_small_to_split_is_refused(tmp_path, n):
    data = write_pictures(tmp_path / "data", n=10)
    for path in sorted((data / "light").iterdir())[n:]:
        path.unlink()
    with pytest.raises(DataError, match="light"):
        linnet.climb(data, rungs=["majority"], out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_bad_folders_are_one_sentence_and_nothing_is_left(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "one" / "cat").mkdir(parents=True)
    Image.new("L", (4, 4)).save(tmp_path / "one" / "cat" / "a.png")
    for name in ("cat", "dog"):
        (tmp_path / "unreadable" / name).mkdir(parents=True)
        (tmp_path / "unreadable" / name / "a.png").write_bytes(b"not a picture")
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    for data in ("empty", "one", "unreadable", "missing"):
        assert cli.run(["climb", data]) == 1
        error = capsys.readouterr().err.strip().splitlines()[-1]
        assert error.startswith("linnet: "), error
        assert data in error
    assert sorted(str(path) for path in tmp_path.rglob("*")) == before


class StopsHere(MajorityClassifier):
    """Play a user who presses Ctrl-C while this rung is fitted."""

    def fit_features(self, train, *, seed, progress):
        raise KeyboardInterrupt


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


class StopsAt:
    """Stop after so many steps of training, as Ctrl-C would."""

    def __init__(self, steps):
        self.left = steps

    def say(self, text):
        pass

    @contextmanager
    def task(self, text, total=None):
        def advance(n=1, note=""):
            if text == "Training":
                self.left -= n
                if self.left < 0:
                    raise KeyboardInterrupt

        yield SimpleNamespace(advance=advance)


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


def test_folders_may_be_given_as_text(pictures, tmp_path):
    run = linnet.climb(str(pictures), rungs=["majority"], out=str(tmp_path / "run"))
    assert linnet.report(str(run.folder), out=str(tmp_path / "page.html")) == tmp_path / "page.html"
    assert len(linnet.evaluate(str(run.folder), str(pictures), again=True, out=str(tmp_path / "scores")).rows) == 1
    linnet.inspect(str(pictures), out=str(tmp_path / "seen"))
    assert (tmp_path / "seen" / "manifest.csv").exists()


def test_a_finished_run_is_not_gone_on_with(finished):
    with pytest.raises(RunError, match="nothing to go on with"):
        linnet.resume(finished.folder)


def test_a_rung_that_cannot_is_skipped_with_its_reason_and_the_others_go_on(pictures, tmp_path, monkeypatch):
    class Greedy(MajorityClassifier):
        def fit_features(self, train, *, seed, progress):
            raise MemoryError

    real = climbing.create
    monkeypatch.setattr(climbing, "create", lambda name, settings: Greedy() if name == "knn" else real(name, settings))
    run = linnet.climb(pictures, rungs=["majority", "knn"], out=tmp_path / "run")
    assert [row.rung for row in run.leaderboard.rows] == ["majority"]
    assert "memory" in run.leaderboard.skipped[0].reason


def test_a_budget_that_is_too_small_skips_and_says_the_estimate(pictures, tmp_path):
    protocol = Protocol(budget=1e-6)
    with pytest.raises(RunError, match="budget"):
        linnet.climb(pictures, rungs=["majority", "knn"], protocol=protocol, out=tmp_path / "run")
    plenty = linnet.climb(pictures, rungs=["majority"], protocol=Protocol(budget=600), out=tmp_path / "other")
    assert plenty.leaderboard.skipped == ()


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


def test_inspect_trains_nothing_and_writes_only_when_asked(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = linnet.inspect(pictures)
    assert found.facts.class_names == ("dark", "light", "striped")
    assert found.facts.counts == {"used": 90}
    assert list(tmp_path.iterdir()) == []
    linnet.inspect(pictures, out=tmp_path / "facts")
    assert {path.name for path in (tmp_path / "facts").iterdir()} == {"manifest.csv", "data.json"}


def test_report_can_be_made_again_without_the_data(finished, tmp_path):
    path = linnet.report(finished.folder, out=tmp_path / "again.html")
    assert path.read_text(encoding="utf-8") == (finished.folder / "report.html").read_text(encoding="utf-8")


def test_a_report_completes_the_numbers_of_an_older_run(finished, tmp_path):
    older = tmp_path / "older"
    shutil.copytree(finished.folder, older)
    lacking = [older / "comparisons.json", *sorted(older.glob("rungs/*/evaluation-*.json"))]
    assert len(lacking) == 1 + 2 * len(finished.rungs)
    before = [path.read_bytes() for path in lacking]
    for path in lacking:
        path.unlink()
    linnet.report(older)
    assert [path.read_bytes() for path in lacking] == before


def test_the_ladder_is_in_order_of_cost():
    names = workbench.ladder_names()
    assert names[0] == "majority"
    assert names.index("knn") < names.index("two-layer")


def test_describe_names_settings_of_a_rung_and_says_what_a_data_set_is():
    assert linnet.describe("knn").settings["k"][0] == "int"
    assert linnet.describe("digits").family == "datasets"
    with pytest.raises(UnknownNameError, match="did you mean 'digits'"):
        linnet.describe("digit")


@pytest.mark.parametrize("family", sorted(catalog.FAMILIES))
def test_every_entry_of_every_family_is_described(family):
    for name in catalog.names(family):
        found = linnet.describe(name.replace("-", "_"))
        assert (found.name, found.family, found.layers) == (name, family, None)
        assert found.about
        assert found.text
        json.dumps(found.settings)
        assert not any("linnet." in kind or "typing." in kind for kind, _ in found.settings.values())


def test_settings_of_augmentations_and_losses_come_with_their_defaults():
    assert linnet.describe("focal").settings == {"gamma": ("float", 2.0)}
    assert linnet.describe("cross-entropy").settings == {}
    assert linnet.describe("sometimes").settings == {"p": ("float", None), "of": ("Augmentation", None)}
    assert linnet.describe("sequence").settings["steps"] == ("tuple[Augmentation, ...]", [])


def test_layers_are_described_with_the_settings_asked_for():
    found = linnet.describe("mlp", input_shape=(1, 8, 8), n_classes=3, settings={"mlp": {"hidden": (5,)}})
    linear = [row["output_shape"] for row in found.layers["rows"] if row["kind"] == "Linear"]
    assert linear == [[5], [3]]
    with pytest.raises(UnsupportedError, match="those that have: mlp, fast-cnn, cnn, resnet"):
        linnet.describe("majority", input_shape=(1, 8, 8))


def test_digits_climb_from_the_command_line_as_json(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.run(["climb", "digits", "--rungs", "majority,knn", "--json"]) == 0
    shown = capsys.readouterr()
    plain = json.loads(shown.out)
    assert plain["rows"][0]["rung"] == "knn"
    assert plain["rows"][0]["accuracy"] > 0.95
    assert Path(plain["report"]).exists()


def test_some_classes_are_kept_and_renumbered_in_the_order_given(tmp_path):
    found = linnet.inspect("digits[7,1]")
    assert found.facts.class_names == ("7", "1")
    kept = found.manifest.label[found.manifest.split != ""]
    assert set(kept.tolist()) == {"1", "7"}
    assert found.facts.counts["ignored"] == 1797 - len(kept)


def test_data_spec_is_accepted_too(pictures, tmp_path):
    run = linnet.climb(DataSpec(source=str(pictures), size=16), rungs=["majority"], out=tmp_path / "run")
    assert run.facts.image_shape == (1, 16, 16)


@pytest.fixture
def entries(monkeypatch):
    in_catalog(monkeypatch)


@pytest.mark.usefixtures("entries")
def test_pictures_are_explained_from_python(finished, pictures, tmp_path):
    file = pictures / "dark" / "dark-0.png"
    found = linnet.explain(
        finished.folder, file, rung="knn", target="light", methods=["brightness"], out=tmp_path / "x"
    )
    assert found.folder == tmp_path / "x"
    assert found.page.read_text(encoding="utf-8").startswith("<!doctype html>")
    (answer,) = found.inquiry.answers
    assert (found.inquiry.rung, answer.target) == ("knn", "light")
    said = load(finished.rung_folder("knn")).predict_proba(np.asarray(Image.open(file))[None, None]).numpy()[0]
    assert list(answer.probabilities.values()) == pytest.approx(said.tolist())


def test_methods_take_settings_in_brackets(finished, pictures, tmp_path, capsys):
    file = pictures / "dark" / "dark-0.png"
    words = [
        "explain",
        str(finished.folder),
        str(file),
        "--rung",
        "least-squares",
        "--out",
        str(tmp_path / "x"),
        "--json",
    ]
    assert cli.run([*words, "--with", "occlusion(window=3, fill=black),nearest(k=2)"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["answers"]
    assert answer["drawings"][0]["title"] == "occlusion(window=3,fill=black)"
    assert [drawing["method"] for drawing in answer["drawings"]] == ["occlusion", "nearest"]
    plain = linnet.explain(finished.folder, file, rung="least-squares", methods=["occlusion"], out=tmp_path / "plain")
    maps = [(folder / "1-occlusion.png").read_bytes() for folder in (tmp_path / "x", plain.folder)]
    assert maps[0] != maps[1]


@pytest.mark.parametrize(
    ("methods", "error", "said"),
    [
        (["occlusion(widow=3)"], UnknownNameError, "no setting of occlusion named 'widow'; did you mean 'window'"),
        (["occlusion(window=big)"], ConfigError, r"occlusion\.window should be a valid integer"),
        (["oclusion(window=3)"], UnknownNameError, "did you mean 'occlusion'"),
        (["occlusion(window=3"], ConfigError, "A method is written like occlusion"),
        (["occlusion(window=3)", "occlusion"], ConfigError, "occlusion can be asked for once at a time"),
    ],
)
def test_methods_that_cannot_be_are_refused_before_anything_is_written(finished, tmp_path, methods, error, said):
    image_id = str(finished.manifest.id[0])
    with pytest.raises(error, match=said):
        linnet.explain(finished.folder, image_id, rung="knn", methods=methods, out=tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.usefixtures("entries")
def test_explaining_leaves_the_run_as_it_was(finished, pictures, tmp_path):
    before = {path: path.read_bytes() for path in finished.folder.rglob("*") if path.is_file()}
    linnet.explain(finished.folder, [pictures / "dark"], methods=["brightness"], out=tmp_path / "x")
    assert {path: path.read_bytes() for path in finished.folder.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("entries")
def test_the_same_question_gets_the_same_answer(finished, tmp_path):
    image_id = str(finished.manifest.id[0])
    folders = [linnet.explain(finished.folder, [image_id], out=tmp_path / name, seed=3).folder for name in "ab"]
    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == other


def test_a_rung_that_is_named_twice_in_two_spellings_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ConfigError, match="fast-cnn is asked for several times"):
        workbench.climb("digits", rungs=("fast-cnn", "fast_cnn"), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
