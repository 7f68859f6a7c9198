"""The linear support vector machine: an affine map whose true class should win by a margin of 1."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from linnet.classifiers.features import Features, FlatClassifier
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError
from linnet.progress import Progress, Task
from linnet.training.convex.linear import fit_hinge, judge_hinge
from linnet.training.convex.problem import Problem
from linnet.training.textbook.affine import Affine

PENALTIES = (10.0, 3.0, 1.0, 0.3, 0.1, 0.01)
"""What model selection chooses from, the strongest first."""


@dataclass(kw_only=True)
class LinearSVM(FlatClassifier):
    """Minimize the multi-class hinge loss: what each wrong class comes nearer than 1 to the true one, summed up.

    The solver is deterministic. Margins are no probabilities. They become some by a softmax whose one factor is
    fitted to a fifth of the training pictures, with the map then fitted to the others; treat them as uncalibrated until
    a temperature is fitted, as a climb does.

    Args:
        penalty: At least 0; half of it times the sum of squared weights is added to the loss, for pixels divided by
            their channel's deviation. The larger, the simpler.
        max_side: Pixels; see `FlatClassifier`.
        balance: See `FlatClassifier`.

    Source:
        Weston and Watkins 1999, equation 7.
    """

    about: ClassVar[str] = "an affine map whose true class should win by a margin: multi-class hinge loss"
    position: ClassVar[int] = 25

    penalty: float = 0.3

    def check_settings(self) -> None:
        """Refuse a negative or endless penalty."""
        if not 0 <= self.penalty < float("inf"):
            raise ConfigError(f"{self.name()}.penalty should be a number of at least 0; it is {self.penalty}.")

    def fit_features(self, train: Features, *, seed: int, progress: Progress) -> None:
        """Solve for four fifths of the pictures, then for all."""
        with progress.task(self.name()) as task:
            self.affine_ = _solved(_problem(train), self.penalty, task)

    def sweep(
        self, candidates: Sequence["LinearSVM"], train: Dataset, images: Tensor, *, seed: int, progress: Progress
    ) -> Iterator[Tensor]:
        """Yield probabilities for each candidate's penalty, sharing the decomposition that speeds them up."""
        values = self.flatten(images)
        with progress.task(self.name()) as task:
            problem = _problem(self.features(train))
            for candidate in candidates:
                yield _solved(problem, candidate.penalty, task).all_probabilities(values)

    def features_proba(self, values: Tensor) -> Tensor:
        """Return the softmax of the sharpened margins."""
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
        return [{"penalty": penalty} for penalty in PENALTIES]


def _problem(train: Features) -> Problem:
    return Problem.of(
        train.values, train.labels, n_classes=train.n_classes, n_channels=train.n_channels, weights=train.weights
    )


def _solved(problem: Problem, penalty: float, task: Task) -> Affine:
    def tell(point: object) -> None:
        task.advance(note=f"penalty {penalty:g}")

    start, sharpness = judge_hinge(problem, penalty=penalty, on_step=tell)
    weights = fit_hinge(problem, penalty=penalty, start=start, on_step=tell)
    return problem.affine(weights, sharpness=sharpness)
