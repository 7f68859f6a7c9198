"""What a report says of the course of each training: its curves, the epoch that was kept, and what they look like."""

from dataclasses import dataclass

from linnet.records.history import Epoch, History
from linnet.records.training import Training
from linnet.reports.evidence import Evidence
from linnet.reports.fitting import Verdict, judge, kept_epoch
from linnet.words import count

TOO_BIG = 1e12
"""Above, a value comes from a training that ran away, and an axis or a table that held it would show nothing else."""


@dataclass(frozen=True, kw_only=True)
class CourseRow:
    """Hold one epoch as a report shows it; None is what was not measured, or is no number."""

    epoch: int
    train_loss: float | None
    train_accuracy: float | None
    valid_loss: float | None
    valid_accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class CoursePart:
    """Hold the course of one rung's training.

    Attributes:
        rows: One per epoch, at least one.
        kept: The epoch whose weights were kept; one of `rows`.
        is_validated: Whether any epoch was judged on validation pictures.
        keeps_best: Whether validation chose `kept`; else it is the last.
        images_per_second: Training pictures per second, over all epochs; None where that is no number.
        seconds: Of the training, validation included.
        verdict: What it looks like.
        resolved: What the training of the saved weights resolved to, in one line; empty where that is not known.
    """

    rung: str
    rows: tuple[CourseRow, ...]
    kept: CourseRow
    is_validated: bool
    keeps_best: bool
    images_per_second: float | None
    seconds: float | None
    verdict: Verdict
    resolved: str

    @property
    def last(self) -> CourseRow:
        """The last epoch."""
        return self.rows[-1]


def describe_courses(evidence: Evidence) -> tuple[CoursePart, ...]:
    """Say of each rung that was trained by epochs how that went; a training of no epochs has nothing to show."""
    return tuple(
        part
        for rung in evidence.rungs
        if (history := evidence.histories.get(rung)) and (part := _describe(evidence, rung, history))
    )


def _describe(evidence: Evidence, rung: str, history: History) -> CoursePart | None:
    keep, training = _keep(evidence, rung), evidence.trainings.get(rung)
    kept, verdict = kept_epoch(history, keep=keep), judge(history, keep=keep)
    if kept is None or verdict is None:
        return None
    rows = tuple(_row(epoch) for epoch in history.epochs)
    is_validated = any(row.valid_accuracy is not None for row in rows)
    return CoursePart(
        rung=rung,
        rows=rows,
        kept=_row(kept),
        is_validated=is_validated,
        keeps_best=is_validated and keep == "best",
        images_per_second=_speed(history),
        seconds=_number(history.epochs[-1].seconds),
        verdict=verdict,
        resolved=_resolved(training) if training else "",
    )


def _keep(evidence: Evidence, rung: str) -> str:
    """Return which weights the rung was asked to keep; who did not ask gets the best."""
    selection = evidence.selections.get(rung)
    chosen = selection.candidates[selection.chosen] if selection else {}
    return str({"keep": "best", **evidence.experiment.fixed(rung), **chosen}["keep"])


def _resolved(training: Training) -> str:
    """Say what was decided for the user, as much as a line holds."""
    recipe, computing = training.recipe, training.computing
    said = [
        f"{computing.products} products, as {computing.reason}",
        f"batches of {recipe.get('batch_size')}",
        f"{recipe.get('augment')}",
        f"{count(training.n_epochs, 'epoch')} over {count(training.n_images, 'picture')}",
        computing.device if computing.n_processes == 1 else f"{computing.n_processes} processes on {computing.device}",
    ]
    return "; ".join(said)


def _row(epoch: Epoch) -> CourseRow:
    return CourseRow(
        epoch=epoch.epoch,
        train_loss=_number(epoch.train_loss),
        train_accuracy=_number(epoch.train_accuracy),
        valid_loss=_number(epoch.valid_loss),
        valid_accuracy=_number(epoch.valid_accuracy),
    )


def _speed(history: History) -> float | None:
    """Return pictures per second over all epochs: as each has as many pictures, the harmonic mean of theirs."""
    speeds = [epoch.images_per_second for epoch in history.epochs]
    return len(speeds) / sum(1 / speed for speed in speeds) if all(0 < speed < TOO_BIG for speed in speeds) else None


def _number(value: float | None) -> float | None:
    return value if value is not None and abs(value) < TOO_BIG else None
