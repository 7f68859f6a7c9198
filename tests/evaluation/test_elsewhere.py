"""Scoring pictures that are not the run's own, on files of brightness classes."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import linnet
from linnet.errors import DataError, RunError, SealedError
from linnet.evaluation import elsewhere
from linnet.records.evaluation import Evaluation
from linnet.records.experiment import DataSpec, Experiment
from linnet.records.leaderboard import Leaderboard
from linnet.records.manifest import Manifest
from linnet.records.predictions import Predictions
from linnet.records.run import Run
from listening import Heard

LEVELS = {"dark": 40, "gray": 120, "light": 210, "zebra": 160}


@pytest.fixture(scope="module")
def own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINNET_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def write_pictures(folder, counts, *, seed=0, names=None):
    """Write so many 8 x 8 pictures of each class; `names` renames a class's folder."""
    generator = np.random.default_rng(seed)
    for kind, n in counts.items():
        place = folder / (names or {}).get(kind, kind)
        place.mkdir(parents=True)
        for i in range(n):
            pixels = generator.normal(LEVELS[kind], 12, (8, 8)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(place / f"{kind}-{i}.png")
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory, own_cache):
    folder = tmp_path_factory.mktemp("run")
    data = write_pictures(folder / "data", {"dark": 20, "gray": 20, "light": 20})
    return linnet.climb(data, rungs=["majority", "knn"], out=folder / "run")


def score(run, folder, **more):
    return elsewhere.score(run, DataSpec(source=str(folder)), **more)


def test_classes_are_matched_by_name_and_what_does_not_fit_is_reported_everywhere(run, tmp_path):
    # By position, light would be taken for dark, and zebra for gray.
    other = write_pictures(tmp_path / "other", {"light": 7, "zebra": 5}, seed=1)
    (other / "light" / "broken.png").write_bytes(b"no picture")
    heard = Heard()
    board = score(run, other, out=tmp_path / "out", progress=heard)
    assert {row.rung: (row.accuracy, row.n) for row in board.rows}["knn"] == (1.0, 7)
    matching = board.matching
    assert (matching.n_scored, matching.unknown, matching.missing) == (7, {"zebra": 5}, ("dark", "gray"))
    assert any("5 pictures, zebra (5)" in said for said in heard.said)
    assert any("without a picture here: dark, gray." in said for said in heard.said)
    assert Leaderboard.read(tmp_path / "out") == board
    plain = json.loads((tmp_path / "out" / "leaderboard.json").read_text())["matching"]
    assert (plain["unknown"], plain["missing"], plain["n_unreadable"]) == ({"zebra": 5}, ["dark", "gray"], 1)
    table = Manifest.read(tmp_path / "out" / "manifest.csv")
    assert table.counts() == {"used": 7, "ignored": 5, "unreadable": 1}
    said = Predictions.read(tmp_path / "out" / "predictions-knn.csv")
    assert said.class_names == ("dark", "gray", "light")
    assert sorted(said.ids.tolist()) == sorted(table.id[table.split == "test"].tolist())


def test_another_order_of_folders_changes_no_number(run, tmp_path):
    counts = {"dark": 6, "gray": 5, "light": 4}
    plain = write_pictures(tmp_path / "plain", counts, seed=2)
    # A table of paths may name its classes in any order.
    rows = [f"{path},{path.parent.name}" for path in sorted(plain.rglob("*.png"), reverse=True)]
    (tmp_path / "shuffled.csv").write_text("\n".join(["path,label", *rows]) + "\n")
    boards = [score(run, source) for source in (plain, tmp_path / "shuffled.csv")]
    numbers = [[(row.rung, row.accuracy, row.n, round(row.log_loss, 9)) for row in board.rows] for board in boards]
    assert numbers[0] == numbers[1]
    assert numbers[0][0][1] == 1.0
    assert boards[0].matching.sentences() == ()


def test_names_that_are_exchanged_make_everything_wrong(run, tmp_path):
    swapped = write_pictures(tmp_path / "s", {"dark": 5, "light": 5}, seed=3, names={"dark": "light", "light": "dark"})
    assert {row.rung: row.accuracy for row in score(run, swapped).rows}["knn"] == 0.0


def test_the_runs_own_pictures_are_called_so(run, tmp_path):
    heard, run = Heard(), copied(run, tmp_path)
    board = score(run, run.experiment.data.source, again=True, progress=heard)
    assert 0 < board.matching.n_learned_from == 60 - run.openings[0].n < board.matching.n_scored
    assert board.matching.n_of_test == run.openings[0].n
    assert any("has learned from" in said for said in heard.said)


def copied(run, folder):
    """Copy a run, so that what is written into it harms no other test."""
    return Run.open(Path(shutil.copytree(run.folder, folder / "run")))


