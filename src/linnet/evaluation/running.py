"""What stands behind the verbs that make and score runs: from a request to a finished run folder with its report."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from linnet.datasets import loading
from linnet.datasets.loading import Loaded
from linnet.datasets.opening import absolute
from linnet.errors import UsageError
from linnet.evaluation import climbing, evaluating, showing
from linnet.evaluation.facts import data_facts
from linnet.machine import describe_machine
from linnet.progress import Progress
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.leaderboard import Leaderboard
from linnet.records.run import Run, refuse_existing
from linnet.reports import page

Source = str | Path | DataSpec
Settings = Mapping[str, Mapping[str, Any]]


def asked(
    command: Literal["climb", "train"],
    data: Source,
    *,
    rungs: tuple[str, ...],
    protocol: Protocol | None,
    settings: Settings | None,
    seed: int,
) -> Experiment:
    """Write down everything that was asked."""
    return Experiment(
        command=command,
        data=spec_of(data),
        protocol=protocol or Protocol(),
        rungs=rungs,
        seed=seed,
        settings=climbing.spread(settings or {}, rungs),
        machine=describe_machine(),
    )


def carry_out(experiment: Experiment, out: Path | str | None, progress: Progress) -> Run:
    """Do what was asked, in a new run folder; all that can be refused is refused before the folder is made.

    Args:
        experiment: What was asked.
        out: The run folder; None: the first free one under runs/.
        progress: Where long work reports to.
    """
    ladder = climbing.ladder(experiment)
    folder = Path(out) if out is not None else free_folder(experiment.data)
    refuse_existing(folder)
    loaded = loading.load(experiment.data, experiment.protocol, seed=experiment.seed, progress=progress)
    run = Run.create(folder, experiment)
    finish(run, ladder, loaded, command=experiment.command, progress=progress)
    return run


def finish(run: Run, ladder: climbing.Ladder, loaded: Loaded, *, command: str, progress: Progress) -> None:
    """Do what is left of a run; one that is stopped says how to go on with it."""
    loaded.manifest.write(run.folder / "manifest.csv")
    data_facts(loaded).write(run.folder / "data.json")
    try:
        with _report_at_the_end(run, loaded, progress):
            skipped = climbing.climb(run, ladder, loaded, progress=progress)
            climbing.open_test(run, loaded, command=command, skipped=skipped, progress=progress)
    except KeyboardInterrupt:
        progress.say(f"To go on with it: linnet {run.experiment.command} --resume {shlex.quote(str(run.folder))}")
        raise


def complete_report(run: Run, *, progress: Progress) -> None:
    """Make the numbers and the report of a finished run that was stopped before they were whole; nothing is opened."""
    loaded = loading.load_again(run, progress=progress)
    evaluating.complete(run, progress=progress)
    _write_report(run, loaded, progress)


def refuse_mixed(data: Source | None, *, end: bool, out: Path | str | None) -> None:
    """Refuse what means nothing beside what is scored, before anything is opened.

    Raises:
        UsageError: a flag for the run's own test split beside other pictures, or the other way round.
    """
    if data is None and out is not None:
        raise UsageError(
            "--out is for the numbers of other DATA; those of the run's own test split go into the run; leave it out."
        )
    if data is not None and end:
        raise UsageError("--end is about the run's own test split, and other DATA do not end the run; leave it out.")


def score(run: Run, *, again: bool, end: bool, progress: Progress) -> Leaderboard:
    """Open the test split of a run for its fitted rungs, and make its report.

    Args:
        run: Finished, or to be ended by this.
        again: Whether a second opening is meant.
        end: Whether the end of an unfinished run is meant.
        progress: Where long work reports to.

    Raises:
        SealedError: what was to be done is not meant; says what it would be.
    """
    is_finished = run.is_finished
    if is_finished and not again:
        climbing.refuse_second_opening(run)
    if not is_finished and not end:
        climbing.refuse_ending(run)
    loaded = loading.load_again(run, progress=progress)
    skipped = run.leaderboard.skipped if is_finished else climbing.not_reached(run)
    leaderboard = climbing.open_test(run, loaded, command="evaluate", again=again, skipped=skipped, progress=progress)
    _write_report(run, loaded, progress)
    return leaderboard


@contextmanager
def _report_at_the_end(run: Run, loaded: Loaded, progress: Progress) -> Iterator[None]:
    """Write pictures and report when the work ends: well, by Ctrl-C, or by an error."""
    try:
        yield
    except KeyboardInterrupt:
        progress.say("Stopped. A report of what was finished is made now; Ctrl-C again leaves it out.")
        raise
    finally:
        evaluating.complete(run, lenient=True, progress=progress)
        _write_report(run, loaded, progress)


def _write_report(run: Run, loaded: Loaded, progress: Progress) -> None:
    showing.store_pictures(run, loaded, progress=progress)
    with progress.task("Writing the report"):
        page.write(run)


def spec_of(data: Source) -> DataSpec:
    """Make paths absolute, so that a run finds its data again from any folder."""
    spec = data if isinstance(data, DataSpec) else DataSpec(source=str(data))
    return replace(spec, source=absolute(spec.source))


def free_folder(spec: DataSpec) -> Path:
    """Name the first free folder runs/DATA-1, runs/DATA-2, ..."""
    stem = Path(spec.source.partition("[")[0].rstrip("/\\") or "data").name.split(".")[0] or "data"
    number = 1
    while Path("runs", f"{stem}-{number}").exists():
        number += 1
    return Path("runs", f"{stem}-{number}")


def free_number(folder: Path) -> Path:
    """Name the first free folder FOLDER/1, FOLDER/2, ..."""
    number = 1
    while (folder / str(number)).exists():
        number += 1
    return folder / str(number)
