"""`linnet inspect DATA`: what is in some data, before anything is trained."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from linnet.cli.options import DATA_DEFAULTS, Assignments, DataFlags, ProtocolFlags


def inspect(
    data: str,
    /,
    *,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), consume_multiple=False)] = (),
    data_flags: DataFlags = DATA_DEFAULTS,
    folds: int = 0,
    seed: int = 0,
    out: Path | None = None,
    augment: str | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Read a data source, count and check everything in it, and split it; train nothing.

    Args:
        data: As for `linnet climb`.
        settings: data.NAME=VALUE and protocol.NAME=VALUE reach what has no flag. May be given several times.
        folds: Split for cross-validation with so many folds.
        seed: Decides the split.
        out: A new folder for manifest.csv and data.json.
        augment: Augmentations such as pad-crop,flip: draws what they do to training pictures into augmented.png, in the
            folder of --out, or else in the current one. auto is what a network would take for these pictures.
        json: Print the result as JSON on standard output; progress goes to standard error.
    """
    from linnet import workbench
    from linnet.cli import show

    assigned = Assignments.read(settings)
    with show.progress() as progress:
        found = workbench.inspect(
            data_flags.spec(data, assigned.data),
            protocol=ProtocolFlags(folds=folds).protocol(assigned.protocol),
            seed=seed,
            out=out,
            augment=augment,
            progress=progress,
        )
    show.inspection(found, as_json=json)
