"""The plain words on top, made from numbers that are set by hand."""

from dataclasses import replace

import numpy as np
import pytest

from linnet.records.evaluation import Bin, Measure
from linnet.records.leaderboard import Leaderboard, LeaderboardRow
from linnet.records.manifest import texts_of
from linnet.records.predictions import Predictions
from linnet.reports.data import describe_data
from linnet.reports.evidence import gather
from linnet.reports.sealing import describe_sealing
from linnet.reports.standings import describe_standings
from linnet.reports.summary import summarize


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def row(rung, accuracy, *, half=0.02, p=0.0001, megabytes=1.0, milliseconds=1.0):
    return LeaderboardRow(
        rung=rung,
        accuracy=accuracy,
        accuracy_low=accuracy - half,
        accuracy_high=accuracy + half,
        n=1000,
        balanced_accuracy=accuracy,
        log_loss=0.5,
        ece=0.02,
        fit_seconds=1.0,
        ms_per_image=milliseconds,
        parameters=10,
        megabytes=megabytes,
        tied_with_best=p > 0.05,
        p_value=p,
    )


def summary_of(evidence, *rows):
    if rows:
        evidence = replace(evidence, leaderboard=Leaderboard(rows=rows))
    return summarize(evidence, describe_standings(evidence), describe_data(evidence), describe_sealing(evidence))


def text_of(evidence, *rows):
    return " ".join(summary_of(evidence, *rows).sentences)


def test_the_first_sentence_is_the_best_rung_with_its_interval(evidence):
    assert summary_of(evidence, row("cnn", 0.91, half=0.03, p=1.0)).lead == (
        "cnn is right 91 times in 100 (95% interval: 88 to 94)."
    )


def test_a_narrow_interval_has_a_digit_more(evidence):
    assert summary_of(evidence, row("cnn", 0.9094, half=0.0055, p=1.0)).lead == (
        "cnn is right 90.9 times in 100 (95% interval: 90.4 to 91.5)."
    )


def test_a_best_rung_that_is_alone_is_compared_with_nothing(evidence):
    said = text_of(evidence, row("cnn", 0.9, p=1.0))
    assert "tied" not in said
    assert "better" not in said


def test_a_clear_winner_is_called_one(evidence):
    assert "better than every other rung" in text_of(evidence, row("cnn", 0.9, p=1.0), row("mlp", 0.5))


def test_a_cheaper_tied_rung_is_the_better_bargain(evidence):
    rows = row("cnn", 0.91, p=1.0, megabytes=40), row("mlp", 0.90, p=0.31, megabytes=1)
    assert text_of(evidence, *rows).startswith(
        "mlp (right 90 times; p = 0.31) is statistically tied with it; mlp is 40 times smaller, so the better bargain."
    )


def test_a_bargain_with_a_drawback_says_so(evidence):
    rows = row("cnn", 0.91, p=1.0, megabytes=1, milliseconds=90), row("knn", 0.90, p=0.31, megabytes=3, milliseconds=1)
    assert "knn is 90 times faster per picture, but 3 times bigger." in text_of(evidence, *rows)


def test_a_tied_rung_that_costs_more_is_no_bargain(evidence):
    rows = row("mlp", 0.91, p=1.0), row("knn", 0.90, p=0.2, megabytes=90)
    assert "tied with it, and no cheaper." in text_of(evidence, *rows)


def test_several_tied_rungs_are_all_named(evidence):
    rows = row("a", 0.91, p=1.0), row("b", 0.90, p=0.5), row("c", 0.9, p=0.06)
    assert "b (right 90 times; p = 0.50) and c (right 90 times; p = 0.060) are statistically tied" in text_of(
        evidence, *rows
    )


def test_a_tied_rung_that_is_right_once_in_a_hundred_is_right_one_time(evidence):
    assert "b (right 1 time; p = 0.50) is" in text_of(evidence, row("a", 0.02, p=1.0), row("b", 0.01, p=0.5))


def test_a_worse_rung_is_named_when_it_is_far_cheaper(evidence):
    rows = row("cnn", 0.91, p=1.0, megabytes=40), row("softmax", 0.84), row("majority", 0.1, megabytes=0)
    assert "softmax is 40 times smaller, and right 84 times in 100." in text_of(evidence, *rows)


