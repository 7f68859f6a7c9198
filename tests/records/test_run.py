import numpy as np
import pytest

from linnet.errors import RunError
from linnet.records.comparisons import Comparisons
from linnet.records.data_facts import DataFacts
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.explanations import Explanations
from linnet.records.history import History
from linnet.records.leaderboard import Leaderboard
from linnet.records.learning_curve import LearningCurve, LearningPoint
from linnet.records.ledger import Opening
from linnet.records.manifest import Manifest, texts_of
from linnet.records.predictions import Predictions
from linnet.records.run import Run, refuse_existing
from linnet.records.selection import Selection
from linnet.records.training import Computing, Training


@pytest.fixture
def experiment():
    return Experiment(command="climb", data=DataSpec(source="digits"), rungs=("majority", "knn"))


@pytest.fixture
def run(tmp_path, experiment):
    return Run.create(tmp_path / "runs" / "one", experiment)


def test_a_new_run_holds_what_was_asked(run, experiment):
    assert [path.name for path in run.folder.iterdir()] == ["experiment.toml"]
    assert run.experiment == experiment
    assert Run.open(run.folder).experiment == experiment


def test_no_run_writes_over_another(run, experiment):
    with pytest.raises(RunError, match="exists already and is left as it is; choose another --out"):
        Run.create(run.folder, experiment)


def test_a_file_of_that_name_is_left_alone_too(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="exists already"):
        refuse_existing(tmp_path / "file")
    refuse_existing(tmp_path / "free")


def test_a_run_that_cannot_be_made_says_why(tmp_path, experiment):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be made"):
        Run.create(tmp_path / "file" / "run", experiment)


def test_a_folder_that_is_not_there_is_no_run(tmp_path):
    with pytest.raises(RunError, match="There is no run folder"):
        Run.open(tmp_path / "none")


def test_a_folder_of_something_else_is_no_run(tmp_path):
    with pytest.raises(RunError, match="should be a run folder"):
        Run.open(tmp_path)


def test_a_run_is_finished_when_its_leaderboard_is_there(run):
    assert not run.is_finished
    board = Leaderboard(rows=())
    board.write(run.folder)
    assert run.is_finished
    assert run.leaderboard == board


def test_rungs_come_in_the_order_of_the_experiment_once_they_are_chosen(run):
    assert run.rungs == ()
    chosen = Selection(candidates=({},), accuracy=np.ones((1, 1)), chosen=0)
    for rung in ("knn", "majority"):
        chosen.write(run.rung_folder(rung) / "selection.csv")
    assert run.rungs == ("majority", "knn")
    assert run.selection("knn").chosen == 0


def test_predictions_are_none_until_they_are_made(run):
    assert run.predictions("knn", "test") is None
    made = Predictions(
        ids=texts_of(["a"]),
        labels=np.zeros(1, dtype=np.int64),
        probabilities=np.ones((1, 1), dtype=np.float32),
        class_names=("owl",),
    )
    made.write(run.rung_folder("knn") / "predictions-test.csv")
    assert run.predictions("knn", "test").ids.tolist() == ["a"]
    assert run.predictions("knn", "valid") is None


def test_the_course_of_a_training_lies_with_its_rung(run):
    assert run.history("knn") is None
    made = History(epochs=())
    run.rung_folder("knn").mkdir(parents=True)
    made.write(run.rung_folder("knn") / "history.csv")
    assert run.history("knn") == made
    assert run.history("majority") is None


def test_numbers_and_comparisons_are_none_until_they_are_made(run):
    assert run.evaluation("knn", "test") is run.comparisons is None
    run.rung_folder("knn").mkdir(parents=True)
    for place, read in (
        (run.rung_folder("knn") / "evaluation-test.json", lambda: run.evaluation("knn", "test")),
        (run.folder / "comparisons.json", lambda: run.comparisons),
    ):
        place.write_text('{"format": 2}')
        with pytest.raises(RunError, match="install a newer one"):
            read()
    made = Comparisons(n=3, confidence=0.95, n_draws=1000, pairs=())
    made.write(run.comparisons_file)
    assert run.comparisons == made
    assert run.evaluation("knn", "valid") is None


def test_a_damaged_course_is_refused(run):
    run.rung_folder("knn").mkdir(parents=True)
    (run.rung_folder("knn") / "history.csv").write_text("epoch\n1\n")
    with pytest.raises(RunError, match="should have the columns"):
        run.history("knn")


def test_manifest_and_facts_lie_where_the_plan_says(run):
    empty = texts_of([])
    columns = dict.fromkeys(["id", "label", "split", "group", "content_hash", "status", "reason"], empty)
    Manifest(fold=np.zeros(0, dtype=np.int64), **columns).write(run.folder / "manifest.csv")
    facts = DataFacts(name="x", class_names=("a",), image_shape=(1, 8, 8), geometry={}, counts={}, class_counts={})
    facts.write(run.folder / "data.json")
    assert len(run.manifest) == 0
    assert run.facts == facts


def test_openings_are_recorded_one_by_one(run):
    assert run.openings == ()
    opening = Opening(when="2026-11-05T10:00:00+00:00", command="climb", rungs=("knn",), n=3, split_hash="ab")
    run.record_opening(opening)
    assert run.openings == (opening,)
    assert (run.folder / "ledger.jsonl").exists()


def test_pictures_are_kept_for_the_report(run):
    assert run.pictures == {}
    run.write_pictures({"images/a.png": b"png"})
    assert run.pictures == {"images/a.png": b"png"}


def test_rows_with_views_are_listed_behind_their_rung_where_they_were_asked_for(tmp_path):
    asked = {"command": "climb", "data": DataSpec(source="digits"), "rungs": ("cnn", "knn")}
    for views, wanted in ((False, ("cnn", "knn")), (True, ("cnn", "cnn+views", "knn"))):
        run = Run.create(tmp_path / str(views), Experiment(**asked, protocol=Protocol(views=views)))
        for row in ("knn", "cnn+views", "cnn"):
            for name in ("selection.csv", "model.json"):
                run.rung_folder(row).mkdir(parents=True, exist_ok=True)
                (run.rung_folder(row) / name).write_text("")
        assert (run.rungs, run.fitted_rungs) == (wanted, wanted)


def test_what_a_training_resolved_to_is_read_where_it_is(run):
    assert run.training("knn") is None
    computing = Computing(products="float32", channels_last=True, reason="asked for", device="cpu", n_processes=1)
    training = Training(recipe={"augment": "flip"}, n_images=9, n_epochs=2, computing=computing)
    training.write(run.rung_folder("knn") / "training.json")
    assert run.training("knn") == training


def test_explanations_are_none_until_some_are_written(run):
    assert run.explanations is None
    Explanations(shared=("a",), rungs=()).write(run.folder / "explanations.json")
    assert run.explanations == Explanations(shared=("a",), rungs=())


def test_a_learning_curve_is_there_only_where_one_was_drawn(run):
    assert run.learning_curve("knn") is None
    point = LearningPoint(n_images=10, accuracy=0.5, low=0.3, high=0.7, n_valid=20, seconds=1.0)
    curve = LearningCurve(rung="knn", points=(point,))
    curve.write(run.rung_folder("knn") / "learning-curve.csv")
    assert run.learning_curve("knn") == curve
