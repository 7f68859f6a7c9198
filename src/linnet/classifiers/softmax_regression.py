"""Softmax regression: an affine map whose softmax makes the training labels likely."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from torch import Tensor

from linnet.classifiers.features import Features, FlatClassifier
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError
from linnet.progress import Progress, Task
from linnet.training.convex.lbfgs import Point
from linnet.training.convex.linear import fit_cross_entropy
from linnet.training.convex.problem import Problem
from linnet.training.textbook.affine import Affine
from linnet.training.textbook.sgd import Schedule, Standardized, fit_softmax_regression

PENALTIES = (1.0, 0.1, 0.03, 0.01, 0.001, 0.0001)
"""What model selection chooses from, the strongest first."""

LEARNING_RATES = (0.0003, 0.001, 0.003, 0.01, 0.03)
"""What model selection chooses from for mini-batch descent, the most careful first."""


@dataclass(kw_only=True)
class SoftmaxRegression(FlatClassifier):
    """Minimize cross-entropy with a penalty on the weights.

    Args:
        penalty: At least 0; half of it times the sum of squared weights is added to the loss, for pixels divided by
            their channel's deviation. The larger, the simpler.
        solver: "lbfgs" is deterministic and goes to the minimum; "sgd" is mini-batch gradient descent as textbooks do
            it, and alone reads the settings below.
        batch_size: Pictures per step of sgd, at least 1.
        learning_rate: Of sgd, above 0.
        momentum: Of sgd, at least 0, below 1.
        epochs: Rounds of sgd, at least 1; small sets get as many as make 400 steps.
        max_side: Pixels; see `FlatClassifier`.
        balance: See `FlatClassifier`.

    Source:
        Boehning 1992 for the model's second derivative, which the solver leans on.
    """

    about: ClassVar[str] = "an affine map and a softmax: cross-entropy loss"
    position: ClassVar[int] = 20

    penalty: float = 0.01
    solver: Literal["lbfgs", "sgd"] = "lbfgs"
    batch_size: int = 100
    learning_rate: float = 0.003
    momentum: float = 0.0
    epochs: int = 20

    def check_settings(self) -> None:
        """Refuse settings out of their range."""
        if self.solver not in ("lbfgs", "sgd"):
            raise ConfigError(f"{self.name()}.solver should be lbfgs or sgd; it is {self.solver!r}.")
        if not 0 <= self.penalty < float("inf"):
            raise ConfigError(f"{self.name()}.penalty should be a number of at least 0; it is {self.penalty}.")
        self.schedule().check(self.name())

    def schedule(self) -> Schedule:
        """Gather what sgd reads."""
        return Schedule.of(self)

    def fit_features(self, train: Features, *, seed: int, progress: Progress) -> None:
        """Go to the minimum, or down towards it."""
        if self.solver == "sgd":
            data = Standardized.of(train.values, train.labels, n_channels=train.n_channels, weights=train.weights)
            self.affine_ = fit_softmax_regression(
                data, n_classes=train.n_classes, schedule=self.schedule(), seed=seed, progress=progress
            )
            return
        with progress.task(self.name()) as task:
            self.affine_ = _solved(_problem(train), self.penalty, task)

    def sweep(
        self,
        candidates: Sequence["SoftmaxRegression"],
        train: Dataset,
        images: Tensor,
        *,
        seed: int,
        progress: Progress,
    ) -> Iterator[Tensor]:
        """Yield probabilities for each candidate, sharing the decomposition that speeds up the deterministic solver."""
        values = self.flatten(images)
        features = self.features(train)
        problem: Problem | None = None
        for candidate in candidates:
            if candidate.solver == "sgd":
                fitted = candidate.with_settings()
                fitted.fit_features(features, seed=seed, progress=progress)
                yield fitted.affine_.all_probabilities(values)
                continue
            with progress.task(self.name()) as task:
                problem = problem or _problem(features)
                yield _solved(problem, candidate.penalty, task).all_probabilities(values)

    def features_proba(self, values: Tensor) -> Tensor:
        """Return the softmax of the outputs."""
        return self.affine_.probabilities(values)

    def logits(self, images: Tensor) -> Tensor:
        """Return (n, k) float64 logits for (n, c, h, w) pictures, with their graph."""
        self._check_fitted()
        return self.affine_.logits(self.flatten(images))

    def templates(self) -> Tensor:
        """Return (k, c, h, w) float32, the weight of each pixel for each class."""
        return self.affine_.weights.float().view(-1, *self.feature_shape())

    def _state(self) -> dict[str, Tensor]:
        return self.affine_.state()

    def _restore(self, state: dict[str, Tensor]) -> None:
        self.affine_ = Affine.of_state(state)

    def _candidates(self) -> Sequence[dict[str, Any]]:
        if self.solver == "sgd":
            return [{"learning_rate": rate} for rate in LEARNING_RATES]
        return [{"penalty": penalty} for penalty in PENALTIES]


def _problem(train: Features) -> Problem:
    return Problem.of(
        train.values, train.labels, n_classes=train.n_classes, n_channels=train.n_channels, weights=train.weights
    )


def _solved(problem: Problem, penalty: float, task: Task) -> Affine:
    def tell(point: Point) -> None:
        task.advance(note=f"penalty {penalty:g}: loss {point.loss:.4f}")

    return problem.affine(fit_cross_entropy(problem, penalty=penalty, on_step=tell))