def sealed_files(run, folder):
    """Copy the files of the run's test split, under other names."""
    table = run.manifest
    for row in table.rows(split="test").tolist():
        place = folder / "holiday" / str(table.label[row])
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(run.experiment.data.source) / str(table.id[row]), place / f"photo-{row}.png")
    return folder / "holiday"


def test_pictures_of_the_test_split_are_known_under_any_name_and_refused(run, tmp_path):
    run = copied(run, tmp_path)
    before = {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()}
    n, folder = run.openings[0].n, sealed_files(run, tmp_path)
    with pytest.raises(SealedError, match=rf"holiday has {n} pictures of the test split of .* --again if you mean it"):
        score(run, folder, out=tmp_path / "out")
    write_pictures(tmp_path / "more", {"dark": 4, "light": 4}, seed=9)
    one = next((folder / "dark").iterdir())
    shutil.copy(one, tmp_path / "more" / "light" / "among others.png")
    with pytest.raises(SealedError, match="more has 1 picture of the test split"):
        score(run, tmp_path / "more")
    assert {path: path.read_bytes() for path in run.folder.rglob("*") if path.is_file()} == before
    assert not (tmp_path / "out").exists()


def test_scoring_the_test_split_again_is_written_into_ledger_and_report(run, tmp_path):
    run = copied(run, tmp_path)
    first = run.openings[0]
    board = score(run, sealed_files(run, tmp_path), again=True, out=tmp_path / "out")
    assert {row.rung: row.accuracy for row in board.rows} == {row.rung: row.accuracy for row in run.leaderboard.rows}
    second = run.openings[1]
    assert (second.command, second.n, second.split_hash) == ("evaluate", first.n, first.split_hash)
    assert second.rungs == ("majority", "knn")
    assert "was opened twice" in (run.folder / "report.html").read_text(encoding="utf-8")


def test_a_test_split_that_was_never_opened_is_not_opened_through_a_folder(run, tmp_path):
    folder, run = sealed_files(run, tmp_path), copied(run, tmp_path)
    for name in ("ledger.jsonl", "leaderboard.json"):
        (run.folder / name).unlink()
    for again in (False, True):
        with pytest.raises(SealedError, match="has not been opened yet; leave them out"):
            score(run, folder, again=again)
    assert run.openings == ()


def test_the_ledger_stays_as_it_is(run, tmp_path):
    before = (run.folder / "ledger.jsonl").read_bytes()
    score(run, write_pictures(tmp_path / "other", {"dark": 3}, seed=4))
    assert (run.folder / "ledger.jsonl").read_bytes() == before


@pytest.mark.parametrize("name", ["valid", "test", "other"])
def test_the_temperature_is_that_of_the_model_whatever_the_folder_is_called(run, tmp_path, name):
    other = write_pictures(tmp_path / name, {"dark": 5, "light": 5}, seed=6)
    run = copied(run, tmp_path)
    model = run.rung_folder("knn") / "model.json"
    model.write_text(json.dumps({**json.loads(model.read_text()), "temperature": 1.5}))
    score(run, other, out=tmp_path / "out")
    found = Evaluation.read(tmp_path / "out" / "evaluation-knn.json")
    assert (found.split, found.temperature) == (name, 1.5)
    assert found.uncalibrated is not None


def test_pictures_without_a_known_class_are_refused(run, tmp_path):
    other = write_pictures(tmp_path / "other", {"zebra": 5})
    with pytest.raises(DataError, match="has the classes zebra; the run knows dark, gray, light; name the folders"):
        score(run, other, out=tmp_path / "out")
    (other / "dark").mkdir()
    with pytest.raises(DataError, match="no readable picture of a class that the run knows"):
        score(run, other, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_that_exists_and_a_run_without_rungs_are_refused_before_any_work(run, tmp_path):
    with pytest.raises(RunError, match="exists already"):
        score(run, tmp_path, out=tmp_path)
    empty = Run.create(tmp_path / "run", Experiment(command="climb", data=DataSpec(source="digits"), rungs=("knn",)))
    with pytest.raises(RunError, match="no fitted rung"):
        score(empty, tmp_path)


def test_folders_inside_class_folders_mean_what_they_meant_in_the_run(own_cache, tmp_path):
    for place, seed in (("data", 0), ("other", 1)):
        write_pictures(tmp_path / place / "birds", {"dark": 12, "light": 12}, seed=seed)
        write_pictures(tmp_path / place / "planes", {"gray": 12}, seed=seed)
    data = DataSpec(source=str(tmp_path / "data"), nested="join")
    run = linnet.climb(data, rungs=["majority"], out=tmp_path / "run")
    board = score(run, tmp_path / "other")
    assert (board.matching.n_scored, board.matching.unknown, board.matching.missing) == (36, {}, ())
