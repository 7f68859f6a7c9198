"""Names over- and underfitting from the course of a training, in plain words with what to try; pure functions."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from linnet.records.history import Epoch, History
from linnet.words import count, percent

WIDE_GAP = 0.08
"""Points of accuracy between training and validation from which they differ by more than chance: with 200 validation
pictures, the standard deviation of an accuracy of 90 % is 2 points; four of them are no accident."""
LOSS_RISE = 0.10
"""Share of its minimum by which the validation loss must have risen at the end; from one epoch to the next it wobbles
by a few percent in healthy trainings."""
STILL_FALLING = 0.05
"""Share by which the last quarter of the epochs, at least one, must have lowered the training loss to say that it was
not done yet; less is what a schedule that fades out leaves to gain."""
LOW_ACCURACY = 0.90
"""Accuracy below which there is room that more training could fill; above, a falling loss mostly means surer answers,
seldom more right ones."""
FLAT_FALL = 0.05
"""Share of the first training loss by which the lowest one must lie below it; with less, nothing was learned after the
first epoch."""
RUNAWAY_RISE = 0.5
"""Share of its minimum by which the training loss must lie above it at the end; noise of small batches and a restart of
the schedule stay below where the accuracy is low, and only there it is looked at."""

FAR = 50.0
"""Rise of a loss, as a multiple of its minimum, from which a number says no more than a word."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Hold what the course of a training looks like.

    Attributes:
        kind: "overfitting", "underfitting", "running away", "flat", "neither" or "too short".
        sentence: What was seen, with its numbers.
        advice: What to try, the most promising first; none where nothing is wrong.
    """

    kind: str
    sentence: str
    advice: tuple[str, ...]


def kept_epoch(history: History, *, keep: str = "best") -> Epoch | None:
    """Find the epoch whose weights were kept.

    Args:
        history: Of one training.
        keep: As the recipe says: "best" for the highest validation accuracy, the lower loss among equals, then the
            earlier epoch; "last" for the last epoch, which is also meant where nothing was validated.

    Returns:
        None of an empty history.
    """
    judged = [(-found[1], found[0], epoch.epoch) for epoch in history.epochs if (found := _validated(epoch))]
    if keep == "best" and judged:
        best = min(judged)[2]
        return next(epoch for epoch in history.epochs if epoch.epoch == best)
    return history.epochs[-1] if history.epochs else None


def judge(history: History, *, keep: str = "best") -> Verdict | None:
    """Say whether a training overfitted, underfitted, or went wrong.

    Training accuracy is counted on augmented pictures with dropout on, so it may lie below that on validation pictures;
    what is said here needs it far above, or both low.

    Args:
        history: Of one training.
        keep: See `kept_epoch`.

    Returns:
        None of an empty history.
    """
    epochs, kept = history.epochs, kept_epoch(history, keep=keep)
    if kept is None:
        return None
    after = [epoch for epoch in epochs if epoch.epoch >= kept.epoch]
    if len(epochs) == 1:
        return Verdict(kind="too short", sentence="One epoch shows no course.", advice=("more epochs",))
    found = _running_away(epochs) or _overfitting(epochs, after) or _flat(epochs) or _underfitting(epochs)
    return found or _neither(epochs, after)


def _running_away(epochs: Sequence[Epoch]) -> Verdict | None:
    advice = ("a smaller learning_rate (a third or a tenth of it)", "a warmup", "a gradient_clip of 1")
    losses = [epoch.train_loss for epoch in epochs]
    if not all(map(math.isfinite, losses)):
        return Verdict(kind="running away", sentence="The training loss became no number.", advice=advice)
    if losses[-1] <= (1 + RUNAWAY_RISE) * min(losses) or not _is_low(epochs[-1]):
        return None
    sentence = f"The training ran away: its loss ended at {losses[-1]:.3g} after it had been {min(losses):.3g}."
    return Verdict(kind="running away", sentence=sentence, advice=advice)


def _overfitting(epochs: Sequence[Epoch], after: Sequence[Epoch]) -> Verdict | None:
    gap, rise = _gap(after), _loss_rise(epochs)
    if gap is None or gap <= WIDE_GAP or rise <= LOSS_RISE:
        return None
    sentence = (
        f"Signs of overfitting: from the kept epoch on, training accuracy lies {_points(gap)} above validation, and "
        f"the validation loss ended {_rise_in_words(rise)} its minimum."
    )
    advice = ("stronger augment", "a larger weight_decay", "more dropout where the rung has it", "more pictures")
    return Verdict(kind="overfitting", sentence=sentence, advice=advice)


def _flat(epochs: Sequence[Epoch]) -> Verdict | None:
    first, lowest = epochs[0].train_loss, min(epoch.train_loss for epoch in epochs)
    if lowest < (1 - FLAT_FALL) * first or not _is_low(epochs[-1]):
        return None
    sentence = f"Nothing was learned after the first epoch: the training loss began at {first:.3g} and stayed there."
    advice = ("a smaller learning_rate (a tenth of it)", "a larger one (ten times as much) where it was tiny already")
    return Verdict(kind="flat", sentence=sentence, advice=advice)


def _underfitting(epochs: Sequence[Epoch]) -> Verdict | None:
    last, gap = epochs[-1], _gap(epochs[-1:])
    n_last = max(1, len(epochs) // 4)
    before = epochs[-1 - n_last].train_loss
    is_falling = last.train_loss < (1 - STILL_FALLING) * before
    if not is_falling or not _is_low(last) or (gap is not None and gap > WIDE_GAP):
        return None
    found = _validated(last)
    of = f"training and {percent(found[1])} of validation pictures" if found else "training pictures"
    sentence = (
        f"Signs of underfitting: {percent(last.train_accuracy)} of {of} were right at the end, and the last "
        f"{'epoch' if n_last == 1 else count(n_last, 'epoch')} still lowered the training loss by "
        f"{percent(1 - last.train_loss / before, 0)}."
    )
    advice = ("more epochs", "a larger learning_rate", "a larger net")
    return Verdict(kind="underfitting", sentence=sentence, advice=advice)


def _neither(epochs: Sequence[Epoch], after: Sequence[Epoch]) -> Verdict:
    gap = _gap(after)
    if gap is None:
        sentence = "No sign of underfitting; overfitting cannot be seen without validation pictures."
    elif gap > WIDE_GAP:
        sentence = (
            f"No clear sign of over- or underfitting: training accuracy lies {_points(gap)} above validation, but the "
            "validation loss did not rise."
        )
    else:
        sentence = "No sign of over- or underfitting."
    return Verdict(kind="neither", sentence=sentence, advice=())


def _validated(epoch: Epoch) -> tuple[float, float] | None:
    """Return validation loss and accuracy where both are numbers; a loss may be infinite, and is then the worst."""
    loss, accuracy = epoch.valid_loss, epoch.valid_accuracy
    if loss is None or accuracy is None or not math.isfinite(accuracy):
        return None
    return (loss if math.isfinite(loss) else math.inf), accuracy


def _gap(epochs: Sequence[Epoch]) -> float | None:
    """Return by how much training accuracy lies above validation, on average over the epochs that were validated."""
    gaps = [epoch.train_accuracy - found[1] for epoch in epochs if (found := _validated(epoch))]
    return sum(gaps) / len(gaps) if gaps else None


def _loss_rise(epochs: Sequence[Epoch]) -> float:
    """Return by which share of its minimum the validation loss lies above it at the end; 0 where nothing is known."""
    losses = [found[0] for epoch in epochs if (found := _validated(epoch))]
    if not losses or losses[-1] == min(losses):
        return 0.0
    return losses[-1] / min(losses) - 1 if min(losses) > 0 else math.inf


def _is_low(epoch: Epoch) -> bool:
    """Say whether both accuracies leave room; without validation the one on training pictures decides."""
    found = _validated(epoch)
    return epoch.train_accuracy < LOW_ACCURACY and (found is None or found[1] < LOW_ACCURACY)


def _points(gap: float) -> str:
    return f"{100 * gap:.0f} points"


def _rise_in_words(rise: float) -> str:
    if rise >= FAR:
        return "far above"
    return f"{percent(rise, 0)} above" if rise < 1 else f"at {1 + rise:.2g} times"