def test_a_worse_rung_is_not_named_when_it_costs_about_the_same(evidence):
    assert "softmax" not in text_of(evidence, row("cnn", 0.91, p=1.0, megabytes=4), row("softmax", 0.84))


def test_the_floor_is_said_with_its_class_where_one_is_biggest(evidence):
    rows = row("cnn", 0.9, p=1.0), row("majority", 0.25)
    assert "Always giving the same answer is right 25 times in 100" in text_of(evidence, *rows)
    counts = {"train": dict.fromkeys(evidence.class_names, 10) | {"4": 30}}
    lopsided = replace(evidence, facts=replace(evidence.facts, class_counts=counts))
    assert "Always giving the same answer, “4”, is right" in text_of(lopsided, *rows)


def test_a_best_rung_that_does_not_beat_the_floor_is_no_success(evidence):
    said = text_of(evidence, row("cnn", 0.26, p=1.0), row("majority", 0.25, p=0.9))
    assert "no rung is better than that beyond doubt" in said


def with_predictions(evidence, names, labels, said):
    probabilities = np.eye(len(names), dtype=np.float32)[said]
    found = Predictions(
        ids=texts_of([str(i) for i in range(len(labels))]),
        labels=np.array(labels, dtype=np.int64),
        probabilities=probabilities,
        class_names=names,
    )
    return replace(evidence, predictions={"cnn": found})


@pytest.mark.parametrize(
    ("names", "labels", "said", "sentence"),
    [
        (
            "abc",
            [0, 0, 1, 2, 1],
            [1, 1, 0, 2, 2],
            "3 of its 4 mistakes (“a” was taken for “b” twice, “b” for “a” once).",
        ),
        ("abc", [1, 1, 1], [0, 0, 1], "“b” and “a” most: 2 of its 2 mistakes (“b” was taken for “a” twice)."),
        ("ab", [0, 0, 1, 1], [1, 1, 0, 1], "Of the 3 mistakes of cnn: “a” was taken for “b” twice, “b” for “a” once."),
        ("abc", [0, 1, 2], [1, 2, 0], "cnn made 3 mistakes, and confused no two classes more than once."),
        ("abc", [0, 1, 2], [0, 1, 2], "cnn made no mistake on 3 pictures."),
        ("abc", [0, 1, 2], [1, 1, 2], "cnn made 1 mistake on 3 pictures: “a” was taken for “b” once."),
        ("ab", [0, 1, 1], [0, 0, 1], "cnn made 1 mistake on 3 pictures: “b” was taken for “a” once."),
    ],
)
def test_confusions_are_said_in_words(evidence, names, labels, said, sentence):
    found = text_of(with_predictions(evidence, tuple(names), labels, said), row("cnn", 0.9, p=1.0))
    assert found.endswith(sentence)


def test_without_predictions_nothing_is_said_of_confusions(evidence):
    assert "confuses" not in text_of(replace(evidence, predictions={}), row("cnn", 0.9, p=1.0))


def test_an_unfinished_run_says_so_and_that_the_test_is_still_sealed(new_run):
    found = summary_of(gather(new_run(is_finished=False, n_openings=0)))
    assert found.lead == "This run did not finish."
    assert found.sentences[0] == "The settings of 4 of 5 rungs were chosen."
    assert "The test split was not opened" in found.sentences[-1]


def test_once_in_a_hundred_is_one_time(evidence):
    rows = row("cnn", 0.01, p=1.0, megabytes=40), row("softmax", 0.0101), row("majority", 0.0099, megabytes=0)
    found = summary_of(evidence, *rows)
    assert found.lead.startswith("cnn is right 1 time in 100 (")
    assert "and right 1 time in 100." in " ".join(found.sentences)
    assert "Always giving the same answer is right 1 time in 100" in " ".join(found.sentences)


@pytest.mark.parametrize(("rungs", "said"), [(("knn",), "of 1 of 2 rungs were"), ((), "of its one rung were not")])
def test_an_unfinished_run_counts_its_rungs(new_run, rungs, said):
    assert summary_of(gather(new_run(is_finished=False, rungs=rungs))).sentences[0] == f"The settings {said} chosen."


