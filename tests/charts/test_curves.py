"""Curves of accuracy over a setting, read back from their SVG text."""

import itertools
import re
import xml.etree.ElementTree as ET

import pytest

from linnet.charts.curves import HEIGHT, WIDTH, Line, accuracy_over, tick_label

KS = (1, 3, 10, 30, 100)


def line(values, x=KS, spread=0.0):
    return Line(x=x, y=values, spread=[spread] * len(x))


def draw(*lines, **wanted):
    return accuracy_over(lines, **{"name": "curve", "setting": "k", "is_log": True, **wanted})


def texts(svg):
    return [found.text for found in ET.fromstring(svg).iter() if found.tag.endswith("}text")]


def points(svg, color):
    """The places of a line's markers, left to right."""
    uses = re.findall(rf'<use href="#[^"]*" x="([\d.]+)" y="([\d.]+)" style="fill: var\(--{color},', svg)
    return [(float(x), float(y)) for x, y in uses]


def test_every_line_has_its_color_and_every_value_its_marker():
    svg = draw(line([0.5, 0.6, 0.7, 0.6, 0.5]), line([0.4, 0.5, 0.6, 0.5, 0.4]))
    assert len(points(svg, "series-1")) == len(points(svg, "series-2")) == 5
    assert points(svg, "series-3") == []


def test_a_higher_accuracy_stands_higher():
    heights = [y for _, y in points(draw(line([0.5, 0.6, 0.7, 0.8, 0.9])), "series-1")]
    assert heights == sorted(heights, reverse=True)  # SVG counts from the top
    steps = [a - b for a, b in itertools.pairwise(heights)]
    assert steps == pytest.approx([steps[0]] * 4, rel=1e-3)


def test_a_logarithmic_axis_gives_equal_ratios_equal_room():
    xs = [x for x, _ in points(draw(line([0.5] * 5, x=(1, 10, 100, 1000, 10_000))), "series-1")]
    steps = [b - a for a, b in itertools.pairwise(xs)]
    assert steps == pytest.approx([steps[0]] * 4, rel=1e-3)


def test_a_plain_axis_gives_equal_steps_equal_room():
    xs = [x for x, _ in points(draw(line([0.5] * 4, x=(1, 2, 3, 4)), is_log=False), "series-1")]
    steps = [b - a for a, b in itertools.pairwise(xs)]
    assert steps == pytest.approx([steps[0]] * 3, rel=1e-3)


def test_zero_has_a_place_on_a_logarithmic_axis():
    svg = draw(line([0.5] * 4, x=(0, 1e-4, 1e-2, 1)), setting="ridge")
    xs = [x for x, _ in points(svg, "series-1")]
    assert xs == sorted(xs)
    assert {"0", "10⁻⁴", "0.01", "1"} <= set(texts(svg))


def test_a_short_logarithmic_axis_shows_one_two_five():
    assert {"1", "2", "5", "10", "20", "50", "100"} <= set(texts(draw(line([0.5] * 5))))


def test_a_long_logarithmic_axis_shows_few_powers_of_ten():
    found = texts(draw(line([0.5] * 3, x=(1e-6, 1, 1e6)), setting="ridge"))
    assert "10⁻⁶" in found
    assert len(found) < 15


def test_the_axes_say_setting_and_metric():
    found = texts(draw(line([0.5] * 5), metric="balanced accuracy"))
    assert "k" in found
    assert "validation balanced accuracy, %" in found


def test_the_chosen_point_is_ringed():
    plain, ringed = (draw(line([0.5, 0.6, 0.7, 0.6, 0.5]), chosen=chosen) for chosen in (None, (10, 0.7)))
    ring = r'x="([\d.]+)" y="([\d.]+)" style="fill-opacity: 0; stroke: var\(--chart-ink'
    assert re.findall(ring, plain) == []
    assert [tuple(map(float, found)) for found in re.findall(ring, ringed)] == [points(ringed, "series-1")[2]]


def test_error_bars_are_drawn_only_where_there_is_a_spread():
    without, with_bars = (draw(line([0.5] * 5, spread=spread)) for spread in (0.0, 0.02))
    assert "LineCollection" not in without
    assert "LineCollection" in with_bars


def test_an_error_bar_reaches_one_deviation_up_and_down():
    svg = draw(Line(x=(1, 2, 3), y=(0.5, 0.6, 0.7), spread=(0.1, 0.1, 0.1)), is_log=False)
    heights = [y for _, y in points(svg, "series-1")]
    bars = re.search(r"LineCollection.*?</g>", svg, re.DOTALL)[0]
    low, high = re.search(r'd="M [\d.]+ ([\d.]+) L [\d.]+ ([\d.]+)', bars).groups()
    assert float(low) - float(high) == pytest.approx(2 * (heights[0] - heights[1]), rel=1e-3)


def test_one_value_for_all_gives_a_chart_too():
    assert len(points(draw(line([0.5] * 5)), "series-1")) == 5


def test_the_chart_is_as_wide_as_promised():
    assert f'viewBox="0 0 {WIDTH} {HEIGHT}"' in draw(line([0.5] * 5))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (0.01, "0.01"),
        (0.5, "0.5"),
        (20, "20"),
        (9999, "9999"),
        (10_000, "10⁴"),
        (1e-6, "10⁻⁶"),
        (3e5, "3·10⁵"),
    ],
)
def test_ticks_are_plain_where_that_is_short(value, said):
    assert tick_label(value) == said
