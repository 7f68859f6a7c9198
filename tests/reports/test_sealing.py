"""How often this run's test split was opened."""

from dataclasses import replace

import pytest

from linnet.records.ledger import Opening
from linnet.reports.evidence import gather
from linnet.reports.sealing import describe_sealing


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def opening(split_hash, n=300):
    return Opening(when="2026-11-12T10:00:00Z", command="evaluate", rungs=("knn",), n=n, split_hash=split_hash)


def test_one_opening_is_one(evidence):
    found = describe_sealing(evidence)
    assert (found.n_openings, found.n_test, found.n_folds, found.n_rungs) == (1, 300, 5, 4)


def test_openings_of_other_pictures_do_not_count(evidence):
    found = describe_sealing(replace(evidence, openings=(*evidence.openings, opening("other", n=9))))
    assert found.n_openings == 1
    assert len(found.openings) == 2


def test_a_second_opening_counts(evidence):
    assert describe_sealing(replace(evidence, openings=evidence.openings * 2)).n_openings == 2


def test_an_opening_that_was_interrupted_and_finished_later_counts_once(evidence):
    finishing = replace(evidence.openings[0], command="resume", continues=True)
    found = describe_sealing(replace(evidence, openings=(*evidence.openings, finishing, finishing)))
    assert (found.n_openings, found.n_interrupted, len(found.openings)) == (1, 2, 3)
    found = describe_sealing(replace(evidence, openings=(*evidence.openings, finishing, *evidence.openings)))
    assert (found.n_openings, found.n_interrupted) == (2, 1)


def test_no_opening_is_none_and_the_split_is_still_known(evidence):
    found = describe_sealing(replace(evidence, openings=()))
    assert (found.n_openings, found.n_test, found.split_hash) == (0, 300, "5b" * 32)


def test_without_facts_the_first_opening_says_which_split(evidence):
    found = describe_sealing(replace(evidence, facts=None, openings=(opening("x", 40), opening("y"), opening("x", 40))))
    assert (found.split_hash, found.n_openings, found.n_test) == ("x", 2, 40)


def test_nothing_known_is_said_as_nothing(evidence):
    found = describe_sealing(replace(evidence, facts=None, openings=()))
    assert (found.split_hash, found.n_openings, found.n_test) == ("", 0, 0)
