"""`linnet list [FAMILY]`: what there is."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def list_entries(
    family: str | None = None,
    /,
    *,
    out: Path | None = None,
    seed: int = 0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """List what there is, each with a line about it; classifiers in the order of the ladder.

    Args:
        family: augmentations, classifiers, datasets, explainers, losses or visualizations; all of them if not given.
        out: A file to write the list to as JSON.
        seed: Of no effect here.
        json: Print the list as JSON on standard output.
    """
    from linnet import workbench
    from linnet.cli import show

    show.entries(workbench.list_entries(family), as_json=json, out=out)
