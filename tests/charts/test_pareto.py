"""Accuracy beside cost: places, the front, and numbers that never lie on one another."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from linnet.charts.pareto import DOT, LETTER, CostPoint, accuracy_over_cost, offsets

FRAME = (0.0, 0.0, 350.0, 200.0)


def point(number, cost, accuracy, is_on_front=True):
    return CostPoint(
        number=number, cost=cost, accuracy=accuracy, low=accuracy - 0.01, high=accuracy + 0.01, is_on_front=is_on_front
    )


POINTS = [point(1, 10, 0.9), point(2, 1, 0.8), point(3, 5, 0.7, False), point(4, 0.1, 0.6)]


def draw(points=POINTS):
    return accuracy_over_cost(points, name="costs", cost="megabytes")


def texts(svg):
    return [found.text for found in ET.fromstring(svg).iter() if found.tag.endswith("}text")]


def dots(svg, color):
    uses = re.findall(rf'<use href="#[^"]*" x="([\d.]+)" y="([\d.]+)" style="fill: var\(--{color},', svg)
    return [(float(x), float(y)) for x, y in uses]


def test_points_on_the_front_have_another_color():
    assert len(dots(draw(), "series-1")) == 3
    assert len(dots(draw(), "series-6")) == 1


def test_a_cost_ten_times_higher_stands_as_far_to_the_right_each_time():
    (x1, y1), (x2, y2), (x3, y3) = dots(draw(), "series-1")
    assert x1 - x2 == pytest.approx(x2 - x3, rel=1e-3)
    assert y1 < y2 < y3  # SVG counts from the top


def test_every_point_has_its_number_and_the_axes_their_names():
    assert {"1", "2", "3", "4", "megabytes", "accuracy, %"} <= set(texts(draw()))


def test_ticks_keep_their_digits():
    costs = [point(1, 0.004, 0.9), point(2, 0.001, 0.8)]
    assert {"0.001", "0.002", "0.005"} & set(texts(draw(costs)))
    assert "0.00" not in texts(draw(costs))


def test_a_single_point_and_equal_points_can_be_drawn():
    assert "1" in texts(draw([point(1, 1, 0.9)]))
    assert {"1", "2"} <= set(texts(draw([point(1, 1, 0.9), point(2, 1, 0.9)])))


def test_ten_rungs_are_small_and_the_same_each_time():
    points = [point(i, 2.0**i, 0.5 + i / 30) for i in range(1, 11)]
    assert draw(points) == draw(points)
    assert len(draw(points)) < 15_000


def boxes(places, numbers):
    found = offsets(places, numbers, FRAME)
    return [
        (x + dx, y + dy, LETTER[0] * len(str(number)), LETTER[1])
        for (x, y), (dx, dy), number in zip(places, found, numbers, strict=True)
    ]


def are_apart(a, b):
    return abs(a[0] - b[0]) >= (a[2] + b[2]) / 2 or abs(a[1] - b[1]) >= (a[3] + b[3]) / 2


@pytest.mark.parametrize("seed", range(20))
def test_numbers_cover_neither_points_nor_one_another_even_in_a_crowd(seed):
    generator = np.random.default_rng(seed)
    places = [(float(x), float(y)) for x, y in generator.normal((175, 100), (14, 8), (10, 2))]
    found = boxes(places, list(range(1, 11)))
    dots = [(x, y, DOT, DOT) for x, y in places]
    for i, box in enumerate(found):
        assert all(are_apart(box, other) for other in found[:i])
        assert all(are_apart(box, dot) for dot in dots)


def test_numbers_stay_inside_the_frame():
    places = [(2.0, 2.0), (348.0, 198.0), (2.0, 198.0), (348.0, 2.0)]
    for x, y, width, height in boxes(places, [1, 2, 3, 10]):
        assert 0 <= x - width / 2 < x + width / 2 <= 350
        assert 0 <= y - height / 2 < y + height / 2 <= 200


def test_a_number_does_not_cover_an_obstacle():
    (free,), wall = offsets([(100.0, 100.0)], [1], FRAME), (80.0, 100.0, 99.0, 130.0)
    (moved,) = offsets([(100.0, 100.0)], [1], FRAME, obstacles=[wall])
    assert moved != free


def test_where_no_place_is_free_the_number_stands_above():
    assert offsets([(5.0, 5.0)], [1], (0.0, 0.0, 10.0, 10.0)) == [(0.0, 13.0)]
