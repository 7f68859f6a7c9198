"""What the course of a training is called, on histories made by hand."""

import math

import pytest

from linnet.records.history import History
from linnet.reports.fitting import judge, kept_epoch

FALLING = [2.0, 1.4, 1.0, 0.7, 0.5, 0.35, 0.25, 0.2]
LEARNING = [0.3, 0.5, 0.65, 0.8, 0.87, 0.92, 0.95, 0.97]


def shifted(values, by):
    return [value + by for value in values]


@pytest.fixture
def kind(epochs):
    """Return a function that says what a history of these columns is called."""
    return lambda *columns, **wanted: judge(epochs(*columns), **wanted).kind


def test_the_highest_validation_accuracy_is_kept(epochs):
    history = epochs([3, 2, 1, 1], [0.5] * 4, [1, 2, 3, 4], [0.6, 0.8, 0.9, 0.7])
    assert kept_epoch(history).epoch == 3


def test_among_equals_the_lower_loss_is_kept_and_then_the_earlier_epoch(epochs):
    assert kept_epoch(epochs([1] * 3, [0.5] * 3, [0.4, 0.3, 0.5], [0.9] * 3)).epoch == 2
    assert kept_epoch(epochs([1] * 3, [0.5] * 3, [0.4, 0.3, 0.3], [0.9] * 3)).epoch == 2


def test_the_last_epoch_is_kept_where_that_was_asked_or_nothing_was_validated(epochs):
    assert kept_epoch(epochs([1] * 3, [0.5] * 3, [1, 2, 3], [0.9, 0.8, 0.7]), keep="last").epoch == 3
    assert kept_epoch(epochs([1] * 3, [0.5] * 3)).epoch == 3


def test_an_accuracy_that_is_no_number_is_never_kept(epochs):
    assert kept_epoch(epochs([1] * 3, [0.5] * 3, [1, 1, 1], [0.2, math.nan, 0.1])).epoch == 1
    assert kept_epoch(epochs([1] * 2, [0.5] * 2, [math.nan, 1.0], [0.5, 0.5])).epoch == 2


def test_an_empty_history_says_nothing():
    assert kept_epoch(History(epochs=())) is None
    assert judge(History(epochs=())) is None


@pytest.mark.parametrize("valid", [(), ([1.0], [0.2])])
def test_one_epoch_is_too_short(kind, valid):
    assert kind([2.0], [0.3], *valid) == "too short"


def test_a_good_training_shows_neither(epochs):
    verdict = judge(epochs(FALLING, LEARNING, FALLING, LEARNING))
    assert (verdict.kind, verdict.advice) == ("neither", ())
    assert verdict.sentence == "No sign of over- or underfitting."


def test_training_accuracy_below_validation_is_no_sign(kind):
    assert kind(shifted(FALLING, 0.5), shifted(LEARNING, -0.15), FALLING, LEARNING) == "neither"


OVERFITTED_LOSS = [1.6, 1.2, 1.0, 0.8, 0.8, 0.85, 0.9, 1.0]
OVERFITTED = [0.4, 0.5, 0.6, 0.7, 0.72, 0.72, 0.72, 0.72]


def test_a_wide_gap_with_a_rising_validation_loss_is_overfitting(epochs):
    verdict = judge(epochs(FALLING, LEARNING, OVERFITTED_LOSS, OVERFITTED))
    assert verdict.kind == "overfitting"
    # from epoch 5 on: (0.87 + 0.92 + 0.95 + 0.97) / 4 - 0.72 = 0.2075; 1.0 / 0.8 - 1 = 25 %
    assert "lies 21 points above validation" in verdict.sentence
    assert "ended 25% above its minimum" in verdict.sentence
    assert "augment" in verdict.advice[0]
    assert any("weight_decay" in advice for advice in verdict.advice)


@pytest.mark.parametrize(("gap", "found"), [(0.07, "neither"), (0.09, "overfitting")])
def test_the_gap_decides(kind, gap, found):
    valid = shifted([0.97] * 8, -gap)
    assert kind(FALLING, [0.97] * 8, OVERFITTED_LOSS, valid) == found


@pytest.mark.parametrize(("end", "found"), [(0.87, "neither"), (0.89, "overfitting")])
def test_the_rise_of_the_validation_loss_decides(kind, end, found):
    assert kind(FALLING, LEARNING, [*OVERFITTED_LOSS[:-1], end], OVERFITTED) == found


