"""What becomes of a rung that would not fit into its share of a time budget: fewer rounds, or a reason to skip it."""

from collections.abc import Sequence
from pathlib import Path

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Shortenable
from linnet.datasets.loading import Loaded
from linnet.errors import RunError
from linnet.evaluation.budget import duration, estimate_seconds
from linnet.progress import Progress
from linnet.records.files import read_json, write_json
from linnet.records.run import Run
from linnet.words import count

_MARGIN = 0.9
"""Estimates are from a few steps; so much of the share is planned with."""

Candidates = Sequence[Classifier]


def fit_into(
    run: Run, name: str, candidates: Candidates, data: Loaded, *, share: float, progress: Progress
) -> tuple[str | None, Candidates | None]:
    """Foresee what a rung costs, and shorten it where that is needed and enough.

    What is decided is written down first, so that a run that goes on does the same whatever time it has left.

    Args:
        run: Its folder gets budget.json where rounds are left out.
        name: The rung.
        candidates: What its settings are chosen from.
        data: What it would learn.
        share: Seconds.
        progress: Told of rounds that are left out.

    Returns:
        Why the rung does not fit, or None; and the shortened candidates, or None where they may stay as they are.
    """
    if share == float("inf"):
        return None, None
    if share <= 0:
        return "the time budget was used up before it", None
    parts = data.parts()
    estimate = estimate_seconds(candidates, *parts[0], n_parts=len(parts), seed=run.experiment.seed)
    if estimate <= share:
        return None, None
    cost = f"about {duration(estimate)}, its share of the time budget is {duration(share)}"
    n_rounds = None
    if "epochs" not in run.experiment.fixed(name):
        n_rounds = _fewer(candidates, len(parts[0][0]), _MARGIN * share / estimate)
    if n_rounds is None:
        return f"it would take {cost}", None
    write_json(_file(run, name), {"epochs": n_rounds, "estimated_seconds": estimate, "share_seconds": share})
    progress.say(f"{name} makes only {count(n_rounds, 'round')}: all would take {cost}.")
    return None, shortened(run, name, candidates)


def shortened(run: Run, name: str, candidates: Candidates) -> Candidates | None:
    """Return the candidates with the rounds that were decided on before, or None where nothing was.

    Raises:
        RunError: what was written down is damaged.
    """
    path = _file(run, name)
    if not path.exists():
        return None
    plain = read_json(path)
    n_rounds = plain.get("epochs") if isinstance(plain, dict) else None
    if not isinstance(n_rounds, int) or n_rounds < 1:
        raise RunError(f"{path} should say how many rounds fit into the budget; it is damaged, so start a new run.")
    return [candidate.with_settings(epochs=n_rounds) for candidate in candidates]


def _fewer(candidates: Candidates, n_images: int, share: float) -> int | None:
    found = [c.fewer_rounds(n_images, share) if isinstance(c, Shortenable) else None for c in candidates]
    known = [n_rounds for n_rounds in found if n_rounds is not None]
    return min(known) if len(known) == len(candidates) else None


def _file(run: Run, name: str) -> Path:
    return run.rung_folder(name) / "budget.json"
