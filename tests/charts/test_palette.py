"""Colors of classes: far from each other, legible on light and dark pages, and the same beside a drawing as in it."""

import itertools
import re

import numpy as np
import pytest

from linnet.charts.palette import MANY, OTHERS, class_colors, class_legend, levels
from linnet.charts.theme import SERIES, css

LIGHT, DARK = "#ffffff", "#17191d"


def linear(color):
    """Red, green and blue in amounts of light, by the definition of sRGB."""
    values = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    bright, dark = sorted((float(linear(color) @ [0.2126, 0.7152, 0.0722]) for color in (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def oklab(color):
    """Björn Ottosson's OKLab, in which equal distances look about equally far."""
    lms = np.array([[0.41222147, 0.53633254, 0.05144599], [0.21190350, 0.68069955, 0.10739696],
                    [0.08830246, 0.28171884, 0.62997870]]) @ linear(color)  # fmt: skip
    return np.array([[0.21045426, 0.79361778, -0.00407205], [1.97799850, -2.42859221, 0.45059371],
                     [0.02590404, 0.78277177, -0.80867577]]) @ np.cbrt(lms)  # fmt: skip


@pytest.mark.parametrize("color", MANY)
def test_every_color_of_many_stands_out_from_light_and_dark_pages(color):
    assert contrast(color, LIGHT) >= 3
    assert contrast(color, DARK) >= 3


def test_the_colors_of_many_are_far_from_each_other():
    assert min(np.linalg.norm(oklab(a) - oklab(b)) for a, b in itertools.combinations(MANY, 2)) > 0.08


def test_up_to_six_classes_have_the_colors_of_the_page_in_order():
    assert class_colors([1] * 6) == SERIES
    assert class_colors([5, 1]) == SERIES[:2]


def test_up_to_twelve_classes_have_one_color_each():
    for n in range(7, 13):
        assert len(set(class_colors([1] * n)) - {OTHERS}) == n


def test_of_more_classes_the_most_frequent_ones_have_a_color_of_their_own():
    counts = [1] * 3 + [5] * 12 + [2] * 5
    colors = class_colors(counts)
    assert [k for k, color in enumerate(colors) if color != OTHERS] == list(range(3, 15))
    assert colors[3:15] == MANY


def test_a_class_without_pictures_takes_no_color_away():
    assert class_colors([0, 1, 0, 1]) == (OTHERS, SERIES[0], OTHERS, SERIES[1])


def test_the_legend_has_the_names_of_what_is_drawn_in_the_colors_of_the_page():
    legend = class_legend([2, 0, 1], ["cat", "<b>", "犬"])
    assert [words for _, words in legend] == ["cat", "犬"]
    assert legend[0][0] == css(SERIES[0])
    assert re.fullmatch(r"var\(--series-1, #[0-9a-f]{6}\)", legend[0][0])


def test_the_legend_counts_the_classes_that_share_a_color():
    names = [f"class {k}" for k in range(20)]
    assert class_legend([1] * 20, names)[-1] == (css(OTHERS), "8 more classes")
    assert class_legend([1] * 13, names[:13])[-1][1] == "1 more class"
    assert len(class_legend([1] * 20, names)) == 13
    assert class_legend([0, 0], names[:2]) == ()


def test_pictures_have_the_colors_that_drawings_have_without_a_page():
    assert levels("#102030") == (16, 32, 48)
    assert "#{:02x}{:02x}{:02x}".format(*levels(SERIES[2])) in css(SERIES[2])
    assert "#{:02x}{:02x}{:02x}".format(*levels(OTHERS)) in css(OTHERS)
