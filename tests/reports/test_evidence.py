"""Reading a run: what is missing or damaged becomes a note."""

import re

import pytest

from linnet.errors import RunError
from linnet.reports.evidence import gather


def test_everything_is_read(finished_run):
    evidence = gather(finished_run)
    assert evidence.is_finished
    assert evidence.notes == ()
    assert len(evidence.rows) == 4
    assert set(evidence.selections) == {"majority", "knn", "softmax-regression", "two-layer"}
    assert set(evidence.scored_on.values()) == {"test"}
    assert len(evidence.manifest) == 1531


def test_rungs_stand_best_first_and_the_rest_as_asked(finished_run):
    evidence = gather(finished_run)
    assert list(evidence.rungs) == [row.rung for row in evidence.rows] + ["linear-svm"]


def test_a_run_that_did_not_finish_shows_validation_and_no_note(new_run):
    evidence = gather(new_run(is_finished=False, n_openings=0))
    assert (evidence.is_finished, evidence.leaderboard, evidence.openings, evidence.notes) == (False, None, (), ())
    assert set(evidence.scored_on.values()) == {"valid"}


def test_test_predictions_come_before_those_on_validation_pictures(new_run):
    run = new_run()
    test = run.predictions("knn", "test")
    test.write(run.rung_folder("knn") / "predictions-valid.csv")
    assert gather(run).scored_on["knn"] == "test"


def test_nothing_of_an_opening_that_was_interrupted_is_shown(new_run):
    run = new_run(is_finished=False, has_numbers=True)
    run.predictions("knn", "valid").write(run.rung_folder("knn") / "predictions-test.csv")
    evidence = gather(run)
    assert set(evidence.scored_on.values()) == {"valid"}
    assert evidence.comparisons is None


def test_damaged_test_predictions_are_replaced_and_noted(new_run):
    run = new_run()
    folder = run.rung_folder("knn")
    run.predictions("knn", "test").write(folder / "predictions-valid.csv")
    (folder / "predictions-test.csv").write_text("nonsense\n", encoding="utf-8")
    evidence = gather(run)
    assert evidence.scored_on["knn"] == "valid"
    assert len(evidence.notes) == 1


@pytest.mark.parametrize("name", ["manifest.csv", "data.json", "leaderboard.json"])
def test_a_damaged_record_becomes_a_note_that_names_it(new_run, name):
    run = new_run()
    (run.folder / name).write_bytes(b"\xff{")
    evidence = gather(run)
    assert len(evidence.notes) == 1
    assert name in evidence.notes[0]


def test_the_course_of_a_training_is_read_where_there_is_one(finished_run):
    assert {rung: len(found.epochs) for rung, found in gather(finished_run).histories.items()} == {"two-layer": 24}


@pytest.mark.parametrize(
    ("old", "new"), [("\n7,", "\n8,"), ("\n7,70,0.05,", "\n7,70,0.05,,,,,,\n7,70,0.05,"), ("24", "x")]
)
def test_a_damaged_history_becomes_a_note_that_names_it(new_run, old, new):
    run = new_run()
    path = run.rung_folder("two-layer") / "history.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    evidence = gather(run)
    assert evidence.histories == {}
    assert len(evidence.notes) == 1
    assert "history.csv" in evidence.notes[0]
    assert str(run.folder) not in evidence.notes[0]


def test_numbers_are_read_of_the_split_that_was_scored(new_run):
    for is_finished, split in ((True, "test"), (False, "valid")):
        evidence = gather(new_run(is_finished=is_finished, has_numbers=True))
        assert {found.split for found in evidence.evaluations.values()} == {split}
        assert set(evidence.evaluations) == set(evidence.predictions)
        assert (len(evidence.comparisons.pairs) == 6) if is_finished else (evidence.comparisons is None)
        assert set(evidence.learning_curves) == {"two-layer"}


def test_an_older_run_has_no_such_numbers_and_no_note(new_run):
    evidence = gather(new_run())
    assert (evidence.evaluations, evidence.comparisons, evidence.learning_curves, evidence.notes) == ({}, None, {}, ())


@pytest.mark.parametrize("name", ["rungs/knn/evaluation-test.json", "comparisons.json"])
def test_damaged_or_newer_numbers_become_a_note_that_names_them(new_run, name):
    run = new_run(has_numbers=True)
    path = run.folder / name
    text = path.read_text(encoding="utf-8")
    for damaged in (text[:100], text.replace('"format": 1', '"format": 2'), "[]", text.replace("n_draws", "n_drawn")):
        path.write_text(damaged, encoding="utf-8")
        (note,) = gather(run).notes
        assert name.split("/")[-1] in note
        assert str(run.folder) not in note


@pytest.mark.parametrize(("name", "key"), [("rungs/knn/evaluation-test.json", "value"), ("comparisons.json", "low")])
def test_numbers_that_are_none_become_a_note(new_run, name, key):
    run = new_run(has_numbers=True)
    path = run.folder / name
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(rf'"{key}": [-\d.e]+', f'"{key}": NaN', text, count=1), encoding="utf-8")
    evidence = gather(run)
    (note,) = evidence.notes
    assert "should hold finite numbers and does not" in note
    assert evidence.comparisons is None or "knn" not in evidence.evaluations


def test_notes_do_not_tell_where_the_run_lies(new_run):
    run = new_run()
    (run.folder / "manifest.csv").unlink()
    assert str(run.folder.parent) not in gather(run).notes[0]


def test_a_damaged_ledger_and_pictures_become_notes(new_run):
    run = new_run()
    (run.folder / "ledger.jsonl").write_text("{}\n", encoding="utf-8")
    (run.folder / "pictures.zip").write_bytes(b"PK")
    evidence = gather(run)
    assert len(evidence.notes) == 2
    assert evidence.pictures == {}


def test_a_record_of_a_newer_version_becomes_a_note(new_run):
    run = new_run()
    path = run.folder / "leaderboard.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 1', '"format": 99'), encoding="utf-8")
    evidence = gather(run)
    assert evidence.rows == ()
    assert "newer" in evidence.notes[0]


def test_a_run_without_pictures_is_no_news(new_run):
    run = new_run()
    (run.folder / "pictures.zip").unlink()
    evidence = gather(run)
    assert evidence.notes == ()
    assert evidence.picture(str(evidence.manifest.id[0])) is None


def test_class_names_are_known_without_facts(new_run):
    run = new_run()
    (run.folder / "data.json").unlink()
    assert gather(run).class_names == tuple("0123456789")


def test_without_an_experiment_it_is_no_run(new_run):
    run = new_run()
    (run.folder / "experiment.toml").unlink()
    with pytest.raises(RunError, match="run folder"):
        gather(run)
