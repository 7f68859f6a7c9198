"""`linnet evaluate RUN [DATA]`: score a run's rungs on other pictures, or on its test split again."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from linnet.cli.options import DataFlags


def evaluate(
    run: Path,
    data: str | None = None,
    /,
    *,
    again: Annotated[bool, Parameter(negative=())] = False,
    end: Annotated[bool, Parameter(negative=())] = False,
    out: Path | None = None,
    seed: int = 0,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Score the rungs of a run on another labelled source, or on the run's own test split once more.

    Args:
        run: A run folder.
        data: Another labelled source, of which every picture is scored; classes are matched by name, and those that
            only one side has are named. If not given, the run's own test split, which stays sealed after its first
            opening unless --again is given.
        again: Open the test split again, also where DATA has pictures of it; the ledger and the report will show it.
        end: End a run that was stopped: open its test split for the rungs that are fitted. The others are named as left
            out and will never run; to go on with the run instead, use --resume of linnet climb.
        out: A new folder for the leaderboard, the predictions and all numbers on DATA, and a manifest of what became of
            every file.
        seed: Of no effect here: intervals are always drawn alike.
        json: Print the result as JSON on standard output; progress goes to standard error.
    """
    from linnet import workbench
    from linnet.cli import show
    from linnet.records.run import Run

    source = DataFlags().spec(data, {}) if data is not None else None
    with show.progress() as progress:
        leaderboard = workbench.evaluate(run, source, again=again, end=end, out=out, progress=progress)
    show.leaderboard(leaderboard, as_json=json, shown_settings=show.asked_settings(Run.open(run)))
