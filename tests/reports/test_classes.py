"""Class by class: which are weak, of which nothing is known, and whose curves are drawn."""

from dataclasses import replace

import pytest

from linnet.records.evaluation import ClassMeasures, OperatingCurve
from linnet.reports.classes import MAX_CURVES, describe_classes, some
from linnet.reports.evidence import gather


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def row(name, *, n=50, n_right=40, n_predicted=50, average_precision=0.9):
    recall = n_right / n if n else None
    return ClassMeasures(
        name=name,
        n=n,
        n_predicted=n_predicted,
        n_right=n_right,
        precision=n_right / n_predicted if n_predicted else None,
        recall=recall,
        recall_low=None if recall is None else max(recall - 0.1, 0),
        recall_high=None if recall is None else min(recall + 0.1, 1),
        f1=None,
        roc_area=None,
        average_precision=average_precision,
        calibration_error=0.0,
    )


def part(evidence, *rows, **changes):
    found = replace(evidence.evaluations["knn"], classes=rows, **changes)
    (part,) = describe_classes(replace(evidence, evaluations={"knn": found}))
    return part


def test_the_weakest_classes_are_named_with_their_intervals(evidence):
    rows = row("cat", n_right=30), row("dog", n_right=35), row("ship", n_right=50), row("car", n_right=45), row("a")
    assert part(evidence, *rows).sentences[0] == (
        "Hardest to find: “cat”, found 60 times in 100 (50 to 70), “dog”, found 70 times in 100 (60 to 80) and "
        "“a”, found 80 times in 100 (70 to 90)."
    )


def test_a_class_of_few_pictures_says_so(evidence):
    said = part(evidence, row("cat", n=4, n_right=2, n_predicted=4), row("dog", n_right=50)).sentences
    assert "“cat”, found 50 times in 100 (40 to 60; 4 pictures)." in said[0]
    assert said[-1] == "“cat” has fewer than 10 pictures, so its numbers say little."


def test_a_class_without_a_picture_is_not_called_weak(evidence):
    said = part(evidence, row("cat", n=0, n_right=0, n_predicted=0), row("dog", n_right=50)).sentences
    assert said[0] == "Every picture of every class is found."
    assert "“cat” has no picture here, so nothing is known of finding it." in said
    nothing = {"n": 0, "n_right": 0, "n_predicted": 0}
    two = part(evidence, row("cat", **nothing), row("owl", **nothing), row("dog", n_right=50)).sentences
    assert "“cat” and “owl” have no picture here, so nothing is known of finding them." in two


def test_the_name_that_is_wrong_most_often_is_named(evidence):
    said = part(
        evidence, row("cat", n_right=20, n_predicted=40), row("dog"), row("b", n_right=1, n_predicted=4)
    ).sentences
    assert "Least to be trusted: of 40 pictures called “cat”, 20 are." in said


@pytest.mark.parametrize(("n_right", "said"), [(0, "none is"), (1, "1 is"), (2, "2 are")])
def test_of_the_pictures_called_by_a_name_one_is_and_several_are(evidence, n_right, said):
    found = part(evidence, row("x", n_right=n_right, n_predicted=12), row("dog")).sentences
    assert f"Least to be trusted: of 12 pictures called “x”, {said}." in found


def test_a_class_found_once_in_a_hundred(evidence):
    assert "“x”, found 1 time in 100 (" in part(evidence, row("x", n=100, n_right=1), row("dog")).sentences[0]


def test_names_that_are_always_right_are_not_mistrusted(evidence):
    assert len(part(evidence, row("cat", n_right=50), row("dog", n_right=50)).sentences) == 1


def test_curves_are_those_of_the_weakest_classes(evidence):
    names = [f"class {i}" for i in range(9)]
    rows = [row(name, average_precision=1 - i / 10) for i, name in enumerate(names)]
    curves = tuple(OperatingCurve(name=name, x=(0.0, 1.0), y=(0.0, 1.0)) for name in names[:8])
    found = part(evidence, *rows, roc=curves, precision_recall=curves[1:])
    assert [each.name for each in found.curves] == [f"class {i}" for i in (7, 6, 5, 4, 3, 2)]
    assert (len(found.curves), found.n_curves) == (MAX_CURVES, 7)
    assert found.curves[0].roc == ((0.0, 1.0), (0.0, 1.0))


def test_every_rung_that_learned_something_has_a_part_best_first(evidence):
    assert [part.rung for part in describe_classes(evidence)] == [
        row.rung for row in evidence.rows if row.rung != "majority"
    ]


def test_rows_are_the_numbers_as_they_are(evidence):
    (part, *_) = describe_classes(evidence)
    assert part.rows == evidence.evaluations[part.rung].classes


def test_many_names_are_counted():
    assert some(["a", "b", "c"]) == "“a”, “b” and “c”"
    assert some(list("abcde")) == "“a”, “b” and 3 more classes"
