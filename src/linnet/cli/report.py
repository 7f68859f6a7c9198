"""`linnet report RUN`: make the report of a run again."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def report(
    run: Path,
    /,
    *,
    out: Path | None = None,
    seed: int = 0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Make report.html again from what a run folder holds; needs neither the data nor any training.

    Args:
        run: A run folder.
        out: Where to write the report; into the run folder if not given.
        seed: Of no effect here: a report draws nothing at random.
        json: Print the report's path as JSON on standard output.
    """
    from linnet import workbench
    from linnet.cli import show

    show.written(workbench.report(run, out=out), as_json=json)
