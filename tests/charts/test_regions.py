"""Areas of a plane, read back from their SVG text."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from linnet.charts.regions import SHADES, Plane, regions
from linnet.charts.scatter import SIDE, Points
from linnet.charts.theme import SERIES

NOBODY = Points(places=np.zeros((0, 2)), groups=np.zeros(0, dtype=int))


def plane(classes, confidences=1.0, corners=(0.0, 0.0, 4.0, 2.0)):
    classes = np.asarray(classes)
    return Plane(classes=classes, confidences=np.broadcast_to(confidences, classes.shape), corners=corners)


def draw(areas, points=NOBODY):
    return regions(areas, points, name="regions", colors=SERIES[:3])


def strokes(svg, series, cap="butt"):
    """(x, y, x, y) of each line of a color, and the styles of their paths."""
    pattern = rf'<path d="([^"]*)"[^>]*style="([^"]*stroke: var\(--series-{series},[^"]*)"'
    found = [
        (d, style)
        for d, style in re.findall(pattern, svg)
        if (f"linecap: {cap}" in style or (cap == "butt" and "linecap" not in style))
    ]
    lines = [re.findall(r"M ([-\d.]+) ([-\d.]+) L ([-\d.]+) ([-\d.]+)", d) for d, _ in found]
    return np.array([[float(x) for x in line] for path in lines for line in path]), [style for _, style in found]


def number(style, name):
    return float(re.search(rf"{name}: ([\d.]+)", style)[1])


def test_areas_of_a_class_cover_their_share_of_the_plane():
    svg = draw(plane([[0, 0, 0, 1], [0, 0, 1, 1]]))
    (first, (style,)), (second, _) = strokes(svg, 1), strokes(svg, 2)
    lengths = [float((lines[:, 2] - lines[:, 0]).sum()) for lines in (first, second)]
    assert lengths[0] / lengths[1] == pytest.approx(5 / 3, rel=1e-4)
    # Rows touch: a line is as thick as one row is away from the next.
    assert number(style, "stroke-width") == pytest.approx(first[0, 1] - first[1, 1], rel=1e-4)


def test_row_0_is_below_and_column_0_at_the_left():
    lines, _ = strokes(draw(plane([[0, 1], [1, 1]])), 1)
    others, _ = strokes(draw(plane([[0, 1], [1, 1]])), 2)
    ((x, y, x_end, _),) = lines
    assert x == others[:, 0].min()
    assert x_end == others[:, 0].max()
    assert y == others[:, 1].max()  # SVG counts from the top


def test_neighboring_cells_that_look_alike_are_one_line():
    assert len(strokes(draw(plane(np.zeros((5, 30), dtype=int))), 1)[0]) == 5


def test_a_guess_is_the_palest_and_certainty_the_strongest():
    _, styles = strokes(draw(plane([[0, 0, 0, 0]], np.array([[0.0, 0.3, 0.6, 1.0]]))), 1)
    assert [number(style, "opacity") for style in styles] == pytest.approx(SHADES)
    assert tuple(sorted(SHADES)) == SHADES


def test_points_inside_are_drawn_in_their_color_where_they_are_and_others_are_left_out():
    points = Points(places=np.array([[0.0, 0.0], [4.0, 2.0], [2.0, 1.0], [9.0, 1.0]]), groups=np.array([2, 2, 2, 2]))
    svg = draw(plane(np.zeros((2, 2), dtype=int)), points)
    found, _ = strokes(svg, 3, cap="round")
    assert len(found) == 3
    area, _ = strokes(svg, 1)
    assert found[0, 0] == pytest.approx(area[:, 0].min(), abs=1e-3)
    assert found[1, 0] == pytest.approx(area[:, 2].max(), abs=1e-3)
    assert found[2, :2] == pytest.approx((found[0, :2] + found[1, :2]) / 2, abs=1e-3)


def test_the_worst_grid_with_points_is_below_150_kilobytes():
    random = np.random.default_rng(0)
    noise = plane(random.integers(0, 3, (50, 50)), random.random((50, 50)))
    points = Points(places=random.random((500, 2)), groups=random.integers(0, 3, 500))
    assert len(draw(noise, points)) < 150_000


def test_the_texts_name_the_directions_and_no_class():
    texts = [found.text for found in ET.fromstring(draw(plane([[0, 1]]))).iter() if found.tag.endswith("}text")]
    assert texts == ["first direction →", "second direction →"]


def test_the_drawing_is_square_and_the_same_every_time():
    svg = draw(plane([[0, 1], [2, 1]], 0.5))
    assert ET.fromstring(svg).attrib["viewBox"] == f"0 0 {SIDE} {SIDE}"
    assert svg == draw(plane([[0, 1], [2, 1]], 0.5))
