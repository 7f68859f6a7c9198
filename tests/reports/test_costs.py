"""Accuracy beside cost: the front, against a loop, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from linnet.records.leaderboard import Leaderboard
from linnet.reports.costs import describe_costs, front
from linnet.reports.evidence import gather


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def costs_of(evidence, *found):
    """Describe rungs given as (name, accuracy, milliseconds, megabytes)."""
    rows = tuple(
        replace(evidence.rows[0], rung=rung, accuracy=accuracy, ms_per_image=ms, megabytes=mb)
        for rung, accuracy, ms, mb in found
    )
    return describe_costs(replace(evidence, leaderboard=Leaderboard(rows=rows)))


def test_the_front_is_what_a_loop_over_all_pairs_leaves():
    generator = np.random.default_rng(0)
    for _ in range(50):
        costs, accuracy = generator.integers(1, 6, 8).tolist(), (generator.integers(1, 6, 8) / 6).tolist()
        for i, is_on_front in enumerate(front(costs, accuracy)):
            beaten = False
            for j in range(8):
                no_worse = costs[j] <= costs[i] and accuracy[j] >= accuracy[i]
                beaten |= no_worse and (costs[j] < costs[i] or accuracy[j] > accuracy[i])
            assert is_on_front != beaten


def test_equals_share_the_front():
    assert front([1, 1], [0.5, 0.5]) == [True, True]


def test_the_fronts_are_said_in_words(evidence):
    part = costs_of(evidence, ("cnn", 0.91, 2.0, 4.0), ("knn", 0.85, 3.0, 90.0), ("softmax", 0.84, 0.1, 0.1))
    assert part.sentences == (
        "On the front are cnn and softmax: no other rung costs less and is as accurate.",
        "Off both fronts: knn. For this one another rung is as accurate and costs less.",
    )
    assert [(row.number, row.is_fast, row.is_small) for row in part.rows] == [
        (1, True, True),
        (2, False, False),
        (3, True, True),
    ]


def test_fronts_that_differ_are_said_one_by_one(evidence):
    part = costs_of(evidence, ("cnn", 0.91, 2.0, 4.0), ("knn", 0.85, 0.5, 90.0))
    assert part.sentences == (
        "By time per picture, the front holds cnn and knn: whatever is faster than one of these is less accurate.",
        "By size, cnn beats all others: none is smaller, and none more accurate.",
    )


def test_a_rung_that_beats_all_is_said_to(evidence):
    part = costs_of(evidence, ("cnn", 0.91, 0.1, 0.1), ("knn", 0.85, 0.5, 90.0))
    assert part.sentences[0] == "cnn is the most accurate, the fastest and the smallest at once."


def test_the_rung_that_learned_nothing_is_left_out(evidence):
    part = describe_costs(evidence)
    assert part.has_floor
    assert "majority" not in [row.rung for row in part.rows]
    assert [row.number for row in part.rows] == [1, 2, 3]


def test_one_rung_alone_is_not_compared(evidence):
    assert costs_of(evidence, ("cnn", 0.9, 1.0, 1.0), ("majority", 0.1, 0.0, 0.0)) is None
    assert describe_costs(replace(evidence, leaderboard=None)) is None
