"""How templates write numbers and times, and what every page has."""

import base64

import pytest

from linnet.reports.rendering import anchor, asset, data_uri, day, environment, frame, heat, moment


def test_strength_of_color_grows_with_the_share_and_rare_mistakes_are_visible():
    strengths = [int(heat(share, False)[:-1]) for share in (0.001, 0.01, 0.1, 1.0)]
    assert strengths == sorted(strengths)
    assert strengths[0] >= 10
    assert heat(1.0, True) == "55%"


def test_times_are_said_as_people_do_and_anything_else_stays():
    assert day("2026-03-01T00:00:00Z") == "1 March 2026"
    assert moment("2026-12-31T23:59:59Z") == "31 December 2026, 23:59 UTC"
    assert (day("some day"), moment("")) == ("some day", "")


def test_a_data_address_holds_the_file():
    kind, _, data = data_uri(b"\x89PNG", "image/png").partition(",")
    assert (kind, base64.b64decode(data)) == ("data:image/png;base64", b"\x89PNG")


def test_every_page_has_an_icon_a_style_and_a_script_that_load_nothing():
    found = frame()
    assert found["icon"].startswith("data:image/svg+xml;base64,")
    assert "http" not in found["style"] + found["script"]
    assert b"xmlns" in base64.b64decode(found["icon"].partition(",")[2])


def test_what_is_written_is_escaped_and_a_missing_name_is_an_error():
    from jinja2 import UndefinedError

    template = environment().from_string("{{ title }}")
    assert template.render(title="<script>") == "&lt;script&gt;"
    with pytest.raises(UndefinedError):
        template.render()


def test_templates_are_read_from_the_package():
    assert asset("page.js").startswith("//")


def test_a_name_becomes_an_address_without_spaces():
    assert anchor("a  b\tc") == "a-b-c"
