"""A sweep that finds a learning rate: each step a little higher, until the loss runs away; its picture is charts'."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from linnet.errors import ConfigError

_MEMORY = 0.9
"""Share of the past in the running mean that decides when to stop."""

_RUNAWAY = 4.0

_LEAST_FALL = 0.02
"""Share of the first loss by which a sweep must have fallen for a suggestion; noise falls by less."""


@dataclass(frozen=True, kw_only=True)
class RateFinding:
    """Hold what a sweep saw.

    Attributes:
        rates: Learning rates, rising by equal ratios; those that were tried.
        losses: One per rate, as they came; the last one may be no number.
        suggestion: The rate at which the loss fell fastest; None where it never fell.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    suggestion: float | None


def find_learning_rate(
    step: Callable[[float], float], *, lowest: float = 1e-6, highest: float = 10.0, n_steps: int = 100
) -> RateFinding:
    """Train with a learning rate that rises from step to step, and see where the loss falls fastest.

    Stops early when the running mean of the losses is over 4 times its best, or a loss is no number. The fall is read
    from losses smoothed over their neighbors on both sides, so that it is not seen later than it was, and up to their
    least value only: behind it the loss is on its way up.

    Args:
        step: Makes one training step with the given rate, and returns the loss of its batch from before the step. It
            moves the network: sweep with a copy.
        lowest: First rate, above 0.
        highest: Last rate, above `lowest`.
        n_steps: At least 3.

    Raises:
        ConfigError: rates or steps out of their range.

    Source:
        Smith 2017, section 3.3, with an exponential for a line.
    """
    if not 0 < lowest < highest < math.inf:
        raise ConfigError(f"A sweep wants 0 < lowest < highest; got {lowest} and {highest}.")
    if n_steps < 3:
        raise ConfigError(f"A sweep wants at least 3 steps; got {n_steps}.")
    ratio = highest / lowest
    rates: list[float] = []
    losses: list[float] = []
    running, best = 0.0, math.inf
    for i in range(n_steps):
        rates.append(lowest * ratio ** (i / (n_steps - 1)))
        losses.append(step(rates[-1]))
        running = _MEMORY * running + (1 - _MEMORY) * losses[-1]
        # A running mean that starts at 0 holds 1 - memory^n of the losses so far, not all of them.
        mean = running / (1 - _MEMORY ** (i + 1))
        best = min(best, mean)
        if not math.isfinite(mean) or mean > _RUNAWAY * max(best, 0.0):
            break
    return RateFinding(rates=tuple(rates), losses=tuple(losses), suggestion=_steepest(rates, losses))


def smoothed_losses(losses: Sequence[float]) -> list[float]:
    """Average each loss with its neighbors on both sides, about a twentieth of all of them; fewer at the ends.

    Args:
        losses: Finite, in the order of their rates.
    """
    values = np.asarray(losses, dtype=np.float64)
    reach = max(1, len(values) // 40)
    counted = np.convolve(np.ones_like(values), np.ones(2 * reach + 1), mode="full")[reach : reach + len(values)]
    sums = np.convolve(values, np.ones(2 * reach + 1), mode="full")[reach : reach + len(values)]
    means: list[float] = (sums / counted).tolist()
    return means


def _steepest(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """Return the rate in the middle of the two between which the smoothed loss falls most; rates have equal ratios."""
    n_finite = next((i for i, loss in enumerate(losses) if not math.isfinite(loss)), len(losses))
    if n_finite < 2:
        return None
    smooth = smoothed_losses(losses[:n_finite])
    least = int(np.argmin(smooth))
    if least == 0 or smooth[0] - smooth[least] <= _LEAST_FALL * abs(smooth[0]):
        return None
    fastest = int(np.argmin(np.diff(smooth[: least + 1])))
    return math.sqrt(rates[fastest] * rates[fastest + 1])
