"""Places, ties and what stands there when a run did not finish."""

from dataclasses import replace

import numpy as np
import pytest

from linnet.records.leaderboard import Leaderboard
from linnet.records.selection import Selection
from linnet.reports.evidence import gather
from linnet.reports.standings import describe_standings


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def places(evidence, ties):
    rows = tuple(replace(row, tied_with_best=tied) for row, tied in zip(evidence.rows, ties, strict=True))
    found = describe_standings(replace(evidence, leaderboard=Leaderboard(rows=rows)))
    return [standing.place for standing in found.rows]


def test_tied_rungs_share_the_first_place_and_the_next_counts_on(evidence):
    assert places(evidence, (True, True, False, False)) == [1, 1, 3, 4]
    assert places(evidence, (True, False, False, False)) == [1, 2, 3, 4]
    assert places(evidence, (True, True, True, True)) == [1, 1, 1, 1]


def test_a_tie_below_a_rung_that_is_not_tied_stays_a_tie(evidence):
    assert places(evidence, (True, False, True, False)) == [1, 3, 1, 4]


def test_the_floor_is_the_majority_rung(evidence):
    found = describe_standings(evidence)
    assert found.floor == next(row.accuracy for row in evidence.rows if row.rung == "majority")
    assert found.validation == ()
    assert [skipped.rung for skipped in found.skipped] == ["linear-svm"]


def test_without_the_majority_rung_there_is_no_floor(evidence):
    rows = tuple(row for row in evidence.rows if row.rung != "majority")
    assert describe_standings(replace(evidence, leaderboard=Leaderboard(rows=rows))).floor is None


def test_an_unfinished_run_is_ranked_by_validation(new_run):
    evidence = gather(new_run(is_finished=False, n_openings=0))
    found = describe_standings(evidence)
    assert found.rows == ()
    assert [row.accuracy for row in found.validation] == sorted(
        (row.accuracy for row in found.validation), reverse=True
    )
    first = found.validation[0]
    selection = evidence.selections[first.rung]
    assert (first.accuracy, first.n_folds) == (selection.accuracy[selection.chosen].mean(), 5)
    assert (first.n_correct, first.n) == (int(evidence.predictions[first.rung].correct.sum()), 60)


def test_rungs_that_were_not_reached_are_named(new_run):
    found = describe_standings(gather(new_run(is_finished=False, rungs=("majority", "knn"))))
    assert [skipped.rung for skipped in found.skipped] == ["linear-svm"]


def test_test_predictions_are_not_shown_as_validation(new_run):
    run = new_run()
    (run.folder / "leaderboard.json").unlink()
    assert {row.n_correct for row in describe_standings(gather(run)).validation} == {None}


def test_settings_that_were_left_at_their_defaults_are_not_shown(evidence):
    for standing in describe_standings(evidence).rows:
        selection = evidence.selections[standing.row.rung]
        fixed = evidence.experiment.settings.get(standing.row.rung, {})
        assert set(standing.settings) == {*selection.varied, *fixed} & set(standing.row.settings)


def test_all_settings_are_shown_where_the_selection_is_lost(evidence):
    for standing in describe_standings(replace(evidence, selections={})).rows:
        assert standing.settings == standing.row.settings


def test_a_row_with_views_is_explained(new_run):
    run = new_run(n_per_class=10)
    evidence = gather(run)
    assert describe_standings(evidence).views == ()
    chosen = Selection(candidates=({"views": "flips"},), accuracy=np.array([[0.9]]), chosen=0)
    chosen.write(run.rung_folder("two-layer+views") / "selection.csv")
    asked = evidence.experiment
    replace(asked, protocol=replace(asked.protocol, views=True)).write(run.folder / "experiment.toml")
    evidence = gather(run)
    (sentence,) = describe_standings(evidence).views
    assert sentence.startswith("two-layer+views is two-layer with the same weights: it looks at the picture and its")
    row = replace(evidence.rows[0], rung="two-layer+views", settings={"views": "flips", "weight_decay": 0.1, "x": 1})
    (standing,) = describe_standings(replace(evidence, leaderboard=Leaderboard(rows=(row,)))).rows
    assert standing.settings == {"views": "flips", "weight_decay": 0.1}
