"""The report as JSON: the same tree, plain and finite."""

import json
import math
from dataclasses import fields, replace

import pytest

from linnet.reports import as_json
from linnet.reports.content import Report, build

KEYS = {"format", "title", "command", "when", "is_finished", "summary", "standings", "costs", "pairs", "classes"}
KEYS |= {"calibrations", "measures", "learning", "data", "choices", "courses", "rungs", "sealing", "repeat", "notes"}


@pytest.fixture(scope="module")
def report(finished_run):
    return build(finished_run)


@pytest.fixture(scope="module")
def plain(report):
    return json.loads(json.dumps(as_json.to_json(report), allow_nan=False))


def test_the_format_version_comes_first(report):
    assert next(iter(as_json.to_json(report))) == "format"
    assert as_json.to_json(report)["format"] == 1


def test_keys_that_others_may_rely_on_stay(plain):
    assert set(plain) >= KEYS
    assert set(plain["summary"]) == {"lead", "sentences", "warnings"}
    assert set(plain["costs"]["rows"][0]) >= {"rung", "accuracy", "ms_per_image", "megabytes", "is_fast", "is_small"}
    assert set(plain["pairs"]["pairs"][0]["pair"]) >= {"first", "second", "difference", "low", "high", "p_value"}
    assert set(plain["classes"][0]["rows"][0]) >= {"name", "n", "precision", "recall", "f1", "roc_area"}
    assert set(plain["calibrations"][0]) >= {"rung", "temperature", "after", "before", "is_bad", "sentence"}
    assert set(plain["measures"]) == {"columns", "rows", "confidence", "n_draws"}


def test_every_part_of_the_report_is_in_it_but_what_only_lays_out_the_page(plain):
    assert set(plain) == {"format", *(field.name for field in fields(Report))} - as_json.PAGE_ONLY


def test_numbers_keep_all_their_digits(plain, finished_run):
    rows = finished_run.leaderboard.rows
    assert [row["row"]["accuracy"] for row in plain["standings"]["rows"]] == [row.accuracy for row in rows]


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_becomes_null(report, odd):
    row = replace(report.costs.rows[0], fit_seconds=odd)
    found = as_json.to_json(replace(report, costs=replace(report.costs, rows=(row,))))
    assert found["costs"]["rows"][0]["fit_seconds"] is None
    json.dumps(found, allow_nan=False)


def test_the_same_report_gives_the_same_bytes_and_names_stay_as_they_are(report, tmp_path):
    as_json.write(replace(report, title="Коноплянка <script>"), tmp_path / "a.json")
    as_json.write(replace(report, title="Коноплянка <script>"), tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert '"title": "Коноплянка <script>"' in (tmp_path / "a.json").read_text(encoding="utf-8")
