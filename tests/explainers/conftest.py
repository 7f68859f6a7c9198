"""Classifiers that the tests of explainers share; none of them is changed by a test."""

import pytest

import netted
import toys
from linnet.classifiers.base import create


@pytest.fixture(scope="module")
def patches():
    """Pictures that nobody learned from, and where their patches are; all have one."""
    data, corners = netted.patched(60, seed=1)
    return data.images[1::2], corners[1::2]


@pytest.fixture(scope="module")
def patch_net():
    return netted.patch_net(netted.patched()[0])


@pytest.fixture(scope="module")
def linear():
    """Softmax regression on color pictures."""
    return create("softmax-regression", {}).fit(toys.patterns(shape=(3, 6, 5)))


@pytest.fixture(scope="module")
def images():
    return toys.patterns(counts=(4, 4, 4), shape=(3, 6, 5), seed=1).images
