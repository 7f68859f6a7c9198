"""The tree of what a report says."""

import json
from dataclasses import asdict

from linnet.reports.content import build


def test_the_tree_is_plain_values_that_json_can_hold(finished_run):
    report = build(finished_run)
    again = json.loads(json.dumps(asdict(report), allow_nan=False))
    assert again["title"] == "figures"
    assert len(again["standings"]["rows"]) == 4


def test_the_same_run_gives_the_same_tree(finished_run):
    assert build(finished_run) == build(finished_run)


def test_a_finished_run_has_every_part(finished_run):
    report = build(finished_run)
    assert report.is_finished
    assert report.when == "2026-11-12T10:31:00Z"
    assert report.data is not None
    assert (len(report.choices), len(report.courses), len(report.rungs), report.notes) == (4, 1, 4, ())
    assert (len(report.classes), len(report.calibrations), len(report.learning)) == (3, 3, 1)
    assert None not in (report.costs, report.pairs, report.measures)
    assert report.sealing.n_openings == 1
    assert report.summary.lead


def test_a_run_that_has_only_been_asked_for_has_a_report(new_run):
    run = new_run()
    for path in sorted(run.folder.rglob("*"), reverse=True):
        if path.is_file() and path.name != "experiment.toml":
            path.unlink()
    report = build(run)
    assert (report.is_finished, report.data, report.choices, report.rungs, report.when) == (False, None, (), (), "")
    assert report.courses == report.classes == report.calibrations == report.learning == ()
    assert (report.costs, report.pairs, report.measures) == (None, None, None)
    assert report.title == "pictures/figures.zip"
    assert report.summary.sentences[0] == "The settings of 0 of 5 rungs were chosen."


def test_pictures_are_named_and_exist(finished_run):
    report, pictures = build(finished_run), finished_run.pictures
    named = [mistake.picture for part in report.rungs for mistake in part.worst]
    named += [sample.picture for part in report.data.classes for sample in part.samples]
    named += [template.picture for part in report.rungs for template in part.templates]
    assert len(named) > 100
    assert set(named) <= set(pictures)
