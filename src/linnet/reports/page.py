"""How a report's content becomes one self-contained HTML file."""

from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from linnet.charts.theme import inline
from linnet.errors import ConfigError
from linnet.records.files import write_text
from linnet.records.pictures import media_type
from linnet.records.run import Run
from linnet.reports import as_json, drawing
from linnet.reports.comparing import RunsReport
from linnet.reports.content import Report, compose
from linnet.reports.evidence import gather
from linnet.reports.rendering import data_uri, environment, frame

MOSAIC_PICTURES, MOSAIC_COLUMNS = 20, 5


def write(run: Run, out: Path | None = None) -> Path:
    """Write a run's report, finished or not, whatever optional record is missing; beside the page the same as JSON.

    Args:
        run: What to report on.
        out: The file to write; None: report.html in the run folder.

    Returns:
        The file that was written.

    Raises:
        ConfigError: `out` is the place of the JSON.
        RunError: the run has no readable experiment.toml.
    """
    path = out if out is not None else run.folder / "report.html"
    _refuse_json(path)
    evidence = gather(run)
    report = compose(evidence)
    as_json.write(report, path.with_suffix(".json"))
    write_text(path, render(report, evidence.pictures))
    return path


def write_runs(report: RunsReport, out: Path) -> Path:
    """Write a page on several runs as one HTML file, and the same as JSON beside it.

    Raises:
        ConfigError: `out` is the place of the JSON.
    """
    _refuse_json(out)
    as_json.write(report, out.with_suffix(".json"))
    write_text(out, environment().get_template("comparison.html.j2").render(report=report, **frame()))
    return out


def render(report: Report, pictures: Mapping[str, bytes]) -> str:
    """Make the page.

    Args:
        report: What is said.
        pictures: Picture files by the names that stand in it.
    """
    from markupsafe import Markup

    def uri(name: str) -> str:
        return data_uri(pictures[name], media_type(pictures[name]))

    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            is_small=bool(report.data and report.data.is_small),
            mosaic=mosaic(report),
            has_templates=any(part.templates for part in report.rungs),
            uri=uri,
            galleries=Markup(report.galleries.as_json(uri)) if report.galleries.ids else "",
            numbers=report.galleries.numbers,
            draw=lambda what, part, number=0: Markup(inline(drawing.draw(what, part, f"{what}-{number}"))),
            **frame(),
        )
    )


def mosaic(report: Report) -> list[str]:
    """Choose pictures that stand beside the summary: some of every class as far as they go, in full rows."""
    classes = report.data.classes if report.data else ()
    in_turn = zip_longest(*(part.samples for part in classes))
    found = [sample.picture for turn in in_turn for sample in turn if sample and sample.picture]
    return found[: min(len(found), MOSAIC_PICTURES) // MOSAIC_COLUMNS * MOSAIC_COLUMNS]


def _refuse_json(path: Path) -> None:
    if path.suffix == ".json":
        raise ConfigError(f"--out names the page, such as report.html, and the JSON is put beside it; it is {path}.")
