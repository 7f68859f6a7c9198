"""`linnet train DATA --classifier NAME`: one rung under the protocol of a climb."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from linnet.cli.options import (
    DATA_DEFAULTS,
    NETWORK_DEFAULTS,
    PROTOCOL_DEFAULTS,
    Assignments,
    DataFlags,
    NetworkFlags,
    ProtocolFlags,
    refuse_data_beside_resume,
    wanted_data,
)
from linnet.errors import UsageError


def train(
    data: str | None = None,
    /,
    *,
    classifier: str | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), consume_multiple=False)] = (),
    data_flags: DataFlags = DATA_DEFAULTS,
    protocol_flags: ProtocolFlags = PROTOCOL_DEFAULTS,
    network_flags: NetworkFlags = NETWORK_DEFAULTS,
    seed: int = 0,
    out: Path | None = None,
    tensorboard: Annotated[bool, Parameter(negative=())] = False,
    resume: Path | None = None,
    find_rate: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Train one rung: choose its settings on validation data, open the test split once, write the report.

    Args:
        data: As for `linnet climb`.
        classifier: Which rung; `linnet list classifiers` names them.
        settings: RUNG.SETTING=VALUE fixes a setting instead of choosing it, networks.SETTING=VALUE that of every
            network; data.NAME=VALUE and protocol.NAME=VALUE reach the rest of the experiment. May come several times.
        seed: Everything random is derived from it; the same seed gives the same numbers on the same machine.
        out: The new run folder; runs/DATA-1, runs/DATA-2, ... if not given. With --find-rate the folder for rates.svg
            and rates.csv; the current one if not given.
        tensorboard: Write events for TensorBoard into the run folder while networks are trained.
        resume: The folder of a run that was interrupted, to go on with; takes no other flag but --json.
        find_rate: Train nothing: make some steps on training pictures with a rising learning rate, draw the loss over
            the rate, and suggest one, with the command that trains with it as everything else was asked. For networks.
        json: Print the result as JSON on standard output; progress goes to standard error.
    """
    from linnet import workbench
    from linnet.cli import show
    from linnet.records.run import Run

    if resume is not None:
        refuse_data_beside_resume(data)
        with show.progress() as progress:
            run = workbench.resume(resume, progress=progress)
        show.finished_run(run, as_json=json)
        return
    if classifier is None:
        raise UsageError("linnet train wants --classifier NAME; `linnet list classifiers` names them.")
    assigned = Assignments.read(settings)
    verb: Any = workbench.find_rate if find_rate else workbench.train
    with show.progress() as progress:
        found = verb(
            data_flags.spec(wanted_data(data), assigned.data),
            classifier=classifier,
            protocol=protocol_flags.protocol(assigned.protocol),
            settings=network_flags.settings(assigned.rungs),
            seed=seed,
            out=out,
            progress=progress,
            tensorboard=tensorboard,
        )
    if isinstance(found, Run):
        show.finished_run(found, as_json=json)
    else:
        show.found_rate(found, as_json=json)
