"""The table of all measures."""

from dataclasses import replace

import pytest

from linnet.records.evaluation import Measure
from linnet.reports.evidence import gather
from linnet.reports.measures import KNOWN, describe_measures


@pytest.fixture(scope="module")
def evidence(finished_run):
    return gather(finished_run)


def test_every_measure_of_every_rung_is_in_its_column(evidence):
    part = describe_measures(evidence)
    assert [row.rung for row in part.rows] == [row.rung for row in evidence.rows]
    for row in part.rows:
        assert len(row.values) == len(part.columns)
        for column, value in zip(part.columns, row.values, strict=True):
            assert value == evidence.evaluations[row.rung].measures[column.key]


def test_columns_stand_in_the_known_order_and_strange_ones_at_the_end(evidence):
    measures = {"strange_new_rate": Measure(value=0.5), "macro_f1": Measure(value=0.6), "accuracy": Measure(value=0.7)}
    found = replace(evidence.evaluations["knn"], measures=measures)
    part = describe_measures(replace(evidence, evaluations={"knn": found}))
    assert [column.title for column in part.columns] == ["Accuracy", "F1", "Strange new rate"]
    assert part.columns[-1].hint == ""


def test_what_a_rung_has_not_is_empty(evidence):
    found = dict(evidence.evaluations)
    found["knn"] = replace(found["knn"], measures={"top_5_accuracy": Measure(value=None)})
    part = describe_measures(replace(evidence, evaluations=found))
    by_rung = {row.rung: row.values for row in part.rows}
    assert by_rung["knn"].count(None) == len(part.columns) - 1
    assert by_rung["two-layer"][[column.key for column in part.columns].index("top_5_accuracy")] is None


def test_every_known_measure_is_explained():
    assert all(heading and hint for heading, hint in KNOWN.values())


def test_without_an_evaluation_there_is_no_table(evidence):
    assert describe_measures(replace(evidence, evaluations={})) is None
