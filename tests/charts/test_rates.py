"""The picture of a sweep, read back from its SVG text."""

import math
import re
import xml.etree.ElementTree as ET

import pytest

from linnet.charts.rates import loss_over_rate

RATES = [10 ** (-6 + i / 4) for i in range(25)]  # to 1
FALLING = [2.3 - 0.05 * i for i in range(25)]


def draw(rates=RATES, losses=FALLING, **wanted):
    return loss_over_rate(rates, losses, **{"name": "rates", **wanted})


def texts(svg):
    return [found.text for found in ET.fromstring(svg).iter() if found.tag.endswith("}text")]


def line(svg):
    """The places along the longest line of the first color."""
    paths = re.findall(r'<path d="([^"]*)"[^>]*style="[^"]*stroke: var\(--series-1', svg)
    return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", max(paths, key=len))]


def markers(svg):
    return len(re.findall(r"<use [^>]*fill: var\(--series-1", svg))


def test_equal_ratios_of_rates_get_equal_room():
    xs = [x for x, _ in line(draw())]
    assert xs == sorted(xs)
    assert xs[1] - xs[0] == pytest.approx((xs[-1] - xs[0]) / (len(xs) - 1), rel=0.01)


def test_a_falling_loss_goes_down():
    ys = [y for _, y in line(draw())]
    assert ys == sorted(ys)  # SVG counts from the top


def test_the_axes_say_what_they_are_in_powers_of_ten():
    found = texts(draw())
    assert {"learning rate", "training loss", "10⁻⁶", "1"} <= set(found)
    assert sum("10" in text for text in found) <= 8


def test_the_suggestion_is_marked_with_its_number_to_two_digits():
    assert "0.032" not in texts(draw())
    assert "0.032" in texts(draw(suggestion=0.0321))
    assert "0.0032" in texts(draw(suggestion=0.00321))
    assert "3·10⁻⁵" in texts(draw(suggestion=0.0000321))
    assert "stroke-dasharray" in draw(suggestion=0.0321)
    assert "stroke-dasharray" not in draw()


def test_with_smooth_losses_the_losses_are_points_and_the_smooth_ones_a_line():
    svg = draw(losses=[loss + 0.1 * (-1) ** i for i, loss in enumerate(FALLING)], smooth=FALLING[:20])
    assert markers(svg) == 25
    ys = [y for _, y in line(svg)]
    assert ys == sorted(ys)
    assert markers(draw()) == 0


def test_losses_that_are_no_numbers_are_left_out():
    losses = [*FALLING[:20], math.nan, math.inf, *FALLING[22:]]
    assert draw(losses=losses) == draw(rates=[*RATES[:20], *RATES[22:]], losses=[*FALLING[:20], *FALLING[22:]])


def test_a_loss_that_runs_away_does_not_flatten_the_fall():
    calm = [y for _, y in line(draw())]
    wild = [y for _, y in line(draw(losses=[*FALLING[:-1], 1e9]))]
    assert wild[0] == pytest.approx(calm[0], abs=10)
    assert wild[-2] - wild[0] > 100


def test_without_any_number_there_is_an_empty_frame():
    assert "training loss" in texts(draw(losses=[math.nan] * 25))


def test_the_same_sweep_gives_the_same_picture():
    assert draw(suggestion=0.01) == draw(suggestion=0.01)
