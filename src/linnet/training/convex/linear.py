"""Fit the weights of the linear rungs with the deterministic solver; the solver itself is elsewhere."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from linnet.training.convex.curvature import Preconditioner, cross_entropy_coupling, hinge_coupling
from linnet.training.convex.lbfgs import Objective, Point, Stopping, minimize
from linnet.training.convex.problem import Problem
from linnet.training.convex.sharpness import fit_sharpness, held_out
from linnet.training.textbook.losses import cross_entropy, hinge

OnStep = Callable[[Point], None]

HINGE_WIDTHS = (0.3, 0.03)
"""The hinge is rounded off less and less; below the last width neither loss nor accuracy changed on real pictures."""


def fit_cross_entropy(
    problem: Problem,
    *,
    penalty: float,
    start: Tensor | None = None,
    stopping: Stopping | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Minimize mean cross-entropy + (penalty / 2) |W|^2.

    Args:
        problem: The training set.
        penalty: At least 0.
        start: (k, r + 1) float64, the solution of a similar problem; None: zeros.
        stopping: When to stop.
        on_step: Told each place reached.

    Returns:
        (k, r + 1) float64 weights, the bias in the last column.
    """
    objective = Objective(problem.rows, partial(_cross_entropy, problem), penalty)

    def steering(point: Point) -> Preconditioner:
        coupling = cross_entropy_coupling(point.logits.T, problem.weights)
        return Preconditioner(coupling, problem.spectrum, penalty=penalty)

    with problem.threads():
        first = objective.at(_zeros(problem) if start is None else start)
        return minimize(objective, first, steering=steering, stopping=stopping or Stopping(), on_step=on_step).weights


def fit_hinge(
    problem: Problem,
    *,
    penalty: float,
    start: Tensor | None = None,
    stopping: Stopping | None = None,
    on_step: OnStep | None = None,
) -> Tensor:
    """Minimize the mean multi-class hinge + (penalty / 2) |W|^2, rounded off less and less.

    Each width of `HINGE_WIDTHS` starts where the one before ended; the last is so narrow that the hinge itself is at
    its minimum but for 0.015 per violated margin at most.

    Args:
        problem: The training set.
        penalty: At least 0.
        start: (k, r + 1) float64, the solution of a similar problem; None: zeros.
        stopping: When to stop, for each width.
        on_step: Told each place reached.

    Returns:
        (k, r + 1) float64 weights, the bias in the last column.
    """
    weights = _zeros(problem) if start is None else start
    with problem.threads():
        for width in HINGE_WIDTHS:
            objective = Objective(problem.rows, partial(_hinge, problem, width), penalty)
            weights = minimize(
                objective,
                objective.at(weights),
                steering=partial(_hinge_steering, problem, penalty, width),
                stopping=stopping or Stopping(tolerance=1e-4),
                on_step=on_step,
            ).weights
    return weights


def judge_hinge(problem: Problem, *, penalty: float, on_step: OnStep | None = None) -> tuple[Tensor, float]:
    """Fit the hinge to four fifths of the images, and to the margins of the rest how sure they make.

    The images on which margins were fitted have larger margins than new ones: judged by them, probabilities would be
    far too bold where features are many and images few.

    Args:
        problem: The training set.
        penalty: At least 0.
        on_step: Told each place reached.

    Returns:
        (k, r + 1) float64 weights, a good start for the fit to all, and the sharpness.
    """
    judged = held_out(problem.labels, n_classes=problem.n_classes)
    weights = torch.ones(len(judged), dtype=torch.float64) if problem.weights is None else problem.weights
    fitted = weights.masked_fill(judged, 0.0)
    part = replace(problem, weights=fitted / fitted.mean())
    solution = fit_hinge(part, penalty=penalty, on_step=on_step)
    return solution, fit_sharpness(problem.outputs(solution)[judged], problem.labels[judged], weights=weights[judged])


def _zeros(problem: Problem) -> Tensor:
    return torch.zeros(problem.n_classes, problem.rows.n_features + 1, dtype=torch.float64)


def _cross_entropy(problem: Problem, logits: Tensor) -> tuple[Tensor, Tensor]:
    return cross_entropy(logits, problem.labels, weights=problem.weights)


def _hinge(problem: Problem, width: float, logits: Tensor) -> tuple[Tensor, Tensor]:
    return hinge(logits, problem.labels, weights=problem.weights, width=width)


def _hinge_steering(problem: Problem, penalty: float, width: float, point: Point) -> Preconditioner:
    coupling = hinge_coupling(point.logits.T, problem.labels, weights=problem.weights, width=width)
    return Preconditioner(coupling, problem.spectrum, penalty=penalty)
