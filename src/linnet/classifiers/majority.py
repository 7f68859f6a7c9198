"""The floor of the ladder: always answer with the shares of the classes in the training data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from linnet.classifiers.features import Features, FlatClassifier
from linnet.progress import Progress


@dataclass(kw_only=True)
class MajorityClassifier(FlatClassifier):
    """Ignore the picture and predict the most frequent class; what every other rung must beat."""

    about: ClassVar[str] = "always the most frequent class: the floor that everything must beat"
    position: ClassVar[int] = 0

    def check_settings(self) -> None:
        """Accept everything: there is nothing to set."""

    def fit_features(self, train: Features, *, seed: int, progress: Progress) -> None:
        """Count the classes, with one imagined picture more for each, so that none gets zero."""
        counts = torch.bincount(train.labels, train.weights, minlength=train.n_classes).to(torch.float64)
        self.shares_ = (counts + 1) / (counts + 1).sum()

    def features_proba(self, values: Tensor) -> Tensor:
        """Repeat the shares for each row."""
        return self.shares_.repeat(len(values), 1)

    def _state(self) -> dict[str, Tensor]:
        return {"shares": self.shares_}

    def _restore(self, state: dict[str, Tensor]) -> None:
        self.shares_ = state["shares"]

    def _candidates(self) -> Sequence[dict[str, Any]]:
        return [{}]
