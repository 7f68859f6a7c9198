"""Learning curves, read back from their SVG text."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest

from linnet.charts.learning import LearningLine, accuracy_over_size


def line(accuracy=(0.5, 0.7, 0.8), n_images=(100, 1000, 10_000), half=0.02):
    return LearningLine(
        n_images=n_images,
        accuracy=accuracy,
        low=[value - half for value in accuracy],
        high=[value + half for value in accuracy],
    )


def draw(*lines):
    return accuracy_over_size(lines, name="learning")


def texts(svg):
    return [found.text for found in ET.fromstring(svg).iter() if found.tag.endswith("}text")]


def points(svg, color):
    uses = re.findall(rf'<use href="#[^"]*" x="([\d.]+)" y="([\d.]+)" style="fill: var\(--{color},', svg)
    return [(float(x), float(y)) for x, y in uses]


def test_equal_ratios_of_sizes_get_equal_room_and_more_accuracy_stands_higher():
    found = points(draw(line()), "series-1")
    left, right = (b[0] - a[0] for a, b in itertools.pairwise(found))
    assert left == pytest.approx(right, rel=1e-3)
    assert [y for _, y in found] == sorted((y for _, y in found), reverse=True)


def test_every_point_has_its_interval():
    svg = draw(line())
    bars = re.findall(r'<path d="M ([\d.]+) ([\d.]+) L ([\d.]+) ([\d.]+) "[^>]*stroke: var\(--series-1', svg)
    assert len([1 for x1, _, x2, _ in bars if x1 == x2]) == 3


def test_ticks_stand_at_the_sizes():
    assert {"100", "1,000", "10,000", "training pictures", "accuracy, %"} <= set(texts(draw(line())))


def test_of_many_sizes_some_have_a_tick_and_the_largest_always():
    sizes = tuple(100 * 2**i for i in range(12))
    found = texts(draw(line(tuple(0.5 + 0.03 * i for i in range(12)), sizes)))
    assert "204,800" in found
    assert len([text for text in found if text.replace(",", "").isdigit() and int(text.replace(",", "")) >= 100]) <= 7


def test_from_the_seventh_rung_on_lines_are_dashed():
    lines = [line(tuple(value + i / 100 for value in (0.5, 0.6, 0.7))) for i in range(8)]
    assert "stroke-dasharray" not in draw(*lines[:6])
    assert draw(*lines).count("stroke-dasharray: ") == 2


def test_one_size_is_a_point():
    assert len(points(draw(line((0.5,), (100,))), "series-1")) == 1
