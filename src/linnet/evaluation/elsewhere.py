"""Score the rungs of a run on pictures that are not its own; its test split stays as sealed as it was."""

from dataclasses import replace
from pathlib import Path

from linnet.datasets import loading
from linnet.errors import RunError
from linnet.evaluation import climbing, evaluating
from linnet.evaluation.ranking import rank
from linnet.progress import SILENT, Progress
from linnet.records.experiment import DataSpec
from linnet.records.leaderboard import Leaderboard
from linnet.records.run import Run, refuse_existing


def score(run: Run, spec: DataSpec, out: Path | None = None, *, progress: Progress = SILENT) -> Leaderboard:
    """Let every fitted rung predict another labelled source, whose classes are matched by name.

    Args:
        run: Its fitted rungs are scored.
        spec: Which pictures; how they are stored is the run's.
        out: A new folder for leaderboard, predictions, numbers and manifest; None writes nothing.
        progress: Where long work reports to, and what does not fit is said.

    Raises:
        RunError: no rung is fitted, or `out` exists.
        DataError: no class of the source is known to the run, or none that is has a picture.
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
        spec, class_names=facts.class_names, geometry=facts.geometry, learned=run.manifest, progress=progress
    )
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
