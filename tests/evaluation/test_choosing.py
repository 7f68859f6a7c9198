from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from linnet.classifiers.features import Features, FlatClassifier
from linnet.datasets.base import Dataset
from linnet.evaluation.choosing import choose, place, variants
from linnet.progress import Progress


@dataclass(kw_only=True)
class Threshold(FlatClassifier):
    """Say class 1 where the mean feature is above a level; learns nothing but the number of its training pictures."""

    about: ClassVar[str] = "a toy"
    level: int = 0
    other: int = 0

    def check_settings(self) -> None:
        """Accept all."""

    def fit_features(self, train: Features, *, seed: int, progress: Progress) -> None:
        """Count."""
        self.n_ = torch.tensor([float(len(train.labels))])

    def features_proba(self, values: Tensor) -> Tensor:
        """Compare with the level."""
        high = (values.to(torch.float64).mean(1) > self.level).to(torch.float64)
        return torch.stack([1 - high, high], dim=1) * 0.8 + 0.1

    def _state(self) -> dict[str, Tensor]:
        return {"n": self.n_}

    def _restore(self, state: dict[str, Tensor]) -> None:
        self.n_ = state["n"]

    def _candidates(self) -> Sequence[dict[str, Any]]:
        return [{"level": level} for level in (200, 50, 100, 120)]


def dataset(levels, labels):
    images = np.stack([np.full((1, 2, 2), level, dtype=np.uint8) for level in levels])
    return Dataset.of(images, labels, ["low", "high"])


TRAIN = dataset([10, 250], [0, 1])
VALID = dataset([90, 80, 130, 110], [0, 0, 1, 1])


def test_the_best_candidate_on_validation_data_wins():
    choice = choose(Threshold().candidates(), [(TRAIN, VALID)])
    assert choice.classifier.level == 100
    assert choice.selection.chosen == 2
    assert choice.selection.accuracy[:, 0].tolist() == [0.5, 0.5, 1.0, 0.75]


def test_among_equals_the_first_candidate_wins():
    candidates = [Threshold(level=level) for level in (95, 105, 100)]
    assert choose(candidates, [(TRAIN, VALID)]).classifier.level == 95


def test_the_curve_names_only_what_varies():
    selection = choose(Threshold().candidates(), [(TRAIN, VALID)]).selection
    assert selection.varied == ("level",)
    assert selection.candidates[1] == {"level": 50}


def test_folds_are_averaged_and_every_picture_is_predicted_once():
    everything = dataset([90, 80, 130, 110, 105, 140], [0, 0, 1, 1, 0, 1])
    fold = np.array([0, 1, 0, 1, 0, 1])
    parts = [
        (everything.subset(np.flatnonzero(fold != f)), everything.subset(np.flatnonzero(fold == f))) for f in (0, 1)
    ]
    choice = choose(Threshold().candidates(), parts)
    assert choice.selection.accuracy.shape == (4, 2)
    assert choice.selection.accuracy[2] == pytest.approx([2 / 3, 1.0])
    assert sorted(choice.predictions.ids.tolist()) == sorted(everything.ids.tolist())
    assert choice.classifier.level in (100, 120)


def test_kept_predictions_are_those_of_the_winner():
    choice = choose(Threshold().candidates(), [(TRAIN, VALID)])
    assert choice.predictions.correct.all()
    assert choice.predictions.ids.tolist() == VALID.ids.tolist()


def test_balance_compares_by_balanced_accuracy():
    lopsided = dataset([10, 20, 30, 40, 50, 60, 70, 90, 110], [0, 0, 0, 0, 0, 0, 0, 1, 1])
    candidates = [Threshold(level=200), Threshold(level=45)]
    plain = choose(candidates, [(TRAIN, lopsided)]).selection.accuracy[:, 0]
    balanced = choose(candidates, [(TRAIN, lopsided)], balance=True)
    assert plain.tolist() == pytest.approx([7 / 9, 6 / 9])
    assert balanced.selection.accuracy[:, 0].tolist() == pytest.approx([0.5, (4 / 7 + 1) / 2])
    assert balanced.classifier.level == 45


def test_fixed_settings_leave_the_others_to_be_chosen():
    assert [c.settings()["other"] for c in variants(Threshold(), {"other": 7})] == [7, 7, 7, 7]


def test_fixing_what_would_be_chosen_leaves_one_candidate():
    found = variants(Threshold(), {"level": 33})
    assert [c.level for c in found] == [33]


@dataclass(kw_only=True)
class Noting(Threshold):
    """Note which folders each fit was given."""

    places: ClassVar[list[tuple[str, ...]]] = []

    def checkpoint_in(self, folder):
        self.kept = folder

    def events_in(self, folder):
        self.shown = folder

    def _fit(self, *args, **more):
        self.places.append(tuple(str(getattr(self, name, "none")) for name in ("kept", "shown")))
        super()._fit(*args, **more)


def test_every_fit_has_folders_of_its_own():
    Noting.places.clear()
    candidates = [Noting(level=90), Noting(level=100)]
    choose(candidates, [(TRAIN, VALID)] * 2, checkpoints=Path("c"), events=Path("e"))
    assert Noting.places == [
        (str(Path("c", place(*fit))), str(Path("e", place(*fit)))) for fit in ((0, 0), (0, 1), (1, 0), (1, 1))
    ]
    assert len(set(Noting.places)) == 4
    Noting.places.clear()
    choose([Noting(level=90)], [(TRAIN, VALID)])
    assert Noting.places == [("none", "none")]
