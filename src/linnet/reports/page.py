"""How a report's content becomes one self-contained HTML file."""

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from linnet.charts import courses
from linnet.charts.curves import Line, accuracy_over
from linnet.charts.theme import inline
from linnet.records.files import write_text
from linnet.records.run import Run
from linnet.reports.choosing import Choice
from linnet.reports.comparing import RunsReport
from linnet.reports.content import Report, compose
from linnet.reports.courses import CoursePart
from linnet.reports.evidence import gather
from linnet.reports.rendering import data_uri, environment, frame

MOSAIC_PICTURES, MOSAIC_COLUMNS = 20, 5


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


def write_runs(report: RunsReport, out: Path) -> Path:
    """Write a page on several runs as one HTML file."""
    write_text(out, environment().get_template("comparison.html.j2").render(report=report, **frame()))
    return out


def render(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Make the page.

    Args:
        report: What is said.
        pictures: PNG files by the names that stand in it.
    """
    from markupsafe import Markup

    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            is_small=bool(report.data and report.data.is_small),
            mosaic=mosaic(report),
            has_templates=any(part.templates for part in report.rungs),
            uri=lambda name: data_uri(pictures[name], "image/png"),
            chart=lambda choice, number: Markup(inline(draw(choice, f"curve-{number}"))),
            course_chart=lambda part, what, number: Markup(inline(draw_course(part, what, f"{what}-{number}"))),
            **frame(),
        )
    )


def mosaic(report: Report) -> list[str]:
    """Choose pictures that stand beside the summary: some of every class as far as they go, in full rows."""
    classes = report.data.classes if report.data else ()
    in_turn = zip_longest(*(part.samples for part in classes))
    found = [sample.picture for turn in in_turn for sample in turn if sample and sample.picture]
    return found[: min(len(found), MOSAIC_PICTURES) // MOSAIC_COLUMNS * MOSAIC_COLUMNS]


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
