"""What becomes of a rung that would not fit into its share of a time budget: fewer rounds, or a reason to skip it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Shortenable
from linnet.datasets.loading import Loaded
from linnet.errors import RunError
from linnet.evaluation.budget import Budget, duration, estimate_seconds
from linnet.progress import Progress
from linnet.records.files import read_json, write_json
from linnet.records.run import Run
from linnet.words import count

_MARGIN = 0.9
"""Estimates are from a few steps; so much of the share is planned with."""

_UNTRIED = "the time budget was used up before it; what it would take was not tried, as that takes time, too"

Candidates = Sequence[Classifier]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Hold what becomes of a rung.

    Attributes:
        epochs: Rounds that it makes instead of all; None: all.
        reason: Why it is skipped; None: it is not.
        estimated_seconds: For all rounds; None where that was not tried.
        share_seconds: What it had of the budget, the trial for the estimate taken off.
    """

    epochs: int | None = None
    reason: str | None = None
    estimated_seconds: float | None = None
    share_seconds: float = inf

    def applied(self, candidates: Candidates) -> Candidates:
        """Return the candidates with the rounds that were decided on."""
        if self.epochs is None:
            return candidates
        return [candidate.with_settings(epochs=self.epochs) for candidate in candidates]


@contextmanager
def counted(run: Run, *, n_rungs: int) -> Iterator[Budget]:
    """Give out the time budget of a run, in which earlier attempts count; what this one takes is written at its end.

    Raises:
        RunError: what was written down is damaged.
    """
    budget = Budget(seconds=run.experiment.protocol.budget, n_rungs=n_rungs, before=_spent(run))
    try:
        yield budget
    finally:
        _write_spent(run, budget)


def decide(
    run: Run, name: str, candidates: Candidates, data: Loaded, *, budget: Budget, number: int, progress: Progress
) -> Decision:
    """Foresee what a rung costs, and shorten it where that is needed and enough.

    What is decided, be it that all fits, is written down first, so that a run that goes on does the same whatever the
    machine has to do then.

    Args:
        run: Its folder gets the rung's budget.json where there is a budget.
        name: The rung.
        candidates: What its settings are chosen from.
        data: What it would learn.
        budget: Of the whole climb.
        number: The rung's, 0 .. n_rungs-1, in the order in which they run.
        progress: Told of rounds that are left out.

    Raises:
        RunError: what was written down is damaged.
    """
    share = budget.share(number)
    if share == inf or _file(run, name).exists():
        return decided(run, name)
    decision = _decision(run, name, candidates, data, budget=budget, share=share)
    plain = {
        "epochs": decision.epochs,
        "estimated_seconds": decision.estimated_seconds,
        "share_seconds": decision.share_seconds,
        "skipped": decision.reason,
    }
    write_json(_file(run, name), plain)
    _write_spent(run, budget)
    if decision.epochs is not None:
        n_rounds, cost = decision.epochs, _cost(decision.estimated_seconds or 0.0, decision.share_seconds)
        progress.say(f"{name} makes only {count(n_rounds, 'round')}: all would take {cost}.")
    return decision


def decided(run: Run, name: str) -> Decision:
    """Return what was decided on a rung before; where nothing was, it stays as it is.

    Raises:
        RunError: what was written down is damaged.
    """
    path = _file(run, name)
    if not path.exists():
        return Decision()
    plain = read_json(path)
    n_rounds, reason = (plain.get("epochs"), plain.get("skipped")) if isinstance(plain, dict) else (0, None)
    is_whole = n_rounds is None or (isinstance(n_rounds, int) and n_rounds >= 1)
    if not is_whole or not isinstance(reason, str | None):
        raise RunError(f"{path} should say how many rounds fit into the budget; it is damaged, so start a new run.")
    return Decision(epochs=n_rounds, reason=reason)


def _decision(run: Run, name: str, candidates: Candidates, data: Loaded, *, budget: Budget, share: float) -> Decision:
    if budget.is_overdrawn:
        return Decision(reason=_UNTRIED, share_seconds=0.0)
    parts, started = data.parts(), budget.used
    estimate = estimate_seconds(candidates, *parts[0], n_parts=len(parts), seed=run.experiment.seed)
    share = max(0.0, share - (budget.used - started))  # the trial is a part of the rung's work
    n_rounds = None
    if 0 < share < estimate and "epochs" not in run.experiment.fixed(name):
        n_rounds = _fewer(candidates, len(parts[0][0]), _MARGIN * share / estimate)
    reason = None if estimate <= share or n_rounds else f"it would take {_cost(estimate, share)}"
    return Decision(epochs=n_rounds, reason=reason, estimated_seconds=estimate, share_seconds=share)


def _cost(estimate: float, share: float) -> str:
    left = f"its share of the time budget is {duration(share)}" if share else "and the time budget is used up"
    return f"about {duration(estimate)}, {left}"


def _fewer(candidates: Candidates, n_images: int, share: float) -> int | None:
    found = [c.fewer_rounds(n_images, share) if isinstance(c, Shortenable) else None for c in candidates]
    known = [n_rounds for n_rounds in found if n_rounds is not None]
    return min(known) if len(known) == len(candidates) else None


def _file(run: Run, name: str) -> Path:
    return run.rung_folder(name) / "budget.json"


def _spent(run: Run) -> float:
    path = run.folder / "budget.json"
    if not path.exists():
        return 0.0
    plain = read_json(path)
    seconds = plain.get("spent_seconds") if isinstance(plain, dict) else None
    if not isinstance(seconds, int | float) or not 0 <= seconds < inf:
        raise RunError(f"{path} should say how much of the budget is spent; it is damaged, so start a new run.")
    return float(seconds)


def _write_spent(run: Run, budget: Budget) -> None:
    if budget.seconds:
        write_json(run.folder / "budget.json", {"spent_seconds": budget.used})
