"""SVG text: the same every time, self-contained, and in the colors of the page."""

import re
import warnings
import xml.etree.ElementTree as ET

import matplotlib as mpl
from matplotlib.figure import Figure

from linnet.charts.theme import GRID, INK, SERIES, css, fallback, inline, settings, to_svg


def drawn(name="one"):
    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(4, 2))
        axes = figure.subplots()
        for i, color in enumerate(SERIES):
            axes.plot([0, 1], [i, i + 1], color=color, marker="o")
        axes.set_xlabel("k")
        return to_svg(figure, name)


def test_the_same_figure_gives_the_same_text():
    assert drawn() == drawn()


def test_the_text_is_well_formed_and_has_the_size_of_the_figure():
    root = ET.fromstring(drawn())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.attrib["viewBox"] == "0 0 288 144"


def test_there_is_no_address_but_the_namespace_and_no_date():
    assert re.findall(r"https?://[^\"]*", drawn()) == ["http://www.w3.org/2000/svg"]
    assert "http" not in inline(drawn())
    assert "date" not in drawn().lower()


def test_inlining_takes_away_what_a_page_has_itself_and_what_nothing_refers_to():
    alone, inside = drawn(), inline(drawn())
    assert re.findall(r"var\(--[\w-]+\)", inside) == [f"{name})" for name in re.findall(r"var\(--[\w-]+", alone)]
    assert len(inside) < 0.9 * len(alone)
    plainer = re.sub(r'<g id="[^"]*"', "<g", re.sub(r", #[0-9a-f]+\)", ")", alone))
    assert inside.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1) == plainer
    assert set(re.findall(r'(?:href="|url\()#([^")]+)', inside)) <= set(re.findall(r'id="([^"]+)"', inside))


def test_places_have_two_decimals_and_texts_keep_theirs():
    svg = drawn()
    assert not re.search(r"<[^>]*\d\.\d{3}[^>]*>", svg)
    assert re.search(r"\d\.\d\d\b", svg)


def test_two_charts_share_no_identifier():
    first, second = (set(re.findall(r'id="([^"]+)"', drawn(name))) for name in ("one", "two"))
    assert first
    assert not first & second


def test_every_reference_finds_its_identifier():
    svg = drawn()
    wanted = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)
    known = set(re.findall(r'id="([^"]+)"', svg))
    assert wanted
    assert {a or b for a, b in wanted} <= known


def test_every_sentinel_color_becomes_a_variable_with_a_fallback():
    svg = drawn()
    assert not [color for color in (INK, GRID, *SERIES) if color in svg]
    for i in range(1, 7):
        assert re.search(rf"var\(--series-{i}, #[0-9a-f]{{6}}\)", svg)
    assert "var(--chart-ink, " in svg


def test_no_color_is_left_that_one_of_the_themes_could_swallow():
    bare = re.sub(r"var\([^)]*\)", "", drawn())
    assert re.findall(r"(?:fill|stroke): #\w+", bare) == []


def test_texts_stay_texts_in_the_font_of_the_page():
    svg = drawn()
    assert ">k</text>" in svg
    assert "font-family" not in svg


def test_the_styles_of_the_page_are_left_alone():
    assert "<style" not in drawn()


def test_a_glyph_that_the_font_lacks_gives_no_warning():
    with warnings.catch_warnings(), mpl.rc_context(settings("odd")):
        warnings.simplefilter("error")
        figure = Figure(figsize=(2, 2))
        figure.subplots().set_xlabel("penalty λ")
        assert "λ" in to_svg(figure, "odd")


def test_the_settings_of_the_caller_come_back():
    before = dict(mpl.rcParams)
    drawn()
    assert dict(mpl.rcParams) == before


def test_a_legend_can_have_the_colors_of_the_drawing():
    svg = drawn()
    for color in SERIES:
        assert css(color) in svg
        assert fallback(color) in css(color)
    assert fallback(INK) in css(INK)
    assert css("#123456") == fallback("#123456") == "#123456"
