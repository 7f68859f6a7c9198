"""Rung against rung: which can be told apart, in words and in a matrix."""

from dataclasses import replace

import pytest

from linnet.records.comparisons import Comparison, Comparisons
from linnet.reports.evidence import gather
from linnet.reports.pairs import MAX_NAMED, describe_pairs, points


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def pair(first, second, *, p=0.001, difference=0.05):
    return Comparison(
        first=first,
        second=second,
        n_only_first=20,
        n_only_second=5,
        difference=difference,
        low=difference - 0.03,
        high=difference + 0.03,
        p_value=p,
    )


def part(evidence, *pairs):
    return describe_pairs(replace(evidence, comparisons=Comparisons(n=300, confidence=0.95, n_draws=99, pairs=pairs)))


def test_pairs_that_cannot_be_told_apart_are_named_with_a_caution(evidence):
    found = part(evidence, pair("a", "b", p=0.4), pair("a", "c"), pair("b", "c", p=0.06))
    assert found.sentences == (
        "Cannot be told apart on these pictures: a and b; b and c.",
        "That is not proof that they are equal: more test pictures might tell them apart.",
    )
    assert [row.is_told_apart for row in found.pairs] == [False, True, False]


def test_of_many_pairs_the_rest_is_counted(evidence):
    pairs = [pair(f"rung-{i}", f"rung-{j}", p=1.0) for i in range(5) for j in range(i)]
    assert part(evidence, *pairs).sentences[0].count(";") == MAX_NAMED
    assert part(evidence, *pairs).sentences[0].endswith("; 4 more pairs.")


def test_clear_differences_are_said_to_be(evidence):
    assert part(evidence, pair("a", "b"), pair("a", "c")).sentences == ("Every two rungs can be told apart.",)
    assert part(evidence, pair("a", "b")).sentences == ("The two can be told apart.",)


def test_rungs_stand_as_in_the_leaderboard_and_every_pair_is_found_both_ways(evidence):
    found = describe_pairs(evidence)
    assert list(found.rungs) == [row.rung for row in evidence.rows]
    assert len(found.pairs) == 6
    for first in found.rungs:
        for second in found.rungs:
            row = found.between(first, second)
            assert (row is None) == (first == second)
            assert row == found.between(second, first)


def test_a_rung_that_no_other_record_knows_still_stands_there(evidence):
    assert set(part(evidence, pair("knn", "strange")).rungs) == {"knn", "strange"}


def test_a_difference_is_seen_from_the_rung_that_is_asked():
    one = pair("a", "b", difference=0.0212)
    assert points(one, "a") == "+2.1 (−0.9 to +5.1)"
    assert points(one, "b") == "−2.1 (−5.1 to +0.9)"
    assert points(pair("a", "b", difference=0.0), "a") == "0 (−3.0 to +3.0)"


def test_nothing_compared_is_no_part(evidence):
    assert describe_pairs(replace(evidence, comparisons=None)) is None
    assert part(evidence) is None
