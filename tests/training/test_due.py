"""Each question of the loop, answered for whole trainings."""

import math

import pytest

from linnet.training.due import (
    is_last_round,
    is_out_of_time,
    is_time_to_check_up,
    is_time_to_checkpoint,
    is_time_to_log,
    is_time_to_stop,
)


@pytest.mark.parametrize(
    ("every", "last", "expected"),
    [
        (1, None, [0, 1, 2, 3, 4, 5]),
        (2, None, [1, 3, 5]),
        (4, None, [3]),
        (4, 5, [3, 5]),
        (3, 5, [2, 5]),
        (100, None, []),
        (100, 5, [5]),
        (0, 5, []),
    ],
)
def test_logging_comes_every_so_many_steps_and_at_the_end(every, last, expected):
    assert [step for step in range(6) if is_time_to_log(step, every, last=last)] == expected


def test_the_last_round_is_the_one_after_which_all_are_done():
    assert [epoch for epoch in range(7) if is_last_round(epoch, n_epochs=5)] == [4, 5, 6]


def test_layers_are_looked_at_after_the_first_round_and_the_last():
    assert [n for n in range(1, 6) if is_time_to_check_up(n, is_over=n == 4)] == [1, 4]


@pytest.mark.parametrize(
    ("now", "every", "expected"),
    [(109.9, 10, False), (110.0, 10, True), (500.0, 10, True), (100.0, 0, True), (1e9, math.inf, False)],
)
def test_a_checkpoint_comes_when_its_time_is_up(now, every, expected):
    assert is_time_to_checkpoint(now, 100.0, every_seconds=every) is expected


@pytest.mark.parametrize(
    ("losses", "patience", "expected"),
    [
        ([], 1, False),
        ([1.0], 1, False),
        ([1.0, 0.9, 0.8], 1, False),
        ([1.0, 1.1], 1, True),
        ([1.0, 1.1], 2, False),
        ([1.0, 1.1, 1.2], 2, True),
        ([1.0, 1.1, 0.9], 2, False),
        ([1.0, 1.0, 1.0], 2, True),  # as good again is no progress
        ([1.0, math.nan], 1, True),
        ([math.nan, 1.0], 1, False),
        ([math.nan], 2, False),
        ([math.nan, math.inf], 2, True),
        ([1.0, -math.inf], 1, True),
        ([1.0, 2.0, 3.0], None, False),
        ([1.0], 0, False),
        ([1.0, 1.1], 0, True),
    ],
)
def test_training_stops_when_the_best_loss_is_too_long_ago(losses, patience, expected):
    assert is_time_to_stop(losses, patience) is expected


def test_the_first_stop_is_patience_validations_after_the_best():
    losses = [1.0, 0.8, 0.7, 0.75, 0.72, 0.71, 0.74, 0.73]
    stops = [n for n in range(1, len(losses) + 1) if is_time_to_stop(losses[:n], 3)]
    assert stops[0] == 3 + 3


@pytest.mark.parametrize(
    ("now", "budget", "expected"), [(159.0, 60.0, False), (160.0, 60.0, True), (100.0, 0.0, True), (1e9, None, False)]
)
def test_time_is_out_when_the_budget_is_used_up(now, budget, expected):
    assert is_out_of_time(100.0, now, budget=budget) is expected
