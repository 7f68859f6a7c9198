"""What is said of each training."""

import math
from dataclasses import replace

import pytest

from linnet.records.experiment import Experiment
from linnet.records.training import Computing, Training
from linnet.reports.courses import describe_courses
from linnet.reports.evidence import gather


def described(run):
    return {part.rung: part for part in describe_courses(gather(run))}


@pytest.fixture
def trained(new_run, epochs):
    """Return a function that gives a run's two-layer rung a history, and what is said of it."""

    def give(*columns, **settings):
        run = new_run(n_per_class=10)
        epochs(*columns).write(run.rung_folder("two-layer") / "history.csv")
        if settings:
            asked = run.experiment
            fields = {name: getattr(asked, name) for name in Experiment.__dataclass_fields__}
            Experiment(**{**fields, "settings": {"two-layer": settings}}).write(run.folder / "experiment.toml")
        return described(run)["two-layer"]

    return give


def test_only_rungs_with_a_history_are_described(finished_run, new_run):
    assert list(described(finished_run)) == ["two-layer"]
    assert described(new_run(has_history=False)) == {}


def test_rows_are_those_of_the_history_and_the_best_is_kept(finished_run):
    part, history = described(finished_run)["two-layer"], finished_run.history("two-layer")
    assert [row.epoch for row in part.rows] == list(range(1, 25))
    assert [row.valid_loss for row in part.rows] == [epoch.valid_loss for epoch in history.epochs]
    assert part.kept.valid_accuracy == max(epoch.valid_accuracy for epoch in history.epochs)
    assert part.kept in part.rows
    assert (part.last.epoch, part.is_validated, part.keeps_best) == (24, True, True)


def test_who_asked_for_the_last_weights_gets_them(trained):
    columns = ([2.0, 1.0, 0.5], [0.5] * 3, [1.0] * 3, [0.9, 0.8, 0.7])
    assert trained(*columns).kept.epoch == 1
    last = trained(*columns, keep="last")
    assert (last.kept.epoch, last.keeps_best) == (3, False)


def test_without_validation_the_last_epoch_is_kept(trained):
    part = trained([2.0, 1.0], [0.5, 0.6])
    assert (part.kept.epoch, part.is_validated, part.keeps_best) == (2, False, False)
    assert part.kept.valid_loss is None


def test_what_is_no_number_is_none(trained):
    part = trained([math.nan, 1.0], [0.5, math.inf], [1e300, 1.0], [0.5, 0.5])
    assert [row.train_loss for row in part.rows] == [None, 1.0]
    assert [row.train_accuracy for row in part.rows] == [0.5, None]
    assert [row.valid_loss for row in part.rows] == [None, 1.0]


def test_the_speed_is_that_of_all_pictures_together(new_run):
    run = new_run(n_per_class=10)
    path = run.rung_folder("two-layer") / "history.csv"
    text = path.read_text(encoding="utf-8")
    header, *rows = text.splitlines()
    # Two epochs of as many pictures, at 1,000 and at 250 a second, take five times as long as one at 1,000.
    path.write_text("\n".join([header, rows[0], rows[1].replace("1000.0", "250.0")]) + "\n", encoding="utf-8")
    part = described(run)["two-layer"]
    assert part.images_per_second == pytest.approx(400)
    assert part.seconds == 1.0


@pytest.mark.parametrize("speed", ["0.0", "inf", "nan"])
def test_a_speed_that_cannot_be_is_left_out(new_run, speed):
    run = new_run(n_per_class=10)
    path = run.rung_folder("two-layer") / "history.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("1000.0", speed), encoding="utf-8")
    assert described(run)["two-layer"].images_per_second is None


def test_the_verdict_is_that_of_the_history(finished_run):
    assert described(finished_run)["two-layer"].verdict.kind == "overfitting"


def test_what_the_training_resolved_to_is_said_in_a_line(new_run):
    run = new_run(n_per_class=10)
    assert described(run)["two-layer"].resolved == ""
    computing = Computing(products="bfloat16", channels_last=True, reason="this is fast", device="cpu", n_processes=1)
    recipe = {"batch_size": 500, "augment": "pad-crop(padding=2),alternating-flip"}
    training = Training(recipe=recipe, n_images=50_000, n_epochs=8, computing=computing)
    path = run.rung_folder("two-layer") / "training.json"
    training.write(path)
    assert described(run)["two-layer"].resolved == (
        "bfloat16 products, as this is fast; batches of 500; pad-crop(padding=2),alternating-flip; "
        "8 epochs over 50,000 pictures; cpu"
    )
    replace(training, computing=replace(computing, device="cuda", n_processes=4)).write(path)
    assert described(run)["two-layer"].resolved.endswith("; 4 processes on cuda")


def test_a_damaged_record_of_a_training_is_a_note_and_not_the_end(new_run):
    run = new_run(n_per_class=10)
    (run.rung_folder("two-layer") / "training.json").write_text('{"format": 1}', encoding="utf-8")
    (note,) = gather(run).notes
    assert "training.json should say what a training resolved to" in note
    assert described(run)["two-layer"].resolved == ""
