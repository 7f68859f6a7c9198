import pytest
import torch

from linnet.classifiers.majority import MajorityClassifier
from linnet.datasets.base import Dataset


def data(labels, k=3):
    images = torch.zeros(len(labels), 1, 2, 2, dtype=torch.uint8)
    return Dataset.of(images, labels, [str(i) for i in range(k)])


def test_shares_are_counts_with_one_more_of_each_class():
    shares = MajorityClassifier().fit(data([0, 0, 0, 1])).predict_proba(torch.zeros(2, 1, 2, 2, dtype=torch.uint8))
    assert shares[0].tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert torch.equal(shares[0], shares[1])


def test_the_most_frequent_class_is_predicted_and_the_first_among_equals():
    assert MajorityClassifier().fit(data([2, 2, 1])).predict(data([0]).images).tolist() == [2]
    assert MajorityClassifier().fit(data([2, 1])).predict(data([0]).images).tolist() == [1]


def test_balance_makes_all_classes_that_occur_equal():
    shares = MajorityClassifier(balance=True).fit(data([0] * 9 + [1])).predict_proba(data([0]).images)[0]
    assert shares[0] == pytest.approx(float(shares[1]))
    assert shares[2] < shares[0]
