"""`linnet report RUN [RUN...]`: make the report of a run again, or compare several."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def report(
    run: Path,
    /,
    *others: Path,
    out: Path | None = None,
    seed: int = 0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Make report.html and report.json again from what a run folder holds; needs neither the data nor any training.

    With several runs, make one page that compares them: all rungs in one table, what was asked otherwise, and paired
    tests where the runs were judged on the same test pictures.

    Args:
        run: A run folder.
        others: More run folders, to compare with the first.
        out: Where to write the page; into the run folder if not given, and for several runs comparison-1.html (or the
            next free number) in the current folder.
        seed: Of no effect here: a report draws nothing at random.
        json: Print the report's path as JSON on standard output.
    """
    from linnet import workbench
    from linnet.cli import show

    show.written(workbench.report(run, *others, out=out), as_json=json)
