"""Every chart that a template may ask for."""

import xml.etree.ElementTree as ET

import pytest

from linnet.reports.content import build
from linnet.reports.drawing import CHARTS, draw


@pytest.fixture(scope="module")
def parts(finished_run):
    report = build(finished_run)
    choice = next(choice for choice in report.choices if choice.curve)
    found = dict.fromkeys(("loss", "accuracy"), report.courses[0]) | dict.fromkeys(("time", "size"), report.costs)
    found |= dict.fromkeys(("roc", "precision-recall"), report.classes[0])
    found |= {"curve": choice, "reliability": report.calibrations[0], "learning": report.learning}
    return found | {"brightness": report.data.brightness}


def texts(svg):
    return {found.text for found in ET.fromstring(svg).iter() if found.tag.endswith("}text")}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("curve", "validation accuracy, %"),
        ("loss", "loss"),
        ("accuracy", "epoch"),
        ("reliability", "confidence, %"),
        ("roc", "false alarms, %"),
        ("precision-recall", "recall, %"),
        ("time", "milliseconds per picture"),
        ("size", "megabytes"),
        ("learning", "training pictures"),
        ("brightness", "mean brightness"),
    ],
)
def test_each_part_has_its_chart(parts, what, words):
    svg = draw(what, parts[what], f"{what}-1")
    assert words in texts(svg)
    assert f'id="{what}-1-' in svg


def test_every_chart_is_tested(parts):
    assert set(parts) == set(CHARTS)


def test_numbers_in_the_charts_of_cost_are_those_of_the_table(parts):
    assert {str(row.number) for row in parts["time"].rows} <= texts(draw("time", parts["time"], "time"))
