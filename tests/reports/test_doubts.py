"""What makes numbers doubtful: said where it is so, and only there."""

from dataclasses import replace

import pytest

from linnet.records.leaderboard import Leaderboard
from linnet.reports.data import describe_data
from linnet.reports.doubts import doubts
from linnet.reports.evidence import gather
from linnet.reports.sealing import describe_sealing


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def said(evidence, *, n=5000, width=0.02, classes=None):
    """Say the doubts about a best rung with so many test pictures and an interval of that width."""
    best = replace(evidence.rows[0], n=n, accuracy=0.8, accuracy_low=0.8 - width / 2, accuracy_high=0.8 + width / 2)
    found = replace(evidence.evaluations[best.rung], classes=tuple(classes or ()))
    board = Leaderboard(rows=(best, *evidence.rows[1:]))
    evidence = replace(evidence, leaderboard=board, evaluations={best.rung: found})
    return doubts(evidence, describe_data(evidence), describe_sealing(evidence))


def with_n(evidence, *counts):
    rows = evidence.evaluations[evidence.rows[0].rung].classes
    return [replace(row, name=f"class {i}", n=n) for i, (row, n) in enumerate(zip(rows, counts, strict=False))]


def test_a_wide_interval_is_a_doubt_and_a_narrow_one_is_none(evidence):
    best = evidence.rows[0].rung
    assert said(evidence, n=200, width=0.12)[0] == (
        f"200 test pictures: how often {best} is right is known no better than 74 to 86 times in 100, and small "
        "differences between rungs mean nothing."
    )
    assert not any("test picture" in sentence for sentence in said(evidence))


def test_few_pictures_are_a_doubt_even_where_all_are_right(evidence):
    assert said(evidence, n=60)[0].startswith("Only 60 test pictures: how often")


def test_classes_without_pictures_and_with_few_are_doubts(evidence):
    sentences = said(evidence, classes=with_n(evidence, 50, 0, 3, 9, 10))
    assert "“class 1” has no test picture: nothing is known of how often such pictures are told right." in sentences
    assert "2 classes have fewer than 10 test pictures: numbers of a single class say little there." in sentences
    assert said(evidence, classes=with_n(evidence, 50, 3))[0].startswith("1 class has fewer")
    assert said(evidence, classes=with_n(evidence, 5, 3))[0].startswith("All classes have fewer")


def test_groups_in_two_splits_are_a_doubt(evidence):
    facts = replace(evidence.facts, duplicates={"group_leaks": {"train-test": 12, "train-valid": 1}})
    sentences = said(replace(evidence, facts=facts))
    assert "12 pictures belong to groups with others in an earlier split (train and test): see the data." in sentences
    assert "1 picture belongs to a group with others in an earlier split (train and valid): see the data." in sentences


def test_several_openings_come_first(new_run):
    evidence = gather(new_run(n_openings=2))
    first = doubts(evidence, describe_data(evidence), describe_sealing(evidence))[0]
    assert first.startswith("The test split was opened twice.")


def test_without_numbers_and_without_facts_there_is_nothing_to_say(new_run):
    evidence = replace(gather(new_run(is_finished=False, n_openings=0)), facts=None, manifest=None)
    assert doubts(evidence, None, describe_sealing(evidence)) == ()