def test_a_wide_gap_alone_is_said_with_its_number(epochs):
    sentence = judge(epochs(FALLING, [0.97] * 8, [0.8] * 8, [0.77] * 8)).sentence
    assert "20 points above validation, but the validation loss did not rise" in sentence


def test_a_gap_before_the_kept_epoch_does_not_count(kind):
    valid = [*shifted(LEARNING[:6], -0.3), 0.9, 0.95]
    assert kind(FALLING, LEARNING, [*[0.5] * 6, 0.3, 0.35], valid) == "neither"


@pytest.mark.parametrize(("loss", "said"), [(2.0, "at 2.5 times"), (1e6, "far above"), (math.inf, "far above")])
def test_a_large_rise_is_said_in_words(epochs, loss, said):
    sentence = judge(epochs(FALLING, LEARNING, [*OVERFITTED_LOSS[:-1], loss], OVERFITTED)).sentence
    assert f"{said} its minimum" in sentence


SLOW_LOSS = [2.3, 2.2, 2.1, 2.0, 1.9, 1.8, 1.7, 1.6]
SLOW = [0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45]


def test_both_low_and_still_falling_is_underfitting(epochs):
    verdict = judge(epochs(SLOW_LOSS, SLOW, SLOW_LOSS, SLOW))
    assert verdict.kind == "underfitting"
    # the last quarter is two epochs: 1 - 1.6 / 1.8 = 11 %
    assert "45.0% of training and 45.0% of validation pictures were right at the end" in verdict.sentence
    assert "and the last 2 epochs still lowered the training loss by 11%" in verdict.sentence
    assert verdict.advice[0] == "more epochs"


def test_low_but_done_is_no_underfitting(kind):
    assert kind([*SLOW_LOSS[:5], 1.62, 1.61, 1.6], SLOW, SLOW_LOSS, SLOW) == "neither"


def test_still_falling_but_good_is_no_underfitting(kind):
    assert kind(SLOW_LOSS, [0.95] * 8, SLOW_LOSS, [0.5] * 7 + [0.91]) == "neither"


def test_low_validation_far_below_training_is_no_underfitting(kind):
    assert kind(SLOW_LOSS, shifted(SLOW, 0.4), SLOW_LOSS, SLOW) == "neither"


def test_without_validation_underfitting_is_seen_and_overfitting_cannot_be(epochs):
    slow = judge(epochs(SLOW_LOSS, SLOW))
    assert slow.kind == "underfitting"
    assert "45.0% of training pictures were right" in slow.sentence
    done = judge(epochs(FALLING, LEARNING))
    assert done.kind == "neither"
    assert "cannot be seen without validation pictures" in done.sentence


@pytest.mark.parametrize("n", [2, 3, 7])
def test_of_few_epochs_the_last_one_is_looked_at_and_called_so(epochs, n):
    verdict = judge(epochs([*[2.0] * (n - 1), 1.5], [0.5] * n, [1.2] * n, [0.6] * n))
    assert verdict.kind == "underfitting"
    assert "and the last epoch still lowered the training loss by 25%" in verdict.sentence


def test_a_loss_that_climbs_again_ran_away(epochs):
    loss = [2.0, 1.2, 1.0, 1.8]
    verdict = judge(epochs(loss, [0.3, 0.6, 0.6, 0.2], loss, [0.3, 0.6, 0.6, 0.2]))
    assert verdict.kind == "running away"
    assert "ended at 1.8 after it had been 1" in verdict.sentence
    assert verdict.advice[0].startswith("a smaller learning_rate")


def test_a_tiny_loss_that_doubles_did_not_run_away(kind):
    assert kind([1.0, 0.01, 0.02], [0.7, 0.99, 0.99], [0.1] * 3, [0.98] * 3) == "neither"


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ran_away(kind, loss):
    assert kind([2.0, loss], [0.3, 0.1], [2.0, math.nan], [0.3, 0.1]) == "running away"


def test_a_loss_that_stays_is_flat(epochs):
    loss = [2.31, 2.3, 2.3, 2.29]
    verdict = judge(epochs(loss, [0.1] * 4, loss, [0.1] * 4))
    assert verdict.kind == "flat"
    assert "learning_rate" in verdict.advice[0]


def test_a_loss_that_stays_with_every_picture_right_is_not_flat(kind):
    assert kind([0.1] * 4, [0.99] * 4, [0.1] * 4, [0.99] * 4) == "neither"
