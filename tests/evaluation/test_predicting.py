import numpy as np
import pytest
import torch

from linnet.classifiers.majority import MajorityClassifier
from linnet.datasets.base import Dataset
from linnet.errors import DataError
from linnet.evaluation import predicting


def dataset(n=30):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, size=(n, 1, 4, 4), dtype=np.uint8)
    return Dataset.of(images, np.arange(n) % 3, ["x", "y", "z"])


def test_predictions_stand_beside_the_truth_in_the_order_of_the_data():
    data = dataset().subset([5, 1, 9])
    classifier = MajorityClassifier().fit(dataset())
    timed = predicting.predict(classifier, data)
    assert timed.predictions.ids.tolist() == ["5", "1", "9"]
    assert timed.predictions.labels.tolist() == [2, 1, 0]
    assert timed.predictions.class_names == ("x", "y", "z")
    assert torch.equal(torch.from_numpy(timed.predictions.probabilities), classifier.predict_proba(data.images))
    assert timed.seconds > 0


def test_no_pictures_give_no_predictions():
    classifier = MajorityClassifier().fit(dataset())
    assert predicting.predict(classifier, dataset().subset([])).predictions.probabilities.shape == (0, 3)


def test_pictures_of_other_classes_are_refused_before_they_are_taken_for_known_ones():
    classifier = MajorityClassifier().fit(dataset())
    shuffled = dataset().relabel(["z", "x", "y"])
    with pytest.raises(DataError, match="classes z, x, y were given to a majority that knows x, y, z; match them"):
        predicting.predict(classifier, shuffled)
