"""Pictures and short trainings that the tests of the loop share."""

import pytest

import toys


@pytest.fixture(scope="module")
def data():
    return toys.patterns()


@pytest.fixture
def few_steps(monkeypatch):
    """Let small sets make no more rounds than they are told."""
    monkeypatch.setattr("linnet.training.recipe.LEAST_STEPS", 1)
