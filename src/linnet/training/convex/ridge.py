"""Least squares on one-hot labels in closed form, for any number of ridges from one decomposition."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from linnet.training.convex.problem import Problem
from linnet.training.convex.sharpness import fit_sharpness

_JUDGED = 4096
"""So many training images, evenly spread, tell how sure the outputs may be."""


@dataclass(frozen=True, eq=False)
class RidgeRegression:
    """Minimize the weighted mean of |W x + b - y|^2, plus ridge |W|^2, for many ridges.

    With Z the rows minus their weighted mean, C = mean w y z^T minus its part of the mean, and the second moments
    mean w z z^T = V diag(s) V^T: W = C V diag(1 / (s + ridge)) V^T, and b = mean y - W mean x. Only the division
    depends on the ridge.

    Args:
        problem: Made with `exact=True`.
    """

    problem: Problem

    @cached_property
    def _shares(self) -> Tensor:
        """(k, n) float64: w_i / n in the row of the class of image i."""
        labels, weights = self.problem.labels, self.problem.weights
        n = len(labels)
        each = torch.full((n,), 1.0, dtype=torch.float64) if weights is None else weights
        return torch.zeros(self.problem.n_classes, n, dtype=torch.float64).scatter_(0, labels[None], (each / n)[None])

    @cached_property
    def _turned(self) -> Tensor:
        """(k, r) float64: C V."""
        problem = self.problem
        C = problem.rows.gradient(self._shares) - torch.outer(self._shares.sum(1), problem.center)
        return C if problem.spectrum.vectors is None else C @ problem.spectrum.vectors

    def inverse(self, ridge: float) -> Tensor:
        """Return (r,) 1 / (s + ridge), the ridge in units of the mean of s; 0 where the features do not vary at all."""
        s = self.problem.spectrum.values
        divisor = s + ridge * s.sum() / max(1, len(self.problem.scale.center))
        floor = torch.finfo(torch.float64).eps * len(s) * float(s.max()) if len(s) else 0.0
        return torch.where(divisor > floor, divisor.reciprocal(), torch.zeros_like(divisor))

    def weights(self, ridge: float) -> Tensor:
        """Return (k, r + 1) float64, the bias in the last column.

        Args:
            ridge: At least 0, in units of the mean variance of a feature; 0 is plain least squares, of least norm
                where there are several.
        """
        problem = self.problem
        W = self._turned * self.inverse(ridge)
        W = W if problem.spectrum.vectors is None else W @ problem.spectrum.vectors.T
        bias = self._shares.sum(1) - W @ problem.center
        return torch.cat([W, bias[:, None]], 1)

    @cached_property
    def _judged(self) -> tuple[Tensor, Tensor, Tensor]:
        """Positions of the judged images, their (m, r) rows, and those squared along the eigenvectors."""
        problem = self.problem
        n = len(problem.labels)
        at = torch.arange(0, n, max(1, -(-n // _JUDGED)))
        rows = problem.rows.taken(at) - problem.center
        along = rows if problem.spectrum.vectors is None else rows @ problem.spectrum.vectors
        return at, rows, along.square_()

    def sharpness(self, ridge: float, weights: Tensor) -> float:
        """Fit the sharpness of the outputs to what each image would have got without itself.

        Leaving image i out moves its output from f to f + (f - y) h / (1 - h), where its leverage is
        h = (w_i / n) (1 + z^T V diag(1 / (s + ridge)) V^T z); the 1 is the bias's.

        Args:
            ridge: As in `weights`.
            weights: What that returned.

        Source:
            Allen 1974 (PRESS).
        """
        problem = self.problem
        at, rows, squares = self._judged
        labels = problem.labels[at]
        each = torch.ones(len(at), dtype=torch.float64) if problem.weights is None else problem.weights[at]
        outputs = (rows + problem.center) @ weights[:, :-1].T + weights[:, -1]
        leverage = (each / len(problem.labels) * (1 + squares @ self.inverse(ridge))).clamp(max=1 - 1e-6)
        truth = torch.zeros_like(outputs).scatter_(1, labels[:, None], 1.0)
        outputs += (outputs - truth) * (leverage / (1 - leverage))[:, None]
        return fit_sharpness(outputs, labels, weights=each)
