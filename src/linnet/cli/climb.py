"""`linnet climb DATA`: all rungs, one leaderboard, one report."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from linnet.cli.options import (
    DATA_DEFAULTS,
    NETWORK_DEFAULTS,
    PROTOCOL_DEFAULTS,
    Assignments,
    DataFlags,
    NetworkFlags,
    ProtocolFlags,
    comma_separated,
    refuse_data_beside_resume,
    wanted_data,
)

Several = Parameter(negative=(), consume_multiple=False)


def climb(
    data: str | None = None,
    /,
    *,
    rungs: Annotated[tuple[str, ...], Several] = (),
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), consume_multiple=False)] = (),
    data_flags: DataFlags = DATA_DEFAULTS,
    protocol_flags: ProtocolFlags = PROTOCOL_DEFAULTS,
    network_flags: NetworkFlags = NETWORK_DEFAULTS,
    seed: int = 0,
    out: Path | None = None,
    tensorboard: Annotated[bool, Parameter(negative=())] = False,
    resume: Path | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Climb the ladder: choose every rung's settings on validation data, open the test split once, write the report.

    Args:
        data: A folder of class folders (with or without train/, val/, test/), a zip or tar of one, a CSV file with the
            columns path and label, or a name such as digits, mnist or cifar10; NAME[cat,dog] keeps some classes.
        rungs: Which rungs, with commas; all of them if not given. `linnet list classifiers` names them.
        settings: RUNG.SETTING=VALUE fixes a setting instead of choosing it, networks.SETTING=VALUE that of every
            network; data.NAME=VALUE and protocol.NAME=VALUE reach the rest of the experiment. May come several times.
        seed: Everything random is derived from it; the same seed gives the same numbers on the same machine.
        out: The new run folder; runs/DATA-1, runs/DATA-2, ... if not given.
        tensorboard: Write events for TensorBoard into the run folder while networks are trained.
        resume: The folder of a run that was interrupted, to go on with; takes no other flag but --json.
        json: Print the result as JSON on standard output; progress goes to standard error.
    """
    from linnet import workbench
    from linnet.cli import show

    if resume is not None:
        refuse_data_beside_resume(data)
        with show.progress() as progress:
            run = workbench.resume(resume, progress=progress)
        show.finished_run(run, as_json=json)
        return
    assigned = Assignments.read(settings)
    with show.progress() as progress:
        run = workbench.climb(
            data_flags.spec(wanted_data(data), assigned.data),
            rungs=comma_separated(rungs),
            protocol=protocol_flags.protocol(assigned.protocol),
            settings=network_flags.settings(assigned.rungs),
            seed=seed,
            out=out,
            progress=progress,
            tensorboard=tensorboard,
        )
    show.finished_run(run, as_json=json)