def test_the_settings_of_one_rung_are_chosen_or_not(evidence):
    standings = replace(describe_standings(replace(evidence, leaderboard=None)), skipped=())
    one = replace(standings, validation=standings.validation[:1])
    unfinished = replace(evidence, leaderboard=None, is_finished=False)
    said = summarize(unfinished, one, None, describe_sealing(unfinished)).sentences
    assert said[0] == "The settings of its one rung were chosen."


def test_an_unfinished_run_says_when_the_test_was_opened(new_run):
    found = summary_of(gather(new_run(is_finished=False, n_openings=1)))
    assert "interrupted; no number of it was shown" in found.sentences[-1]
    found = summary_of(gather(new_run(is_finished=False, n_openings=2)))
    assert "The test split was opened twice before the run ended" in found.sentences[-1]


def test_a_finished_run_whose_leaderboard_is_lost_has_no_number(evidence):
    assert summary_of(replace(evidence, leaderboard=None)).lead == "No rung has a number."


def test_several_openings_are_a_warning(new_run):
    warnings = summary_of(gather(new_run(n_openings=3))).warnings
    assert warnings[0].startswith("The test split was opened 3 times.")


def test_one_opening_is_no_warning(evidence):
    assert not [said for said in summary_of(evidence).warnings if "opened" in said]


def test_leaks_conflicts_and_unreadable_files_are_warnings(evidence):
    facts = replace(
        evidence.facts, counts={"used": 9, "conflicting": 2, "unreadable": 1}, duplicates={"leaks": {"train-test": 2}}
    )
    warnings = summary_of(replace(evidence, facts=facts)).warnings
    assert warnings[0] == "2 test pictures have a copy or a near copy among the training pictures: see the data."
    assert warnings[1].startswith("2 pictures have an exact copy with another label")
    assert warnings[2] == "1 file could not be read and takes no part."


def test_clean_data_gives_no_warning(evidence):
    facts = replace(evidence.facts, counts={"used": 9}, duplicates={})
    assert summary_of(replace(evidence, facts=facts)).warnings == ()


def with_calibration(evidence, confidence, accuracy):
    bins = (Bin(low=0.0, high=1.0, n=1000, confidence=confidence, accuracy=accuracy),)
    found = evidence.evaluations["knn"]
    expected = Measure(value=abs(confidence - accuracy))
    return replace(
        evidence,
        evaluations={"cnn": replace(found, calibration=replace(found.calibration, bins=bins, expected=expected))},
    )


def test_percentages_that_are_far_off_are_warned_of(evidence):
    rows = row("cnn", 0.91, p=1.0), row("mlp", 0.5)
    assert "Do not read its percentages as chances: when cnn says 98%, it is right 84 times in 100" in text_of(
        with_calibration(evidence, 0.98, 0.84), *rows
    )
    assert "chances" not in text_of(with_calibration(evidence, 0.85, 0.84), *rows)
    assert "chances" not in text_of(evidence, *rows)


def test_what_more_pictures_would_bring_is_said_of_the_best_rung_only(evidence):
    best, other = row("two-layer", 0.91, p=1.0), row("cnn", 0.95, p=1.0)
    assert "more pictures would probably help" in text_of(evidence, best)
    assert "more pictures" not in text_of(evidence, other)


def test_the_floor_is_never_called_a_bargain(evidence):
    rows = (row("cnn", 0.9, megabytes=5.0), row("majority", 0.88, p=0.3, megabytes=0.001))
    said = text_of(evidence, *rows)
    assert "these pictures do not show that cnn has learned anything" in said
    assert "bargain" not in said


def test_where_the_floor_is_tied_too_nothing_is_said_of_costs(evidence):
    rows = (
        row("linear-svm", 0.75, half=0.12, p=1.0),
        row("knn", 0.6, p=0.4, megabytes=90),
        row("majority", 0.5, p=0.1, megabytes=0.001),
    )
    said = text_of(evidence, *rows)
    assert "knn (right 60 times; p = 0.40) and majority (right 50 times; p = 0.10) are statistically tied" in said
    assert "these pictures do not show that linear-svm has learned anything" in said
    assert "cheaper" not in said
