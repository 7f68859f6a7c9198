"""How content becomes HTML: templates, how numbers are written in them, and the frame that all pages share."""

import base64
from collections.abc import Callable
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from linnet import words
from linnet.reports import comparing
from linnet.reports.choosing import settings_text
from linnet.reports.pairs import points

if TYPE_CHECKING:
    from jinja2 import Environment

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def frame() -> dict[str, Any]:
    """Return what every page has: its icon, its style and its script, by their names in the templates."""
    from markupsafe import Markup

    mark = asset("mark.svg")
    drawn = mark.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode()
    return {
        "icon": data_uri(drawn, "image/svg+xml"),
        "mark": Markup(mark),
        "style": Markup(asset("style.css")),
        "script": Markup(asset("page.js")),
    }


def data_uri(data: bytes, media_type: str) -> str:
    """Write a file as an address that holds it."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def anchor(name: str) -> str:
    """Turn a name into what may stand in an address within the page; a rung's own name is that already."""
    return "-".join(name.split())


def heat(share: float, is_right: bool) -> str:
    """Turn a cell's share of its row into the strength of its color, in percent; rare mistakes stay visible."""
    return f"{round(55 * share) if is_right else round(12 + 58 * share**0.5)}%"


def moment(when: str) -> str:
    """Write an ISO 8601 time as people do; what is none stays as it is."""
    try:
        return f"{day(when)}, {datetime.fromisoformat(when):%H:%M} UTC"
    except ValueError:
        return when


def day(when: str) -> str:
    """Write the day of an ISO 8601 time; what is none stays as it is."""
    try:
        found = datetime.fromisoformat(when)
    except ValueError:
        return when
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"  # strftime would ask for the machine's language


def filled(given: tuple[Any, ...], *defaults: Any) -> tuple[Any, ...]:
    """Fill up what stands for a column with the defaults of what it leaves out at its end."""
    return (*given, *defaults[len(given) :])


@cache
def asset(name: str) -> str:
    """Read a file of the templates."""
    return resources.files("linnet.reports").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def environment() -> "Environment":
    """Return the templates, with everything that writes a number in them."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters: dict[str, Callable[..., Any]] = {
        name: getattr(words, name)
        for name in (
            "count",
            "agree",
            "often",
            "in_100",
            "in_1",
            "tiny",
            "chance",
            "percent",
            "p_value",
            "significant",
            "seconds",
            "ratio",
        )
    }
    filters |= {"verdict": comparing.verdict, "points": points, "anchor": anchor}
    filters |= {"settings": settings_text, "setting": words.setting, "heat": heat, "day": day, "moment": moment}
    environment.filters.update(filters, css=lambda fraction: f"{100 * fraction:.2f}%", filled=filled)
    return environment
