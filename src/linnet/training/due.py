"""Every "is it time" of the training loop, one function each; what is then done stands in the loop.

Steps and epochs count from 0, and a question about one is asked when it is done. Times are seconds of one steady clock.
"""

import math
from collections.abc import Sequence


def is_time_to_log(step: int, every: int, *, last: int | None = None) -> bool:
    """Say yes after every so many steps, and after the last one.

    Args:
        step: The one that is done.
        every: Steps from one yes to the next; 0 never, not even at the end.
        last: Number of the last step, where it is known.

    Example:
        >>> [step for step in range(8) if is_time_to_log(step, 3, last=7)]
        [2, 5, 7]
    """
    return every > 0 and ((step + 1) % every == 0 or step == last)


def is_last_round(epoch: int, *, n_epochs: int) -> bool:
    """Say yes after the last of all epochs.

    Args:
        epoch: The one that is done.
        n_epochs: Of the whole training.
    """
    return epoch + 1 >= n_epochs


def is_time_to_check_up(n_epochs_done: int, *, is_over: bool) -> bool:
    """Say yes after the first epoch, and when training is over: then it is looked how the layers fare.

    Args:
        n_epochs_done: At least 1.
        is_over: Whether that was the last, early or not.
    """
    return n_epochs_done == 1 or is_over


def is_time_to_checkpoint(now: float, last: float, *, every_seconds: float) -> bool:
    """Say yes when so much time has gone by since the last checkpoint.

    Args:
        now: Seconds.
        last: When the last checkpoint was written, or training began.
        every_seconds: 0 after every step, infinity never.
    """
    return now - last >= every_seconds


def is_time_to_stop(valid_losses: Sequence[float], patience: int | None) -> bool:
    """Say yes when the best validation loss is so many validations ago.

    Args:
        valid_losses: One per validation so far; one that is no number is never the best.
        patience: Validations without a new best that end training, at least 1; None never stops.

    Example:
        >>> is_time_to_stop([0.9, 0.5, 0.6, 0.5], 2)
        True
    """
    if patience is None:
        return False
    finite = [loss if math.isfinite(loss) else math.inf for loss in valid_losses]
    if not finite:
        return False
    best = finite.index(min(finite))  # the first of equals: to be as good again is no progress
    n_without = len(finite) - 1 - best if math.isfinite(finite[best]) else len(finite)
    return n_without >= max(patience, 1)


def is_out_of_time(started: float, now: float, *, budget: float | None) -> bool:
    """Say yes when the time budget is used up.

    Args:
        started: Seconds.
        now: Seconds.
        budget: Seconds; None is without end.
    """
    return budget is not None and now - started >= budget
