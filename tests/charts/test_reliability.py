"""Reliability diagrams, read back from their SVG text."""

import re
import xml.etree.ElementTree as ET

import pytest

from linnet.charts.reliability import FEW, ReliabilityBin, accuracy_over_confidence

N = (0, 3, 20, 40, 137)


def bins(accuracies=(0.0, 0.3, 0.5, 0.7, 0.9), n=N):
    return [
        ReliabilityBin(low=i / 5, high=(i + 1) / 5, n=n[i], confidence=(i + 0.5) / 5, accuracy=accuracy)
        for i, accuracy in enumerate(accuracies)
    ]


def draw(found=None, **wanted):
    return accuracy_over_confidence(found if found is not None else bins(), **{"name": "chart", **wanted})


def texts(svg):
    return [found.text for found in ET.fromstring(svg).iter() if found.tag.endswith("}text")]


def points(svg, color, *, kind="fill"):
    uses = re.findall(rf'<use href="#[^"]*" x="([\d.]+)" y="([\d.]+)" style="{kind}: var\(--{color},', svg)
    return [(float(x), float(y)) for x, y in uses]


def test_every_bin_with_enough_pictures_is_a_point_and_an_empty_one_is_none():
    assert len(points(draw(), "series-1")) == 3
    assert len(points(draw(), "series-1", kind="fill-opacity: 0; stroke")) == 1  # three pictures: hollow
    assert FEW > 3


def test_a_point_stands_where_confidence_and_accuracy_meet():
    (x1, y1), (x2, y2), (x3, y3) = points(draw(), "series-1")
    assert x2 - x1 == pytest.approx(x3 - x2, abs=0.05)
    assert y1 - y2 == pytest.approx(y2 - y3, abs=0.05)  # SVG counts from the top
    # 20 percent of confidence and of accuracy each: the axes' scales follow from the size of the picture
    assert y1 > y2 > y3


def test_honest_confidence_lies_on_the_dotted_diagonal():
    svg = draw(bins(accuracies=(0.1, 0.3, 0.5, 0.7, 0.9), n=(50,) * 5))
    diagonal = re.search(r'<path d="M ([\d.]+) ([\d.]+) L ([\d.]+) ([\d.]+)[^>]*stroke-dasharray: 1', svg)
    left, bottom, right, top = map(float, diagonal.groups())
    for x, y in points(svg, "series-1"):
        assert (x - left) / (right - left) == pytest.approx((bottom - y) / (bottom - top), abs=0.01)


def test_without_a_temperature_there_is_one_line_and_with_one_there_are_two():
    assert "series-2" not in draw()
    svg = draw(before=bins(accuracies=(0.0, 0.2, 0.4, 0.5, 0.7)))
    assert len(points(svg, "series-2")) == 3
    for (_, after), (_, before) in zip(points(svg, "series-1"), points(svg, "series-2"), strict=True):
        assert before > after  # lower


def test_the_axes_say_what_they_are():
    assert {"confidence, %", "right, %", "share of pictures", "100"} <= set(texts(draw()))


def test_no_picture_at_all_leaves_the_frame_and_the_diagonal():
    svg = draw(bins(n=(0,) * 5))
    assert points(svg, "series-1") == []
    assert "right, %" in texts(svg)


def test_it_is_small_and_the_same_each_time():
    fine = [
        ReliabilityBin(low=i / 15, high=(i + 1) / 15, n=9 + 3 * i, confidence=(i + 0.4) / 15, accuracy=i / 15)
        for i in range(15)
    ]
    assert draw(fine, before=fine) == draw(fine, before=fine)
    assert len(draw(fine, before=fine)) < 15_000
