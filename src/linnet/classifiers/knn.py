"""Nearest neighbors: remember every training picture, and let the most similar ones vote."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet import neighbors, seeds
from linnet.classifiers.features import Features, FlatClassifier
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError
from linnet.progress import SILENT, Progress

NEIGHBOR_COUNTS = (1, 3, 5, 8, 10, 12, 15, 20, 50, 100)
"""The k that are chosen from."""

_N_HELD_OUT = 1000
"""Training pictures that vote on the smoothing; more would cost time and change it little."""

_SMOOTHINGS = 10.0 ** np.linspace(-3, 1, 41)


@dataclass(kw_only=True)
class KNearestNeighbors(FlatClassifier):
    """Give each class the share of the k nearest training pictures that belong to it.

    The search is exact, in integers for pixels. Among equally near pictures the one that came first counts; among
    classes with equally many votes the first one wins. Votes v become (v + a) / (k + a K) for K classes, so that no
    class gets zero; a is the value that gives up to 1,000 training pictures, each left out of its own vote, the
    highest likelihood. It never changes which class wins.

    Args:
        k: How many neighbors vote; at least 1. Fewer training pictures than that all vote.
        metric: Distance between rows of pixels: "l1" sums absolute differences, "l2" is the straight line, "cosine"
            looks at the direction only, so that brightness does not count.

    Source:
        Cover and Hart 1967; smoothing after Lidstone 1920.
    """

    about: ClassVar[str] = "the most similar training pictures vote; exact"
    position: ClassVar[int] = 30

    k: int = 5
    metric: Literal["l1", "l2", "cosine"] = "l2"

    def check_settings(self) -> None:
        """Refuse k below 1 and unknown metrics."""
        if self.k < 1:
            raise ConfigError(f"knn.k should be at least 1 neighbor; it is {self.k}.")
        if self.metric not in neighbors.METRICS:
            raise ConfigError(f"knn.metric should be one of {', '.join(neighbors.METRICS)}; it is {self.metric!r}.")

    def fit_features(self, train: Features, *, seed: int, progress: Progress) -> None:
        """Remember everything, and settle the smoothing."""
        self._remember(train)
        (self.smoothing_,) = self._smoothings([self.k], seed=seed, progress=progress)

    def features_proba(self, values: Tensor) -> Tensor:
        """Let the nearest ones vote."""
        labels = self._nearest_labels(values, min(self.k, len(self.points_)))
        return torch.from_numpy(self._smoothed(self._votes(labels), float(self.smoothing_)))

    def sweep(
        self,
        candidates: Sequence["KNearestNeighbors"],
        train: Dataset,
        images: Tensor,
        *,
        seed: int,
        progress: Progress = SILENT,
    ) -> Iterator[Tensor]:
        """Search once per metric for the largest k; smaller ones are the beginnings of the same rows."""
        features = self.features(train)
        queries = self.flatten(images)
        answers: dict[tuple[str, int], Tensor] = {}
        for metric in dict.fromkeys(candidate.metric for candidate in candidates):
            counts = sorted({candidate.k for candidate in candidates if candidate.metric == metric})
            widest = self.with_settings(metric=metric, k=counts[-1])
            widest._remember(features)
            labels = widest._nearest_labels(queries, min(counts[-1], len(features.values)), progress)
            smoothings = widest._smoothings(counts, seed=seed, progress=progress)
            for k, smoothing in zip(counts, smoothings, strict=True):
                votes = widest._votes(labels[:, :k])
                answers[metric, k] = torch.from_numpy(widest._smoothed(votes, float(smoothing)).astype(np.float32))
        for candidate in candidates:
            yield answers[candidate.metric, candidate.k]

    def _remember(self, train: Features) -> None:
        self.points_ = train.values
        self.labels_ = train.labels
        # One weight per class: every picture of a class has the same.
        self.weights_ = torch.ones(train.n_classes, dtype=torch.float64)
        if train.weights is not None:
            self.weights_[train.labels] = train.weights.to(torch.float64)

    def _nearest_labels(self, values: Tensor, k: int, progress: Progress = SILENT) -> npt.NDArray[np.int64]:
        """Return the (n, k) labels of the nearest training pictures, the nearest first."""
        if self.points_.dtype == torch.uint8 and values.dtype != torch.uint8:
            values = (values * 255).round().clamp(0, 255).to(torch.uint8)
        found = neighbors.search(values.numpy(), self.points_.numpy(), k, metric=self.metric, progress=progress)
        return np.asarray(self.labels_.numpy()[found.indices])

    def _votes(self, labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Count (n, k) labels into (n, K) votes, each worth its class's weight."""
        n, n_classes = len(labels), len(self.weights_)
        cells = (np.arange(n)[:, None] * n_classes + labels).ravel()
        counts = np.bincount(cells, minlength=n * n_classes).reshape(n, n_classes)
        return np.asarray(counts * self.weights_.numpy(), dtype=np.float64)

    @staticmethod
    def _smoothed(votes: npt.NDArray[np.float64], smoothing: float) -> npt.NDArray[np.float64]:
        raised = votes + smoothing
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    def _smoothings(self, counts: Sequence[int], *, seed: int, progress: Progress) -> Tensor:
        """Return (len(counts),) float64: for each k the smoothing that makes left-out training pictures likeliest."""
        n = len(self.points_)
        if n < 3:
            return torch.ones(len(counts), dtype=torch.float64)
        order = torch.randperm(n, generator=seeds.torch_generator(seed, "knn", "held out"))
        rows = order[:_N_HELD_OUT].sort().values
        widest = min(max(counts) + 1, n)
        queries, points = self.points_[rows].numpy(), self.points_.numpy()
        found = neighbors.search(queries, points, widest, metric=self.metric, progress=progress).indices
        others = _without_self(found, rows.numpy())
        labels = self.labels_.numpy()
        truth = labels[rows.numpy()]
        best = []
        for k in counts:
            votes = self._votes(labels[others[:, :k]])
            likelihoods = [
                np.log(self._smoothed(votes, smoothing)[np.arange(len(truth)), truth]).mean()
                for smoothing in _SMOOTHINGS
            ]
            best.append(_SMOOTHINGS[int(np.argmax(likelihoods))])
        return torch.tensor(best, dtype=torch.float64)

    def _state(self) -> dict[str, Tensor]:
        smoothing = torch.as_tensor(self.smoothing_, dtype=torch.float64)
        return {"points": self.points_, "labels": self.labels_, "weights": self.weights_, "smoothing": smoothing}

    def _restore(self, state: dict[str, Tensor]) -> None:
        self.points_, self.labels_, self.weights_ = state["points"], state["labels"], state["weights"]
        self.smoothing_ = state["smoothing"]

    def _candidates(self) -> Sequence[dict[str, Any]]:
        # Ties go to the first candidate, so the smaller k stands first, whatever the metric.
        return [{"k": k, "metric": metric} for k in NEIGHBOR_COUNTS for metric in ("l2", "l1", "cosine")]


def _without_self(found: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Take each query itself out of its (n, k + 1) neighbors, or the last one where copies have pushed it out."""
    is_self = found == rows[:, None]
    is_self[~is_self.any(axis=1), -1] = True
    return np.asarray(found[~is_self].reshape(len(found), found.shape[1] - 1))
