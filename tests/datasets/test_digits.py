import socket

import numpy as np
import pytest
from sklearn.datasets import load_digits

from linnet import catalog
from linnet.datasets.digits import Digits


@pytest.fixture(scope="module")
def digits():
    return Digits().open([])


def test_digits_are_found_by_name():
    assert catalog.find("datasets", "digits") is Digits


def test_all_digits_are_there_in_the_order_of_the_source(digits):
    assert digits.images.shape == (1797, 1, 8, 8)
    assert digits.images.dtype == np.uint8
    np.testing.assert_array_equal(digits.labels, load_digits().target)
    assert digits.class_names == tuple("0123456789")


def test_zero_to_sixteen_becomes_zero_to_255_rounded(digits):
    source = load_digits().images
    assert (digits.images.min(), digits.images.max()) == (0, 255)
    for value in range(17):
        assert set(digits.images[:, 0][source == value]) == {round(value * 255 / 16)}


def test_no_split_is_given(digits):
    assert set(digits.splits) == {""}


def test_no_network_is_asked(monkeypatch):
    monkeypatch.delattr(socket, "socket")
    assert len(Digits().open([]).images) == 1797
