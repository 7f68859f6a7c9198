"""Courses of trainings, read back from their SVG text."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest

from linnet.charts.courses import MOST_MARKERS, Course, accuracy_over_epochs, loss_over_epochs
from linnet.charts.curves import HEIGHT, WIDTH

FALLING, RISING = [2.0, 1.5, 1.0, 0.5], [0.2, 0.4, 0.6, 0.8]


def course(train=FALLING, valid=None):
    n = len(train)
    return Course(epochs=range(1, n + 1), train=train, valid=[None] * n if valid is None else valid)


def texts(svg):
    return [found.text for found in ET.fromstring(svg).iter() if found.tag.endswith("}text")]


def line(svg, color):
    """The places along the line of a color, left to right; none where there is no such line."""
    paths = re.findall(rf'<path d="([^"]*)"[^>]*style="[^"]*stroke: var\(--{color},', svg)
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", max(paths, key=len, default=""))]


def rings(svg):
    found = re.findall(r'x="([\d.]+)" y="([\d.]+)" style="fill-opacity: 0; stroke: var\(--chart-ink', svg)
    return [(float(x), float(y)) for x, y in found]


def test_training_and_validation_have_a_color_each_and_differ_without_color_too():
    svg = loss_over_epochs(course(FALLING, [1.9, 1.6, 1.4, 1.3]), name="a")
    assert len(line(svg, "series-1")) == len(line(svg, "series-2")) == 4
    dashed = re.search(r'style="[^"]*dasharray[^"]*var\(--series-(\d)|var\(--series-(\d),[^"]*dasharray', svg)
    assert "1" in dashed.groups()
    assert svg.count("dasharray") == 1


def test_without_validation_there_is_one_line():
    svg = loss_over_epochs(course(), name="a")
    assert (len(line(svg, "series-1")), line(svg, "series-2")) == (4, [])


def test_equal_falls_look_equal_and_zero_is_the_ground():
    places = line(loss_over_epochs(course([2.0, 1.0, 0.0]), name="a"), "series-1")
    falls = [below - above for (_, above), (_, below) in itertools.pairwise(places)]
    assert falls[0] == pytest.approx(falls[1], rel=1e-3)
    assert falls[0] > 0
    steps = [right - left for (left, _), (right, _) in itertools.pairwise(places)]
    assert steps[0] == pytest.approx(steps[1], rel=1e-3)


def test_accuracy_is_in_percent_and_ends_at_a_hundred():
    svg = accuracy_over_epochs(course([0.5, 0.75, 1.0], [1.0, 1.0, 1.0]), name="a")
    ticks = [float(text) for text in texts(svg) if re.fullmatch(r"[\d.]+", text or "")]
    assert max(ticks) == 100
    assert "accuracy, %" in texts(svg)
    always = accuracy_over_epochs(course([1.0] * 3, [1.0] * 3), name="a")
    assert max(float(text) for text in texts(always) if re.fullmatch(r"[\d.]+", text or "")) == 100


def test_the_axes_say_what_they_are():
    found = texts(loss_over_epochs(course(), name="a"))
    assert {"epoch", "loss", "1", "4"} <= set(found)


def test_the_kept_epoch_is_ringed_on_the_validation_line_and_ruled():
    svg = accuracy_over_epochs(course(RISING, [0.3, 0.7, 0.6, 0.5]), name="a", kept=2)
    assert rings(svg) == [line(svg, "series-2")[1]]
    x = rings(svg)[0][0]
    assert re.search(rf'd="M {x:g} [\d.]+ L {x:g} [\d.]+', svg.replace(f"{x}", f"{x:g}"))
    assert rings(accuracy_over_epochs(course(RISING, RISING), name="a")) == []


def test_without_validation_the_kept_epoch_is_ruled_only():
    plain, ruled = (loss_over_epochs(course(), name="a", kept=kept) for kept in (None, 4))
    assert rings(ruled) == []
    assert ruled.count("dasharray") == plain.count("dasharray") + 1


def test_no_tick_stands_where_there_was_no_epoch():
    ticks = texts(accuracy_over_epochs(course([0.4 + 0.01 * i for i in range(40)]), name="a"))
    assert "0" not in ticks
    assert "40" in ticks


def test_one_epoch_is_a_point():
    svg = loss_over_epochs(course([2.0], [1.5]), name="a", kept=1)
    assert len(re.findall(r"<use [^>]*fill: var\(--series-[12]", svg)) == 2
    assert "1" in texts(svg)


@pytest.mark.parametrize(("n", "marked"), [(MOST_MARKERS, True), (MOST_MARKERS + 1, False)])
def test_points_are_marked_while_they_are_few(n, marked):
    svg = loss_over_epochs(course([1.0] * n), name="a")
    assert bool(re.search(r"<use [^>]*fill: var\(--series-1", svg)) == marked


def test_one_wild_loss_does_not_flatten_the_others():
    calm = line(loss_over_epochs(course(FALLING, [1.9, 1.6, 1.4, 1.3]), name="a"), "series-1")
    wild = line(loss_over_epochs(course(FALLING, [1e6, 1.6, 1.4, 1.3]), name="a"), "series-1")
    heights = [places[-1][1] - places[0][1] for places in (calm, wild)]
    assert heights[1] > 0.4 * heights[0]


def test_what_was_not_measured_is_left_out():
    svg = loss_over_epochs(course([2.0, None, 1.0, 0.5], [None, 1.0, None, 0.9]), name="a")
    assert (len(line(svg, "series-1")), len(line(svg, "series-2"))) == (3, 2)


def test_without_any_number_there_is_an_empty_frame():
    for draw in (loss_over_epochs, accuracy_over_epochs):
        assert "epoch" in texts(draw(course([None, None]), name="a", kept=1))


def test_the_same_course_gives_the_same_picture_of_the_promised_size():
    drawn = loss_over_epochs(course(), name="a", kept=3)
    assert drawn == loss_over_epochs(course(), name="a", kept=3)
    assert f'viewBox="0 0 {WIDTH} {HEIGHT}"' in drawn


def test_identifiers_carry_the_name_of_the_chart():
    first, second = (set(re.findall(r'id="([^"]*)"', loss_over_epochs(course(), name=name))) for name in ("a", "b"))
    assert first
    assert not first & second
