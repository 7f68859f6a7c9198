"""The picture of how bright pictures are, read back from its SVG text."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest

from linnet.charts.brightness import pictures_over_brightness


def texts(svg):
    return [found.text for found in ET.fromstring(svg).iter() if found.tag.endswith("}text")]


def bars(svg):
    """The (left, right, height) of every bar, from left to right."""
    found = []
    for path in re.findall(r'<path d="([^"]*)"[^>]*style="[^"]*fill: var\(--series-1', svg):
        points = [(float(x), float(y)) for x, y in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", path)]
        xs, ys = zip(*points, strict=True)
        found.append((min(xs), max(xs), max(ys) - min(ys)))
    return sorted(found)


def test_every_step_has_a_bar_as_high_as_its_count():
    heights = [height for _, _, height in bars(pictures_over_brightness((10, 0, 40, 20), name="b"))]
    assert [height / heights[2] for height in heights] == pytest.approx([0.25, 0, 1, 0.5], abs=1e-4)


def test_dark_pictures_stand_on_the_left_and_bars_do_not_touch():
    found = bars(pictures_over_brightness((1, 2, 3, 4, 5), name="b"))
    assert [height for *_, height in found] == sorted(height for *_, height in found)
    assert all(right < left for (_, right, _), (left, _, _) in pairwise(found))


def test_the_axes_say_what_they_are():
    found = texts(pictures_over_brightness((3000, 1000), name="b"))
    assert {"black", "white", "mean brightness", "training pictures"} <= set(found)
    assert any("," in text for text in found)


def test_counts_are_whole_numbers():
    assert not [text for text in texts(pictures_over_brightness((1, 0), name="b")) if "." in text]


def test_the_same_counts_give_the_same_text():
    assert pictures_over_brightness((1, 2), name="b") == pictures_over_brightness((1, 2), name="b")


def test_nothing_to_count_is_an_empty_picture():
    assert "white" in texts(pictures_over_brightness((0, 0), name="b"))
