"""Points of a map, read back from its SVG text."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from linnet.charts.palette import MANY, class_colors
from linnet.charts.scatter import SIDE, Points, dot_size, scatter, square
from linnet.charts.theme import SERIES

PLACES = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
GROUPS = np.array([0, 0, 1, 2])


def draw(places=PLACES, groups=GROUPS, ringed=None, colors=SERIES[:3]):
    return scatter(
        Points(places=np.asarray(places), groups=np.asarray(groups), ringed=ringed), name="map", colors=colors
    )


def dots(svg, series):
    """The places of the dots of one color: lines without a length."""
    return dots_of(svg, rf"var\(--series-{series},")


def dots_of(svg, color):
    found = [
        (d, style)
        for d, style in re.findall(r'<path d="([^"]*)"[^>]*style="([^"]*)"', svg)
        if re.search(f"stroke: {color}", style)
    ]
    ends = [re.findall(r"M ([-\d.]+) ([-\d.]+) L ([-\d.]+) ([-\d.]+)", d) for d, _ in found]
    assert all("stroke-linecap: round" in style for _, style in found)
    for x, y, x_end, y_end in (end for path in ends for end in path):
        assert (x, y) == (x_end, y_end)
    return np.array([(float(x), float(y)) for path in ends for x, y, *_ in path]).reshape(-1, 2)


def test_every_point_is_drawn_once_in_its_color():
    svg = draw()
    assert [len(dots(svg, series)) for series in (1, 2, 3, 4)] == [2, 1, 1, 0]


def test_points_stand_where_they_should_at_one_scale_for_both_directions():
    (a, b), (c,), (d,) = (dots(draw(), series) for series in (1, 2, 3))
    assert b[0] - a[0] > 0
    assert b[1] == pytest.approx(a[1])
    assert a[1] - c[1] == pytest.approx(
        2 * (b[0] - a[0]), abs=0.03
    )  # charts keep two decimals; SVG counts from the top
    assert d == pytest.approx([b[0], a[1] - (b[0] - a[0])], abs=0.03)


def test_all_points_are_inside_of_the_drawing():
    places = np.random.default_rng(0).normal(size=(500, 2)) * [1, 1000]
    found = dots(draw(places, np.zeros(500, dtype=int), colors=SERIES[:1]), 1)
    assert len(found) == 500
    assert found.min() > 0
    assert found.max() < SIDE


def test_ringed_points_have_a_ring_and_their_color():
    svg = draw(ringed=np.array([False, True, False, False]))
    assert len(dots_of(svg, r"var\(--chart-ink,")) == 1
    assert len(dots(svg, 1)) == 3  # the ringed one once more, larger
    assert len(dots_of(draw(), r"var\(--chart-ink,")) == 0


def test_colors_of_many_classes_stay_as_they_are():
    svg = draw(np.random.default_rng(0).random((12, 2)), np.arange(12), colors=class_colors([1] * 12))
    assert all(color in svg for color in MANY)


def test_there_are_no_texts_at_all():
    assert not [found for found in ET.fromstring(draw()).iter() if found.tag.endswith("}text")]


def test_four_thousand_points_are_less_than_250_kilobytes():
    places = np.random.default_rng(0).normal(size=(4000, 2))
    assert len(draw(places, np.arange(4000) % 3)) < 250_000


def test_dots_of_many_points_are_smaller_and_never_vanish():
    sizes = [dot_size(n) for n in (1, 100, 1000, 4000, 10**6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] <= 8
    assert sizes[-1] == 3


def test_the_square_holds_all_points_in_its_middle():
    low, high = square(PLACES)
    assert high - low == pytest.approx([2.08, 2.08])
    assert (low + high) / 2 == pytest.approx([0.5, 1.0])


@pytest.mark.parametrize("places", [np.zeros((0, 2)), np.full((1, 2), 3.0), np.full((5, 2), 3.0)], ids=["0", "1", "5"])
def test_no_point_and_points_at_one_place_are_drawn_too(places):
    svg = draw(places, np.zeros(len(places), dtype=int))
    assert np.isfinite(dots(svg, 1)).all()
    assert len(dots(svg, 1)) == len(places)


def test_the_same_points_give_the_same_text():
    assert draw() == draw()
