"""A deterministic solver for losses of affine logits; the losses themselves are elsewhere.

Limited-memory BFGS with a preconditioner and a line search that reads no features: along a line the logits are
z + t u, so that one product with the features per step gives u, and any number of step lengths are tried on (k, n)
numbers. A step costs two passes over the features: one for u, one for the gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from linnet.training.convex.rows import Rows

LogitLoss = Callable[[Tensor], tuple[Tensor, Tensor]]
"""From (n, k) logits to the mean loss, () float64, and its (n, k) gradient."""

Steering = Callable[[Tensor], Tensor]
"""From a (k, d + 1) gradient to a step of about the right size in each direction."""

_MEMORY = 10
_FLATTER = 0.5
"""A step is long enough when the slope along it has fallen to this share, whichever its sign."""

_TRIES = 12


@dataclass(frozen=True, eq=False)
class Point:
    """Hold one set of weights with all that follows from it.

    Args:
        weights: (k, d + 1) float64, the bias in the last column.
        logits: (k, n) float.
        loss: Without the penalty.
        slopes: (k, n), the gradient by the logits.
        gradient: (k, d + 1) float64, with the penalty.
    """

    weights: Tensor
    logits: Tensor
    loss: float
    slopes: Tensor
    gradient: Tensor


@dataclass(frozen=True, eq=False)
class Objective:
    """Stand for mean loss(W x + b) + (penalty / 2) |W|^2.

    Args:
        rows: The features.
        loss: Of logits.
        penalty: At least 0; the bias is free.
    """

    rows: Rows
    loss: LogitLoss
    penalty: float

    def at(self, weights: Tensor, logits: Tensor | None = None) -> Point:
        """Compute loss and gradient at (k, d + 1) weights, whose (k, n) logits may be known already."""
        z = self.rows.logits(weights[:, :-1], weights[:, -1]) if logits is None else logits
        loss, slopes = self.loss(z.T)
        return self._point(weights, z, float(loss), slopes.T)

    def _point(self, weights: Tensor, logits: Tensor, loss: float, slopes: Tensor) -> Point:
        by_weights = self.rows.gradient(slopes) + self.penalty * weights[:, :-1]
        by_bias = slopes.sum(1, dtype=torch.float64)[:, None]
        return Point(weights, logits, loss, slopes, torch.cat([by_weights, by_bias], 1))

    def value(self, point: Point) -> float:
        """Return what is minimized: the loss with the penalty."""
        return point.loss + self.penalty / 2 * float(point.weights[:, :-1].square().sum())

    def step(self, point: Point, direction: Tensor) -> Point | None:
        """Go along a (k, d + 1) direction to where the slope is much flatter; None where no such place is found.

        The objective is convex, so its slope along the line rises steadily: the place is bracketed and approached by
        the chord between the bracket's ends.
        """
        u = self.rows.logits(direction[:, :-1], direction[:, -1])
        W, D = point.weights[:, :-1], direction[:, :-1]
        across, square = float((W * D).sum()), float(D.square().sum())
        start_slope = float((point.gradient * direction).sum())
        low, low_slope, high, high_slope, t = 0.0, start_slope, 0.0, 0.0, 1.0
        for _ in range(_TRIES):
            logits = torch.add(point.logits, u, alpha=t)
            loss, slopes = self.loss(logits.T)
            slope = float((slopes.T * u).sum(dtype=torch.float64)) + self.penalty * (across + t * square)
            if abs(slope) <= _FLATTER * -start_slope:
                return self._point(point.weights + t * direction, logits, float(loss), slopes.T)
            if slope > 0:
                high, high_slope = t, slope
            else:
                low, low_slope = t, slope
            chord = low_slope / (low_slope - high_slope)
            t = low + (high - low) * min(0.9, max(0.1, chord)) if high > 0 else 2 * t
        return None


@dataclass(eq=False)
class _Memory:
    """Remember the last steps and what they did to the gradient."""

    steps: list[tuple[Tensor, Tensor, float]] = field(default_factory=list)

    def add(self, old: Point, new: Point) -> None:
        s, y = new.weights - old.weights, new.gradient - old.gradient
        curvature = float((s * y).sum())
        if curvature > 0:
            self.steps = [*self.steps[-_MEMORY + 1 :], (s, y, curvature)]

    def direction(self, gradient: Tensor, steer: Steering) -> Tensor:
        """Apply the two loops of Nocedal 1980, with the steering in the middle."""
        q = gradient.clone()
        shares = []
        for s, y, curvature in reversed(self.steps):
            share = float((s * q).sum()) / curvature
            shares.append(share)
            q -= share * y
        q = steer(q)
        for (s, y, curvature), share in zip(self.steps, reversed(shares), strict=True):
            q += (share - float((y * q).sum()) / curvature) * s
        return q.neg_()


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """Say when a minimum is near enough.

    Args:
        tolerance: What one more step may still be expected to gain, in the unit of the loss.
        max_steps: At most so many steps in any case.
    """

    tolerance: float = 1e-6
    max_steps: int = 200


def minimize(
    objective: Objective,
    start: Point,
    *,
    steering: Callable[[Point], Steering],
    stopping: Stopping,
    refresh: int = 5,
    on_step: Callable[[Point], None] | None = None,
) -> Point:
    """Walk to the minimum of a convex objective.

    Args:
        objective: What to minimize.
        start: Where to start.
        steering: Makes the preconditioner for a place; called at the start and once more after `refresh` steps, when
            the loss bends as it will near the minimum.
        stopping: When it is near enough.
        refresh: Steps.
        on_step: Told each place reached.

    Returns:
        The best place reached.

    Source:
        Liu and Nocedal 1989.
    """
    point, memory, steer = start, _Memory(), steering(start)
    for n_steps in range(stopping.max_steps):
        if n_steps == refresh:
            steer = steering(point)
        direction = memory.direction(point.gradient, steer)
        # A quadratic that bends as expected gains half the slope.
        gain = -float((point.gradient * direction).sum()) / 2
        if not gain > stopping.tolerance:
            break
        reached = objective.step(point, direction)
        if reached is None or objective.value(reached) > objective.value(point) + stopping.tolerance:
            break
        memory.add(point, reached)
        point = reached
        if on_step is not None:
            on_step(point)
    return point
