"""Climbs from end to end on small folders of pictures, and requests that are refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linnet
from climbs import QUICK, comparable, write_pictures
from linnet import cli, workbench
from linnet.classifiers.majority import MajorityClassifier
from linnet.errors import (
    ConfigError,
    DataError,
    RunError,
    UnknownNameError,
)
from linnet.evaluation import climbing
from linnet.records.experiment import DataSpec, Protocol
from linnet.records.leaderboard import LeaderboardRow


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


def test_folders_may_be_given_as_text(pictures, tmp_path):
    run = linnet.climb(str(pictures), rungs=["majority"], out=str(tmp_path / "run"))
    assert linnet.report(str(run.folder), out=str(tmp_path / "page.html")) == tmp_path / "page.html"
    assert len(linnet.evaluate(str(run.folder), str(pictures), again=True, out=str(tmp_path / "scores")).rows) == 1
    linnet.inspect(str(pictures), out=str(tmp_path / "seen"))
    assert (tmp_path / "seen" / "manifest.csv").exists()


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


def test_a_rung_that_is_named_twice_in_two_spellings_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ConfigError, match="fast-cnn is asked for several times"):
        workbench.climb("digits", rungs=("fast-cnn", "fast_cnn"), out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
