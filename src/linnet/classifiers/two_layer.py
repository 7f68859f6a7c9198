"""The two-layer net: affine, ReLU, affine, softmax; the first rung that draws a line with bends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from torch import Tensor

from linnet.classifiers.features import Features, FlatClassifier
from linnet.errors import ConfigError
from linnet.progress import Progress
from linnet.training.textbook.sgd import Schedule, Standardized
from linnet.training.textbook.two_layer import TwoLayerNet, fit_two_layer

PENALTIES = (0.01, 0.003, 0.001)
"""What model selection chooses from, the strongest first."""


@dataclass(kw_only=True)
class TwoLayer(FlatClassifier):
    """Minimize cross-entropy of a net with one hidden layer, by mini-batch descent with momentum.

    Gradients are derived by hand. The learning rate falls along half a cosine to 0. Pixels are standardized by their
    channel's mean and deviation, which are kept in the first layer's weights.

    Args:
        hidden: Hidden units, at least 1.
        penalty: At least 0; half of it times the sum of squared weights of both layers is added to the loss.
        batch_size: Pictures per step, at least 1.
        learning_rate: Of the first step, above 0.
        momentum: Share of the last step that is kept, at least 0, below 1.
        epochs: Rounds over the pictures, at least 1; small sets get as many as make 400 steps.
        max_side: Pixels; see `FlatClassifier`.
        balance: See `FlatClassifier`.

    Source:
        First weights after He et al. 2015.
    """

    about: ClassVar[str] = "a net with one hidden layer: affine, ReLU, affine, softmax"
    position: ClassVar[int] = 50

    hidden: int = 1024
    penalty: float = 0.003
    batch_size: int = 256
    learning_rate: float = 0.05
    momentum: float = 0.9
    epochs: int = 20

    def check_settings(self) -> None:
        """Refuse settings out of their range."""
        if self.hidden < 1:
            raise ConfigError(f"{self.name()}.hidden should be at least 1 unit; it is {self.hidden}.")
        self.schedule().check(self.name())

    def schedule(self) -> Schedule:
        """Gather how the descent goes."""
        return Schedule.of(self, decay=True)

    def fit_features(self, train: Features, *, seed: int, progress: Progress) -> None:
        """Go down from random weights."""
        data = Standardized.of(train.values, train.labels, n_channels=train.n_channels, weights=train.weights)
        self.net_ = fit_two_layer(
            data,
            n_hidden=self.hidden,
            n_classes=train.n_classes,
            schedule=self.schedule(),
            seed=seed,
            progress=progress,
        )

    def features_proba(self, values: Tensor) -> Tensor:
        """Return the softmax of the net's logits."""
        return self.net_.probabilities(values)

    def logits(self, images: Tensor) -> Tensor:
        """Return (n, k) logits for (n, c, h, w) pictures, with their graph."""
        self._check_fitted()
        return self.net_.logits(self.flatten(images))

    def _state(self) -> dict[str, Tensor]:
        return self.net_.state()

    def _restore(self, state: dict[str, Tensor]) -> None:
        self.net_ = TwoLayerNet.of_state(state)

    def _candidates(self) -> Sequence[dict[str, Any]]:
        return [{"penalty": penalty} for penalty in PENALTIES]
