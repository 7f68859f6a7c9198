"""`linnet train DATA --classifier NAME`: one rung under the protocol of a climb."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from linnet.cli.options import DATA_DEFAULTS, PROTOCOL_DEFAULTS, Assignments, DataFlags, ProtocolFlags


def train(
    data: str,
    /,
    *,
    classifier: str,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), consume_multiple=False)] = (),
    data_flags: DataFlags = DATA_DEFAULTS,
    protocol_flags: ProtocolFlags = PROTOCOL_DEFAULTS,
    seed: int = 0,
    out: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Train one rung: choose its settings on validation data, open the test split once, write the report.

    Args:
        data: As for `linnet climb`.
        classifier: Which rung; `linnet list classifiers` names them.
        settings: RUNG.SETTING=VALUE fixes a setting instead of choosing it; data.NAME=VALUE and protocol.NAME=VALUE
            reach the rest of the experiment. May be given several times.
        seed: Everything random is derived from it; the same seed gives the same numbers on the same machine.
        out: The new run folder; runs/DATA-1, runs/DATA-2, ... if not given.
        json: Print the result as JSON on standard output; progress goes to standard error.
    """
    from linnet import workbench
    from linnet.cli import show

    assigned = Assignments.read(settings)
    with show.progress() as progress:
        run = workbench.train(
            data_flags.spec(data, assigned.data),
            classifier=classifier,
            protocol=protocol_flags.protocol(assigned.protocol),
            settings=assigned.rungs,
            seed=seed,
            out=out,
            progress=progress,
        )
    show.finished_run(run, as_json=json)
