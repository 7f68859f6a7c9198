"""Score the rungs of a run on pictures that are not its own; those of its test split are found out by their content."""

from dataclasses import replace
from pathlib import Path

from linnet.datasets import loading
from linnet.errors import RunError, SealedError
from linnet.evaluation import climbing, evaluating
from linnet.evaluation.ranking import rank
from linnet.progress import SILENT, Progress
from linnet.records.experiment import DataSpec
from linnet.records.leaderboard import Leaderboard
from linnet.records.ledger import Opening
from linnet.records.matching import Matching
from linnet.records.run import Run, refuse_existing
from linnet.reports import page
from linnet.words import count


def score(
    run: Run, spec: DataSpec, out: Path | None = None, *, again: bool = False, progress: Progress = SILENT
) -> Leaderboard:
    """Let every fitted rung predict another labelled source, whose classes are matched by name.

    Args:
        run: Its fitted rungs are scored.
        spec: Which pictures; how they are stored is the run's.
        out: A new folder for leaderboard, predictions, numbers and manifest; None writes nothing.
        again: Whether pictures of the run's own test split may be among them; that is written into the ledger and
            shown in the report.
        progress: Where long work reports to, and what does not fit is said.

    Raises:
        RunError: no rung is fitted, or `out` exists.
        DataError: no class of the source is known to the run, or none that is has a picture.
        SealedError: pictures of the run's test split are among them, and `again` is not set or the split has not been
            opened yet.
    """
    if out is not None:
        refuse_existing(out)
    rungs = run.fitted_rungs
    if not rungs:
        raise RunError(f"{run.folder} has no fitted rung; climb again before evaluating.")
    facts, asked = run.facts, run.experiment.data
    # Folders inside class folders mean what they meant in the run, unless something else is asked.
    spec = replace(spec, nested=asked.nested) if spec.nested == "error" else spec
    found = loading.load_for(
        spec, class_names=facts.class_names, geometry=facts.geometry, own=run.manifest, progress=progress
    )
    if found.matching.n_of_test:
        _open(run, found.matching, again=again)
    contenders = [climbing.contend(run, rung, found.data, progress=progress) for rung in rungs]
    leaderboard = replace(rank(contenders), matching=found.matching)
    if out is not None:
        found.manifest.write(out / "manifest.csv")
        for contender in contenders:
            contender.predictions.write(out / f"predictions-{contender.rung}.csv")
            numbers = evaluating.of_rung(run, contender.rung, contender.predictions, split=Path(spec.source).name)
            numbers.write(out / f"evaluation-{contender.rung}.json")
        leaderboard.write(out)
    return leaderboard


def _open(run: Run, matching: Matching, *, again: bool) -> None:
    """Write into the ledger and the report that pictures of the test split are about to be scored, or refuse it."""
    found = f"{matching.source} has {count(matching.n_of_test, 'picture')} of the test split of {run.folder}, which"
    if not run.openings:
        raise SealedError(f"{found} has not been opened yet; leave them out, or let the run come to its end first.")
    first = run.openings[0]
    if not again:
        raise SealedError(
            f"{found} was opened on {first.when}; scoring them again makes its numbers less honest, and will be shown "
            "in the report; leave them out, or add --again if you mean it."
        )
    run.record_opening(
        Opening(
            when=climbing.now(),
            command="evaluate",
            rungs=run.fitted_rungs,
            n=matching.n_of_test,
            split_hash=first.split_hash,
        )
    )
    page.write(run)
