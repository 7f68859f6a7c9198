"""Runs against each other: pictures matched by id, and nothing compared that was judged on other pictures."""

from dataclasses import replace

import numpy as np
import pytest

from linnet.evaluation.across import compare_runs, write
from linnet.records.experiment import DataSpec, Experiment
from linnet.records.leaderboard import Leaderboard, LeaderboardRow
from linnet.records.ledger import Opening
from linnet.records.predictions import Predictions
from linnet.records.run import Run

N = 60


def predictions(right, *, order=None, prefix="p"):
    """Make predictions of two classes that are right where `right` says so."""
    labels = np.arange(N) % 2
    said = np.where(right, labels, 1 - labels)
    probabilities = np.where(np.eye(2)[said] == 1, 0.9, 0.1).astype(np.float32)
    rows = np.arange(N) if order is None else order
    ids = np.array([f"{prefix}{i:03d}" for i in range(N)])
    return Predictions(ids=ids[rows], labels=labels[rows], probabilities=probabilities[rows], class_names=("a", "b"))


def run_of(folder, said, *, split="aa"):
    run = Run.create(folder, Experiment(command="train", data=DataSpec(source="x"), rungs=("knn",)))
    said.write(run.rung_folder("knn") / "predictions-test.csv")
    run.record_opening(Opening(when="2026-01-01T00:00:00Z", command="train", rungs=("knn",), n=N, split_hash=split))
    numbers = dict.fromkeys(
        ("accuracy", "accuracy_low", "accuracy_high", "balanced_accuracy", "log_loss", "ece", "fit_seconds"), 0.5
    )
    row = LeaderboardRow(
        rung="knn", n=N, ms_per_image=1.0, parameters=1, megabytes=1.0, tied_with_best=True, p_value=1.0, **numbers
    )
    Leaderboard(rows=(row,), skipped=()).write(folder)
    return run


def test_pictures_are_matched_by_id_whatever_their_order(tmp_path):
    right = np.arange(N) < 50
    shuffled = np.random.default_rng(0).permutation(N)
    runs = [
        run_of(tmp_path / "one", predictions(right)),
        run_of(tmp_path / "two", predictions(np.arange(N) < 40, order=shuffled)),
    ]
    (pair,) = compare_runs(runs).by_split["aa"].pairs
    assert {pair.first, pair.second} == {"one / knn", "two / knn"}
    assert sorted((pair.n_only_first, pair.n_only_second)) == [0, 10]
    assert abs(pair.difference) == pytest.approx(10 / N)


def test_other_test_pictures_are_not_compared(tmp_path):
    right = np.ones(N, bool)
    runs = [run_of(tmp_path / "one", predictions(right)), run_of(tmp_path / "two", predictions(right), split="bb")]
    assert compare_runs(runs) == ({}, ())


def test_pictures_with_other_names_are_not_guessed(tmp_path):
    right = np.ones(N, bool)
    runs = [run_of(tmp_path / "one", predictions(right)), run_of(tmp_path / "two", predictions(right, prefix="q"))]
    assert compare_runs(runs) == (
        {},
        ("two / knn is not compared with one / knn: their test pictures are the same and have other names.",),
    )


def relabeled(said, rows):
    """Turn the labels of some pictures round."""
    labels = said.labels.copy()
    labels[rows] = 1 - labels[rows]
    return replace(said, labels=labels)


def test_runs_with_other_labels_are_left_out_and_named(tmp_path):
    said = predictions(np.arange(N) < 50)
    runs = [
        run_of(tmp_path / "one", relabeled(said, [7, 9])),
        run_of(tmp_path / "two", said),
        run_of(tmp_path / "three", predictions(np.arange(N) < 40)),
    ]
    found = compare_runs(runs)
    (pair,) = found.by_split["aa"].pairs
    assert {pair.first, pair.second} == {"two / knn", "three / knn"}
    assert found.left_out == (
        "one / knn is not compared with two / knn: of 60 test pictures 2 have another label, such as p007 (a, and not "
        "b).",
    )
    page = write(runs, tmp_path / "page.html").read_text(encoding="utf-8")
    assert "such as p007 (a, and not b)" in page


def test_the_order_of_classes_makes_no_difference(tmp_path):
    said = predictions(np.arange(N) < 50)
    turned = replace(
        said, labels=1 - said.labels, probabilities=said.probabilities[:, ::-1].copy(), class_names=("b", "a")
    )
    found = compare_runs([run_of(tmp_path / "one", said), run_of(tmp_path / "two", turned)])
    (pair,) = found.by_split["aa"].pairs
    assert (pair.n_only_first, pair.n_only_second, found.left_out) == (0, 0, ())


def test_a_run_that_did_not_finish_is_left_out(tmp_path):
    run = run_of(tmp_path / "one", predictions(np.ones(N, bool)))
    (run.folder / "leaderboard.json").unlink()
    assert compare_runs([run, run_of(tmp_path / "two", predictions(np.ones(N, bool)))]) == ({}, ())
