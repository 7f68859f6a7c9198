import math

import pytest
import torch

from linnet.classifiers.majority import MajorityClassifier
from linnet.datasets.base import Dataset


def data(*labels, n_classes=None):
    names = [f"class {i}" for i in range(n_classes or max(labels) + 1)]
    return Dataset.of(torch.zeros(len(labels), 1, 2, 2, dtype=torch.uint8), list(labels), names)


def shares(train, **settings):
    images = torch.full((1, 1, 2, 2), 200, dtype=torch.uint8)
    return MajorityClassifier(**settings).fit(train).predict_proba(images)[0].tolist()


def test_probabilities_are_the_shares_of_the_classes_with_one_picture_more_for_each():
    assert shares(data(0, 0, 0, 1, 2, 2)) == pytest.approx([4 / 9, 2 / 9, 3 / 9])


def test_a_class_without_pictures_is_not_impossible():
    assert shares(data(0, 0, n_classes=3)) == pytest.approx([3 / 5, 1 / 5, 1 / 5])


def test_all_pictures_get_the_same_answer():
    classifier = MajorityClassifier().fit(data(0, 1, 1))
    images = torch.randint(0, 256, (7, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    assert torch.equal(classifier.predict_proba(images), classifier.predict_proba(images[:1]).repeat(7, 1))
    assert classifier.predict(images).tolist() == [1] * 7


def test_equally_frequent_classes_go_to_the_smaller_index():
    assert MajorityClassifier().fit(data(2, 1, 2, 1)).predict(torch.zeros(1, 1, 2, 2)).tolist() == [1]


def test_balancing_makes_the_classes_that_occur_alike():
    assert shares(data(0, 0, 0, 0, 1, n_classes=2), balance=True) == pytest.approx([0.5, 0.5])


def test_its_log_loss_on_what_it_learned_is_near_the_entropy_of_the_labels():
    train = data(*[0] * 700, *[1] * 300)
    p = MajorityClassifier().fit(train).predict_proba(train.images)
    log_loss = -float(p.gather(1, train.labels[:, None]).log().mean())
    assert log_loss == pytest.approx(-0.7 * math.log(0.7) - 0.3 * math.log(0.3), abs=1e-5)


def test_there_is_nothing_to_choose_and_nothing_but_shares_to_keep():
    classifier = MajorityClassifier().fit(data(0, 1, 1))
    assert classifier.candidates() == [classifier]
    assert classifier.n_parameters() == 2
    assert classifier.n_bytes() == 16
