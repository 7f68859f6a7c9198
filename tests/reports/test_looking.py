"""What is said of where the rungs look."""

from dataclasses import replace

import pytest

from linnet.records.explanations import Explanations
from linnet.reports.evidence import gather
from linnet.reports.looking import describe_looking


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


@pytest.fixture(scope="module")
def looking(evidence):
    return describe_looking(evidence)


def row(part, rung):
    return next(found for found in part.rungs if found.rung == rung)


def with_explanations(evidence, **changed):
    return describe_looking(replace(evidence, explanations=replace(evidence.explanations, **changed)))


def test_columns_are_the_shared_pictures_and_rows_all_rungs_best_first(evidence, looking):
    assert [shared.id for shared in looking.pictures] == list(evidence.explanations.shared)
    assert all(shared.id.startswith(f"{shared.truth}/") for shared in looking.pictures)
    assert [found.rung for found in looking.rungs] == [found.rung for found in evidence.rows]
    assert all(len(found.looks) == len(looking.pictures) for found in looking.rungs)


def test_every_cell_says_what_the_rung_said(evidence, looking):
    for found in looking.rungs:
        predictions = evidence.predictions[found.rung]
        place = {image: i for i, image in enumerate(predictions.ids.tolist())}
        for shared, look in zip(looking.pictures, found.looks, strict=True):
            i = place[shared.id]
            assert look.prediction == predictions.class_names[predictions.predicted[i]]
            assert look.is_right == (look.prediction == shared.truth)
            assert look.probability == predictions.probabilities[i].max()


def test_heat_maps_are_those_of_the_rung_and_the_picture(evidence, looking):
    recorded = next(part for part in evidence.explanations.rungs if part.rung == "two-layer")
    wanted = {explained.id: explained.picture for explained in recorded.explained}
    found = row(looking, "two-layer")
    assert [look.heat for look in found.looks] == [wanted[shared.id] for shared in looking.pictures]
    assert (found.explainer, found.reason) == ("integrated-gradients", "")


def test_a_rung_that_cannot_be_explained_says_why_and_what_it_said(looking):
    found = row(looking, "knn")
    assert (found.explainer, found.reason) == ("", "The rung knn has no gradient.")
    assert {look.heat for look in found.looks} == {None}


def test_heat_maps_that_were_not_kept_are_missed_aloud(evidence):
    found = describe_looking(replace(evidence, pictures={}))
    assert row(found, "two-layer").reason == "Its heat maps were not kept."
    assert row(found, "knn").reason == "The rung knn has no gradient."
    assert {shared.picture for shared in found.pictures} == {None}


def test_a_rung_that_nobody_tried_to_explain_has_a_reason(evidence):
    rungs = tuple(part for part in evidence.explanations.rungs if part.rung != "majority")
    assert row(with_explanations(evidence, rungs=rungs), "majority").reason


def test_a_rung_that_has_not_seen_a_picture_was_not_asked(evidence, looking):
    predictions = evidence.predictions["knn"]
    seen = predictions.ids != looking.pictures[0].id
    fewer = replace(
        predictions,
        ids=predictions.ids[seen],
        labels=predictions.labels[seen],
        probabilities=predictions.probabilities[seen],
    )
    found = describe_looking(replace(evidence, predictions={**evidence.predictions, "knn": fewer}))
    assert row(found, "knn").looks[0] is None
    assert row(found, "knn").looks[1] == row(looking, "knn").looks[1]


def test_pictures_that_no_rung_knows_are_left_out(evidence, looking):
    found = with_explanations(evidence, shared=("elsewhere", *evidence.explanations.shared))
    assert found.pictures == looking.pictures


@pytest.mark.parametrize("explanations", [None, Explanations(shared=("3/00003.png",), rungs=())])
def test_without_explanations_nothing_is_said(evidence, explanations):
    assert describe_looking(replace(evidence, explanations=explanations)) is None


def test_without_shared_pictures_nothing_is_said(evidence):
    assert with_explanations(evidence, shared=()) is None
    assert with_explanations(evidence, shared=("elsewhere",)) is None
