"""`linnet describe NAME`: one entry, its settings and what may be chosen."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def describe(
    name: str,
    /,
    *,
    out: Path | None = None,
    seed: int = 0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Describe one classifier or data set.

    Args:
        name: As `linnet list` names it.
        out: A file to write the description to as JSON.
        seed: Of no effect here.
        json: Print the description as JSON on standard output.
    """
    from linnet import workbench
    from linnet.cli import show

    show.description(workbench.describe(name), as_json=json, out=out)
