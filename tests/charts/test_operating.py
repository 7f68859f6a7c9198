"""Receiver operating characteristics and precision-recall curves, read back from their SVG text."""

import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from linnet.charts.operating import (
    COARSE,
    OperatingLine,
    kept_points,
    precision_over_recall,
    receiver_operating_characteristics,
)

LINES = [OperatingLine(x=(0.0, 0.1, 0.5, 1.0), y=(0.0, 0.6, 0.9, 1.0)), OperatingLine(x=(0.0, 1.0), y=(0.0, 1.0))]


def texts(svg):
    return [found.text for found in ET.fromstring(svg).iter() if found.tag.endswith("}text")]


def line(svg, color):
    path = re.search(rf'<path d="([^"]*)"[^>]*style="[^"]*stroke: var\(--{color},', svg)
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", path[1])] if path else []


def test_every_curve_has_its_color_and_its_points():
    svg = receiver_operating_characteristics(LINES, name="roc")
    assert len(line(svg, "series-1")) == 4
    assert len(line(svg, "series-2")) == 2
    assert line(svg, "series-3") == []


def test_points_stand_at_their_shares_of_the_square():
    svg = receiver_operating_characteristics(LINES, name="roc")
    (left, bottom), *_, (right, top) = line(svg, "series-2")
    for (x, y), a, b in zip(line(svg, "series-1"), LINES[0].x, LINES[0].y, strict=True):
        assert (x - left) / (right - left) == pytest.approx(a, abs=0.005)
        assert (bottom - y) / (bottom - top) == pytest.approx(b, abs=0.005)


def test_guessing_is_a_dotted_diagonal_in_the_first_kind_only():
    assert "stroke-dasharray" in receiver_operating_characteristics(LINES, name="roc")
    assert "stroke-dasharray" not in precision_over_recall(LINES, name="pr")


def test_the_axes_say_what_they_are():
    assert {"false alarms, %", "found, %"} <= set(texts(receiver_operating_characteristics(LINES, name="roc")))
    assert {"recall, %", "precision, %"} <= set(texts(precision_over_recall(LINES, name="pr")))


def test_without_curves_there_is_an_empty_frame():
    assert "recall, %" in texts(precision_over_recall([], name="pr"))


def test_six_curves_of_thousands_of_points_are_small():
    generator = np.random.default_rng(0)
    steps = [np.sort(generator.uniform(size=2000)) for _ in range(12)]
    lines = [OperatingLine(x=x.tolist(), y=(y**0.3).tolist()) for x, y in zip(steps[::2], steps[1::2], strict=True)]
    assert len(receiver_operating_characteristics(lines, name="roc")) < 15_000


def test_no_point_that_is_left_out_lies_far_from_the_line_that_is_drawn():
    generator = np.random.default_rng(1)
    x = np.sort(generator.uniform(size=300))
    line = OperatingLine(x=x.tolist(), y=np.sort(generator.uniform(size=300)).tolist())
    kept = kept_points(line)
    assert kept[0] == 0
    assert kept[-1] == 299
    assert 10 < len(kept) < 200
    for first, end in itertools.pairwise(kept):
        a, b = np.array([line.x[first], line.y[first]]), np.array([line.x[end], line.y[end]])
        for i in range(first + 1, end):
            p = np.array([line.x[i], line.y[i]])
            t = np.clip((p - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
            assert np.linalg.norm(p - a - t * (b - a)) <= COARSE + 1e-9


def test_a_line_is_its_ends_and_a_corner_stays():
    assert kept_points(OperatingLine(x=(0, 0.2, 0.5, 1), y=(0, 0.2, 0.5, 1))) == [0, 3]
    assert kept_points(OperatingLine(x=(0, 0, 0, 1), y=(0, 0.5, 1, 1))) == [0, 2, 3]
    assert kept_points(OperatingLine(x=(0.5,), y=(0.5,))) == [0]
