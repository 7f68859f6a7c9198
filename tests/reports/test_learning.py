"""Whether more pictures would help, by the intervals of the last two sizes."""

from dataclasses import replace

import pytest

from linnet.records.learning_curve import LearningCurve
from linnet.reports.evidence import gather
from linnet.reports.learning import describe_learning


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def part(evidence, curve):
    (part,) = describe_learning(replace(evidence, learning_curves={"two-layer": curve}))
    return part


@pytest.mark.parametrize(
    ("accuracies", "trend", "sentence"),
    [
        (
            (0.5, 0.7, 0.85),
            "rising",
            "From 1,000 to 10,000 pictures, two-layer rose from 70.0 to 85.0 in 100, more than chance explains: more "
            "pictures would probably help.",
        ),
        (
            (0.5, 0.7, 0.74),
            "open",
            "From 1,000 to 10,000 pictures, two-layer went from 70.0 to 74.0 in 100, but the intervals overlap: "
            "whether more pictures would help is open.",
        ),
        (
            (0.5, 0.74, 0.742),
            "flat",
            "From 1,000 to 10,000 pictures, two-layer went from 74.0 to 74.2 in 100: it is flat, and more pictures of "
            "the same kind would probably bring little.",
        ),
        (
            (0.5, 0.92, 0.8),
            "falling",
            "From 1,000 to 10,000 pictures, two-layer fell from 92.0 to 80.0 in 100, more than chance explains: more "
            "pictures should not hurt, so look at the labels of those that were added, and at how it was trained.",
        ),
        (
            (0.5, 0.74, 0.70),
            "open",
            "From 1,000 to 10,000 pictures, two-layer went from 74.0 to 70.0 in 100, but the intervals overlap: "
            "whether more pictures would help is open.",
        ),
        ((0.742, 0.74), "flat", None),
        ((0.5,), "unknown", "two-layer was trained on one size only, which says nothing of more pictures."),
    ],
)
def test_the_last_two_sizes_decide(evidence, learning_curve, accuracies, trend, sentence):
    found = part(evidence, learning_curve(*accuracies))
    assert found.trend == trend
    assert sentence is None or found.sentence == sentence


def test_intervals_that_just_touch_leave_it_open(evidence, learning_curve):
    assert part(evidence, learning_curve(0.70, 0.76, half=0.03)).trend == "open"
    assert part(evidence, learning_curve(0.70, 0.77, half=0.03)).trend == "rising"
    assert part(evidence, learning_curve(0.76, 0.70, half=0.03)).trend == "open"
    assert part(evidence, learning_curve(0.77, 0.70, half=0.03)).trend == "falling"


def test_points_that_are_no_numbers_are_left_out(evidence, learning_curve):
    assert len(part(evidence, learning_curve(0.5, float("nan"), 0.9)).points) == 2
    lost = replace(evidence, learning_curves={"two-layer": LearningCurve(rung="two-layer")})
    assert describe_learning(lost) == ()


def test_a_run_that_was_not_asked_for_it_has_none(evidence):
    assert [found.rung for found in describe_learning(evidence)] == ["two-layer"]
    assert describe_learning(replace(evidence, learning_curves={})) == ()
