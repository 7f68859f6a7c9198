"""How a report's content becomes one self-contained HTML file; the only home of jinja2."""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib import resources
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linnet.charts import courses
from linnet.charts.curves import Line, accuracy_over
from linnet.charts.theme import inline
from linnet.records.files import write_text
from linnet.records.run import Run
from linnet.reports import words
from linnet.reports.choosing import Choice, settings_text
from linnet.reports.content import Report, compose
from linnet.reports.courses import CoursePart
from linnet.reports.evidence import gather

if TYPE_CHECKING:
    from jinja2 import Environment

MOSAIC_PICTURES, MOSAIC_COLUMNS = 20, 5

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def write(run: Run, out: Path | None = None) -> Path:
    """Write a run's report, finished or not, whatever optional record is missing.

    Args:
        run: What to report on.
        out: The file to write; None: report.html in the run folder.

    Returns:
        The file that was written.

    Raises:
        RunError: the run has no readable experiment.toml.
    """
    evidence = gather(run)
    path = out if out is not None else run.folder / "report.html"
    write_text(path, render(compose(evidence), evidence.pictures))
    return path


def render(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Make the page.

    Args:
        report: What is said.
        pictures: PNG files by the names that stand in it.
    """
    from markupsafe import Markup

    mark = _asset("mark.svg")
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            is_small=bool(report.data and report.data.is_small),
            mosaic=mosaic(report),
            has_templates=any(part.templates for part in report.rungs),
            uri=lambda name: data_uri(pictures[name], "image/png"),
            chart=lambda choice, number: Markup(inline(draw(choice, f"curve-{number}"))),
            course_chart=lambda part, what, number: Markup(inline(draw_course(part, what, f"{what}-{number}"))),
            icon=data_uri(
                mark.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).encode(), "image/svg+xml"
            ),
            mark=Markup(mark),
            style=Markup(_asset("style.css")),
            script=Markup(_asset("page.js")),
        )
    )


def mosaic(report: Report) -> list[str]:
    """Choose pictures that stand beside the summary: some of every class as far as they go, in full rows."""
    classes = report.data.classes if report.data else ()
    in_turn = zip_longest(*(part.samples for part in classes))
    found = [sample.picture for turn in in_turn for sample in turn if sample and sample.picture]
    return found[: min(len(found), MOSAIC_PICTURES) // MOSAIC_COLUMNS * MOSAIC_COLUMNS]


def data_uri(data: bytes, media_type: str) -> str:
    """Write a file as an address that holds it."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def draw(choice: Choice, name: str) -> str:
    """Draw the curve of a choice that has one; `name` must be unique on the page."""
    if choice.curve is None:
        return ""
    lines = [Line(x=line.x, y=line.accuracy, spread=line.spread) for line in choice.curve.lines]
    return accuracy_over(
        lines,
        name=name,
        setting=choice.curve.setting.replace("_", " "),
        metric=choice.metric,
        is_log=choice.curve.is_log,
        chosen=choice.curve.chosen,
    )


def draw_course(part: CoursePart, what: str, name: str) -> str:
    """Draw the "loss" or the "accuracy" of a training; `name` must be unique on the page."""
    draw_lines = courses.loss_over_epochs if what == "loss" else courses.accuracy_over_epochs
    course = courses.Course(
        epochs=[row.epoch for row in part.rows],
        train=[getattr(row, f"train_{what}") for row in part.rows],
        valid=[getattr(row, f"valid_{what}") for row in part.rows],
    )
    return draw_lines(course, name=name, kept=part.kept.epoch)


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


@cache
def _asset(name: str) -> str:
    return resources.files("linnet.reports").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_asset), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    filters: dict[str, Callable[..., Any]] = {
        name: getattr(words, name)
        for name in (
            "count",
            "often",
            "in_100",
            "tiny",
            "chance",
            "percent",
            "p_value",
            "significant",
            "seconds",
            "ratio",
        )
    }
    filters |= {"settings": settings_text, "setting": words.setting, "heat": heat, "day": day, "moment": moment}
    environment.filters.update(filters, css=lambda fraction: f"{100 * fraction:.2f}%")
    return environment
