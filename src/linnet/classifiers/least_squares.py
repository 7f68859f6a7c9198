"""Linear regression on one-hot labels: the one rung whose optimum is a formula."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from linnet.classifiers.features import Features, FlatClassifier
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError
from linnet.progress import Progress
from linnet.training.convex.problem import Problem
from linnet.training.convex.ridge import RidgeRegression
from linnet.training.textbook.affine import Affine

RIDGES = (10.0, 1.0, 0.1, 0.01, 0.001, 0.0001)
"""What model selection chooses from, the strongest first; all of them come from one decomposition."""


@dataclass(kw_only=True)
class LeastSquares(FlatClassifier):
    """Fit an affine map to the one-hot labels by least squares, with a ridge.

    Its outputs sum to 1 but leave [0, 1]. They become probabilities by a softmax whose one factor is fitted to what
    each training picture would have got had it been left out, which least squares knows without doing it.

    Args:
        ridge: At least 0, in units of the mean variance of a pixel after the channel's deviation was divided out:
            how strongly weights are held at zero.
        max_side: Pixels; see `FlatClassifier`.
        balance: See `FlatClassifier`.
    """

    about: ClassVar[str] = "least squares on one-hot labels, in closed form"
    position: ClassVar[int] = 10

    ridge: float = 0.01

    def check_settings(self) -> None:
        """Refuse a negative or endless ridge."""
        if not 0 <= self.ridge < float("inf"):
            raise ConfigError(f"{self.name()}.ridge should be a number of at least 0; it is {self.ridge}.")

    def fit_features(self, train: Features, *, seed: int, progress: Progress) -> None:
        """Decompose the second moments, then divide."""
        with progress.task(self.name(), total=1) as task:
            self.affine_ = _solved(_regression(train), self.ridge)
            task.advance()

    def sweep(
        self, candidates: Sequence["LeastSquares"], train: Dataset, images: Tensor, *, seed: int, progress: Progress
    ) -> Iterator[Tensor]:
        """Yield probabilities for each candidate's ridge, from one decomposition; see `Sweeping`."""
        values = self.flatten(images)
        with progress.task(self.name(), total=len(candidates)) as task:
            regression = _regression(self.features(train))
            for candidate in candidates:
                yield _solved(regression, candidate.ridge).all_probabilities(values)
                task.advance(note=f"ridge {candidate.ridge:g}")

    def features_proba(self, values: Tensor) -> Tensor:
        """Return the softmax of the sharpened outputs."""
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
        return [{"ridge": ridge} for ridge in RIDGES]


def _regression(train: Features) -> RidgeRegression:
    problem = Problem.of(
        train.values,
        train.labels,
        n_classes=train.n_classes,
        n_channels=train.n_channels,
        weights=train.weights,
        exact=True,
    )
    return RidgeRegression(problem)


def _solved(regression: RidgeRegression, ridge: float) -> Affine:
    with regression.problem.threads():
        weights = regression.weights(ridge)
        return regression.problem.affine(weights, sharpness=regression.sharpness(ridge, weights))
