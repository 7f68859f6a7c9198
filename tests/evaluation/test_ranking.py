import numpy as np
import pytest

from linnet.evaluation.comparing import compare
from linnet.evaluation.ranking import Contender, rank
from linnet.records.leaderboard import Skipped
from linnet.records.predictions import Predictions

LABELS = np.array([0, 1] * 100)


def contender(rung, n_wrong, *, confidence=0.9, from_the_end=False):
    wrong = np.zeros(len(LABELS), dtype=bool)
    wrong[slice(len(LABELS) - n_wrong, None) if from_the_end else slice(0, n_wrong)] = True
    return wrong_on(wrong, rung, confidence=confidence)


def wrong_on(wrong, rung, *, confidence=0.9):
    labels = np.arange(len(wrong)) % 2
    probabilities = np.full((len(wrong), 2), 1 - confidence, dtype=np.float32)
    probabilities[np.arange(len(wrong)), np.where(wrong, 1 - labels, labels)] = confidence
    predictions = Predictions(
        ids=np.array([str(i) for i in range(len(wrong))]),
        labels=labels,
        probabilities=probabilities,
        class_names=("a", "b"),
    )
    return Contender(
        rung=rung,
        predictions=predictions,
        fit_seconds=1.5,
        predict_seconds=0.4,
        parameters=7,
        n_bytes=2_000_000,
        settings={"k": 3},
    )


def test_best_comes_first_and_is_tied_with_itself():
    board = rank([contender("poor", 90), contender("good", 4), contender("fair", 40)])
    assert [row.rung for row in board.rows] == ["good", "fair", "poor"]
    assert board.rows[0].tied_with_best
    assert board.rows[0].p_value == 1


def test_a_small_difference_is_a_tie_and_a_large_one_is_not():
    board = rank([contender("good", 10), contender("near", 13, from_the_end=True), contender("far", 60)])
    assert [row.tied_with_best for row in board.rows] == [True, True, False]


def test_few_but_one_sided_differences_are_told_apart():
    # 12 pictures differ and all speak against the second: paired, that is clear; two intervals would overlap.
    board = rank([contender("good", 20), contender("nested", 32)])
    assert board.rows[1].accuracy_high > board.rows[0].accuracy_low
    assert not board.rows[1].tied_with_best


def test_a_pair_has_one_p_value_on_the_leaderboard_and_among_all_pairs():
    rungs = [contender("good", 10), contender("near", 26, from_the_end=True), contender("far", 60)]
    found = compare({each.rung: each.predictions for each in rungs})
    p_values = {pair.second: pair.p_value for pair in found.pairs if pair.first == "good"}
    assert {row.rung: row.p_value for row in rank(rungs).rows[1:]} == p_values


def test_one_climb_in_twenty_at_most_denies_the_tie_of_rungs_that_are_equally_good():
    generator = np.random.default_rng(0)
    n_false = 0
    for _ in range(100):
        wrong = generator.random((8, 361)) < 0.05
        board = rank([wrong_on(row, f"rung-{i}") for i, row in enumerate(wrong)])
        n_false += not all(row.tied_with_best for row in board.rows)
    # Corrected for the comparisons with the best only, it is 9 of 100.
    assert n_false <= 5


def test_equal_accuracy_is_ordered_by_log_loss_then_by_name():
    board = rank([contender("b", 10), contender("a", 10), contender("sure", 10, confidence=0.95)])
    assert [row.rung for row in board.rows] == ["sure", "a", "b"]


def test_numbers_of_a_row():
    row = rank([contender("one", 20)]).rows[0]
    assert row.accuracy == pytest.approx(0.9)
    assert row.accuracy_low < 0.9 < row.accuracy_high
    assert (row.n, row.parameters, row.megabytes, row.settings) == (200, 7, 2.0, {"k": 3})
    assert row.ms_per_image == pytest.approx(2.0)
    assert row.log_loss == pytest.approx(-(0.9 * np.log(0.9) + 0.1 * np.log(0.1)), rel=1e-5)
    assert row.ece == pytest.approx(0, abs=1e-6)


def test_skipped_rungs_are_named():
    board = rank([contender("one", 20)], skipped=[Skipped(rung="two", reason="too slow")])
    assert board.skipped[0].reason == "too slow"
