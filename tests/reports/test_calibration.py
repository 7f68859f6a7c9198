"""Whether probabilities can be believed, from bins that are set by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from linnet.records.evaluation import Bin, Calibration, Measure
from linnet.reports.calibration import (
    describe_calibrations,
    error_of_an_honest_rung,
    example,
    is_bad,
    points,
    tendency,
)
from linnet.reports.evidence import gather

NONE = Measure(value=None)


def calibration(*bins):
    """Make one of (n, confidence, accuracy) per bin."""
    n = sum(each[0] for each in bins)
    error = sum(each[0] * abs(each[1] - each[2]) for each in bins) / n
    made = tuple(
        Bin(low=i / len(bins), high=(i + 1) / len(bins), n=m, confidence=c if m else None, accuracy=a if m else None)
        for i, (m, c, a) in enumerate(bins)
    )
    return Calibration(
        log_loss=NONE, brier_score=NONE, expected=Measure(value=error), maximum=NONE, classwise=NONE, bins=made
    )


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def part(evidence, found, **changes):
    evaluation = replace(evidence.evaluations["knn"], calibration=found, uncalibrated=None, temperature=None)
    evaluation = replace(evaluation, **changes)
    return next(
        part for part in describe_calibrations(replace(evidence, evaluations={"knn": evaluation})) if part.rung == "knn"
    )


def test_the_telling_bin_is_said_as_a_person_would(evidence):
    found = part(evidence, calibration((50, 0.4, 0.4), (213, 0.9, 0.84), (9, 0.7, 0.1)))
    assert found.sentence.startswith("When knn says 90%, it is right 84 times in 100 (213 pictures).")


def test_a_bin_with_few_pictures_is_never_the_example():
    assert example("knn", calibration((9, 0.9, 0.1), (30, 0.5, 0.5))).startswith("When knn says 50%")
    assert example("knn", calibration((9, 0.9, 0.1))) == ""


def test_once_in_a_hundred_is_said_of_one():
    assert "it is right 1 time in 100" in example("knn", calibration((500, 0.5, 0.01)))


def test_near_certainty_is_not_rounded_to_it():
    assert "says 99.7%, it is right 95 times" in example("knn", calibration((500, 0.997, 0.95)))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (0.012, "off by 1.2 points on average: they can be believed."),
        (0.04, "they can be believed roughly; it is a little too sure."),
        (0.09, "it is too sure, and they should not be read as chances."),
        (-0.09, "it is too modest, and they should not be read as chances."),
    ],
)
def test_the_verdict_follows_the_error_where_there_are_many_pictures(evidence, error, said):
    found = part(evidence, calibration((100_000, 0.8, 0.8 - error)))
    assert found.sentence.endswith(said)
    assert found.is_bad == (abs(error) > 0.05)


def test_of_few_pictures_an_error_that_chance_makes_is_no_verdict(evidence):
    found = part(evidence, calibration((40, 0.8, 0.74)))
    assert found.sentence.endswith("off by 6.0 points on average: no more than chance alone makes of 40 pictures.")
    assert not found.is_bad


def test_the_error_of_an_honest_rung_is_that_of_a_simulation():
    generator = np.random.default_rng(0)
    n, confidence = (30, 60, 110), (0.5, 0.75, 0.95)
    drawn = generator.binomial(n, confidence, (20_000, 3)) / n
    simulated = (np.abs(drawn - confidence) @ n / sum(n)).mean()
    found = calibration(*zip(n, confidence, confidence, strict=True))
    assert error_of_an_honest_rung(found) == pytest.approx(simulated, rel=0.05)


def test_certainty_leaves_chance_no_error():
    assert error_of_an_honest_rung(calibration((50, 1.0, 0.9))) == 0
    assert is_bad(calibration((50, 1.0, 0.9)))


def test_the_tendency_weighs_bins_by_their_pictures():
    assert tendency(calibration((100, 0.6, 0.7), (10, 0.9, 0.5))) == "too modest"
    assert tendency(calibration((100, 0.6, 0.7), (90, 0.9, 0.5))) == "too sure"


def test_a_temperature_is_said_with_what_it_changed(evidence):
    good, bad = calibration((1000, 0.9, 0.9)), calibration((1000, 0.97, 0.9))
    assert part(evidence, good, uncalibrated=bad, temperature=1.52).cooling == (
        "A temperature of 1.52 was fitted on validation pictures; without it they would be off by 7.0 points."
    )
    assert "it brought nothing" in part(evidence, bad, uncalibrated=good, temperature=1.52).cooling
    assert part(evidence, good).cooling == ""


def test_a_rung_that_has_learned_nothing_and_one_without_numbers_have_no_part(evidence):
    assert "majority" in evidence.evaluations
    parts = describe_calibrations(evidence)
    assert [part.rung for part in parts] == [row.rung for row in evidence.rows if row.rung != "majority"]
    assert describe_calibrations(replace(evidence, evaluations={})) == ()


def test_numbers_without_a_picture_are_left_out(evidence):
    empty = replace(evidence.evaluations["knn"], n=0)
    assert describe_calibrations(replace(evidence, evaluations={"knn": empty})) == ()


def test_differences_are_said_in_points_and_never_as_none():
    assert (points(0.031), points(0.0004), points(0.0)) == ("3.1 points", "0.04 points", "0 points")
    assert math.isclose(float(points(0.5).split()[0]), 50)
