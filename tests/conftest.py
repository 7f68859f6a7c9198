"""Fixtures that many test files share; the pictures themselves are made in `toys`."""

import pytest

import toys
from linnet.datasets.base import Dataset


@pytest.fixture(scope="session")
def toy_dataset() -> Dataset:
    """120 gray pictures of 8 x 8 in three classes that are easy to tell apart."""
    return toys.patterns()


@pytest.fixture(scope="session")
def toy_test() -> Dataset:
    """90 other pictures of the same three classes."""
    return toys.patterns(counts=(30, 30, 30), seed=1)
