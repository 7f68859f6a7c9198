"""Which curve is drawn, and which candidates are listed."""

import numpy as np
import pytest

from linnet.records.selection import Selection
from linnet.reports.choosing import MAX_CANDIDATES, curve_of, describe_choices, settings_text
from linnet.reports.evidence import gather


def selection_of(candidates, accuracy=None, chosen=None):
    accuracy = np.linspace(0.5, 0.9, len(candidates)) if accuracy is None else np.array(accuracy, dtype=float)
    accuracy = accuracy[:, None] if accuracy.ndim == 1 else accuracy
    best = int(np.argmax(accuracy.mean(axis=1)))
    return Selection(candidates=tuple(candidates), accuracy=accuracy, chosen=best if chosen is None else chosen)


def test_one_numeric_setting_gives_one_line_from_left_to_right():
    curve = curve_of(selection_of([{"k": k} for k in (10, 1, 100, 3)], [0.6, 0.8, 0.5, 0.7]))
    assert curve.setting == "k"
    assert curve.lines[0].x == (1, 3, 10, 100)
    assert curve.lines[0].accuracy == (0.8, 0.7, 0.6, 0.5)
    assert curve.chosen == (1.0, 0.8)
    assert curve.is_log


def test_other_settings_make_a_line_each():
    candidates = [{"metric": metric, "k": k} for metric in ("l1", "l2") for k in (1, 2, 3)]
    curve = curve_of(selection_of(candidates))
    assert [line.name for line in curve.lines] == ["metric l1", "metric l2"]
    assert [line.x for line in curve.lines] == [(1, 2, 3), (1, 2, 3)]
    assert not curve.is_log


def test_the_setting_with_most_values_is_the_axis():
    candidates = [{"hidden": h, "l2": p} for h in (8, 16, 32) for p in (1e-4, 1e-3, 1e-2, 1e-1)]
    curve = curve_of(selection_of(candidates))
    assert (curve.setting, len(curve.lines)) == ("l2", 3)


def test_spread_over_folds_becomes_the_error_bar():
    curve = curve_of(selection_of([{"k": 1}, {"k": 2}, {"k": 3}], [[0.1, 0.3], [0.2, 0.2], [0.5, 0.7]]))
    assert curve.lines[0].spread == pytest.approx((np.sqrt(0.02), 0.0, np.sqrt(0.02)))


@pytest.mark.parametrize(
    "candidates",
    [
        [{}],
        [{"k": 1}, {"k": 2}],
        [{"metric": metric} for metric in ("l1", "l2", "cosine")],
        [{"flag": flag} for flag in (True, False, True)],
        [{"k": 1}, {"k": 2}, {}],
        [{"name": str(i), "k": k} for i in range(7) for k in (1, 2, 3)],
    ],
    ids=["nothing", "two values", "words", "flags", "not in all", "too many lines"],
)
def test_what_would_show_nothing_is_not_drawn(candidates):
    assert curve_of(selection_of(candidates)) is None


@pytest.mark.parametrize(
    ("values", "is_log"),
    [((1, 2, 19), False), ((1, 2, 20), True), ((0, 1e-4, 1), True), ((-1, 1, 100), False), ((0, 1, 2), False)],
)
def test_the_axis_is_logarithmic_over_decades_only(values, is_log):
    assert curve_of(selection_of([{"k": k} for k in values])).is_log == is_log


def test_every_rung_with_a_selection_is_described(finished_run):
    choices = {choice.rung: choice for choice in describe_choices(gather(finished_run))}
    assert set(choices) == {"majority", "knn", "softmax-regression", "two-layer"}
    assert (choices["knn"].n_candidates, choices["knn"].n_folds, choices["knn"].metric) == (30, 5, "accuracy")
    assert choices["majority"].curve is None
    assert choices["two-layer"].fixed == {"weight_decay": 0.0001}


def test_candidates_stand_best_first_and_the_chosen_one_is_marked(finished_run):
    for choice in describe_choices(gather(finished_run)):
        accuracies = [candidate.accuracy for candidate in choice.candidates]
        assert accuracies == sorted(accuracies, reverse=True)
        assert choice.chosen is choice.candidates[0]
        assert len(choice.candidates) <= MAX_CANDIDATES


def test_the_chosen_candidate_is_listed_even_where_others_are_better(new_run):
    run = new_run()
    path = run.rung_folder("knn") / "selection.csv"
    selection_of([{"k": k} for k in range(1, 31)], chosen=0).write(path)
    knn = next(choice for choice in describe_choices(gather(run)) if choice.rung == "knn")
    assert knn.chosen.settings == {"k": 1}
    assert len(knn.candidates) == MAX_CANDIDATES


def test_settings_are_written_in_one_line():
    assert settings_text({"metric": "l2", "k": 3, "penalty": 1e-06}) == "metric l2, k 3, penalty 1e-06"
