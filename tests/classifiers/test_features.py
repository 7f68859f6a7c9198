import pytest
import torch

import toys
from linnet.classifiers.features import class_weights
from linnet.classifiers.majority import MajorityClassifier
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError


def test_features_are_pixels_channel_after_channel():
    images = torch.arange(2 * 3 * 2 * 2, dtype=torch.uint8).reshape(2, 3, 2, 2)
    features = MajorityClassifier().features(Dataset.of(images, [0, 1]))
    assert features.values.tolist() == [list(range(12)), list(range(12, 24))]
    assert (features.n_classes, features.n_channels) == (2, 3)
    assert features.weights is None


def test_large_pictures_are_averaged_down_in_training_and_prediction():
    images = torch.randint(0, 256, (6, 1, 64, 48), dtype=torch.uint8)
    rung = MajorityClassifier(max_side=16)
    features = rung.features(Dataset.of(images, [0, 1] * 3))
    assert features.values.shape == (6, 16 * 12)
    assert torch.equal(rung.flatten(images), features.values)
    assert rung.fit(Dataset.of(images, [0, 1] * 3)).feature_shape() == (1, 16, 12)


def test_zero_never_shrinks():
    images = torch.zeros(2, 1, 64, 64, dtype=torch.uint8)
    assert MajorityClassifier(max_side=0).flatten(images).shape == (2, 4096)


def test_a_negative_side_is_refused():
    with pytest.raises(ConfigError, match="max_side"):
        MajorityClassifier(max_side=-1)


def test_reading_in_batches_changes_nothing(monkeypatch):
    data = toys.patterns()
    whole = MajorityClassifier().features(data).values
    monkeypatch.setattr(MajorityClassifier, "chunk", 7)
    assert torch.equal(MajorityClassifier().features(data).values, whole)


def test_class_weights_give_equal_sums_and_mean_one():
    labels = torch.tensor([0] * 6 + [1] * 3 + [3])
    weights = class_weights(labels, 5)
    assert float(weights.mean()) == pytest.approx(1)
    sums = [float(weights[labels == label].sum()) for label in (0, 1, 3)]
    assert sums == pytest.approx([10 / 3] * 3)
