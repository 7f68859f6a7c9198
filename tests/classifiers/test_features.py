from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import torch

import toys
from linnet.classifiers.features import Features, FlatClassifier, class_weights
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError
from linnet.transforms.resize import shrink


@dataclass(kw_only=True)
class Listening(FlatClassifier):
    """Keep what fit and predict are given, so that tests can look at it."""

    level: int = 1

    def check_settings(self):
        if self.level < 0:
            raise ConfigError(f"level should be at least 0; it is {self.level}.")

    def fit_features(self, train, *, seed, progress):
        self.train_, self.seed_, self.seen_ = train, seed, []

    def features_proba(self, values):
        self.seen_.append(values)
        return torch.ones(len(values), self.train_.n_classes)

    def _state(self) -> dict[str, torch.Tensor]:
        return {}

    def _restore(self, state: dict[str, torch.Tensor]) -> None:
        self.train_ = None

    def _candidates(self) -> Sequence[dict[str, Any]]:
        return [{"level": 1}, {"level": 2}]


def fitted(data, **settings) -> Listening:
    return Listening(**settings).fit(data, seed=5)


def test_rows_are_the_pictures_channel_after_channel_as_bytes():
    data = toys.patterns(counts=(4, 3), shape=(3, 5, 6))
    train = fitted(data).train_
    assert train.values.dtype == torch.uint8
    assert torch.equal(train.values, data.images.reshape(7, 90))
    assert torch.equal(train.labels, data.labels)
    assert (train.n_classes, train.n_channels, train.weights) == (2, 3, None)


def test_the_seed_is_handed_on():
    assert fitted(toys.patterns(counts=(2, 2))).seed_ == 5


def test_reading_in_chunks_keeps_the_order(monkeypatch):
    data = toys.patterns(counts=(9, 8)).subset(torch.arange(16, -1, -1))
    monkeypatch.setattr(Listening, "chunk", 4)
    assert torch.equal(fitted(data).train_.values, data.images.flatten(1))


def test_large_pictures_are_shrunk_alike_in_fit_and_predict():
    data = toys.patterns(counts=(3, 3), shape=(1, 40, 20))
    classifier = fitted(data, max_side=10)
    expected = shrink(data.images, 10).flatten(1)
    classifier.predict_proba(data.images)
    assert torch.equal(classifier.train_.values, expected)
    assert torch.equal(classifier.seen_[0], expected)
    assert classifier.feature_shape() == (1, 10, 5)


def test_max_side_0_never_shrinks():
    data = toys.patterns(counts=(2, 2), shape=(3, 70, 50))
    assert fitted(data, max_side=0).train_.values.shape == (4, 3 * 70 * 50)
    assert fitted(data, max_side=0).feature_shape() == (3, 70, 50)


def test_float_pictures_stay_floats_in_0_to_1():
    data = toys.patterns(counts=(2, 2), shape=(1, 40, 40))
    classifier = fitted(data, max_side=8)
    classifier.predict_proba(data.images.float() / 255)
    (seen,) = classifier.seen_
    assert seen.dtype == torch.float32
    assert torch.allclose(255 * seen, classifier.train_.values.float(), atol=0.51)


def test_flattening_many_pictures_goes_chunk_by_chunk_and_changes_nothing(monkeypatch):
    images = toys.patterns(counts=(11, 0), shape=(3, 40, 30)).images
    expected = Listening(max_side=8).flatten(images)
    monkeypatch.setattr(Listening, "chunk", 3)
    assert torch.equal(Listening(max_side=8).flatten(images), expected)
    assert Listening(max_side=8).flatten(images[:0]).shape == (0, 3 * 8 * 6)


@pytest.mark.parametrize("max_side", [-1, -32])
def test_a_negative_max_side_is_refused(max_side):
    with pytest.raises(ConfigError, match=rf"max_side should be 0 \(never shrink\) or a length .* it is {max_side}"):
        Listening(max_side=max_side)


def test_the_entrys_own_settings_are_checked_at_once():
    with pytest.raises(ConfigError, match="level should be at least 0; it is -1"):
        Listening(level=-1)


def test_balance_gives_the_classes_that_occur_equal_sums_and_mean_weight_1():
    labels = torch.tensor([0, 0, 0, 0, 2, 2, 3])
    weights = class_weights(labels, 5)
    assert weights.dtype == torch.float64
    assert float(weights.mean()) == pytest.approx(1)
    sums = torch.zeros(5, dtype=torch.float64).scatter_add_(0, labels, weights)
    assert sums.tolist() == pytest.approx([7 / 3, 0, 7 / 3, 7 / 3, 0])


def test_balance_weighs_the_training_pictures():
    data = toys.patterns(counts=(6, 2))
    train = fitted(data, balance=True).train_
    assert torch.equal(train.weights, class_weights(data.labels, 2))


def test_equal_classes_weigh_1():
    assert class_weights(torch.tensor([0, 1, 1, 0]), 2).tolist() == [1, 1, 1, 1]


def test_features_need_no_pictures():
    classifier = Listening()
    values = torch.randn(4, 3, dtype=torch.float64)
    classifier.fit_features(
        Features(values=values, labels=torch.tensor([0, 1, 1, 0]), n_classes=2, n_channels=3), seed=0, progress=None
    )
    assert classifier.train_.values is values


def test_the_rows_of_a_subset_are_those_of_its_pictures():
    data = toys.patterns(counts=(5, 5))
    part = data.subset([7, 1, 4])
    assert torch.equal(fitted(part).train_.values, data.images[[7, 1, 4]].flatten(1))
    assert isinstance(part, Dataset)
