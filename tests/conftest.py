"""Fixtures that many test files share; the pictures themselves are made in `toys`."""

from collections.abc import Iterator

import pytest
import torch

import toys
from linnet.datasets.base import Dataset


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Compute on one thread: toys gain nothing from more, and threads wait for each other where tests run at once."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def short_descent() -> Iterator[None]:
    """Let mini-batch descent make fewer steps than small sets usually get; toy sets need no more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("linnet.training.textbook.sgd.LEAST_STEPS", 250)
        patch.setattr("linnet.training.recipe.LEAST_STEPS", 30)
        yield


@pytest.fixture
def one_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every network train for one round only, where a test wants them to run and not to learn."""
    monkeypatch.setattr("linnet.training.recipe.Recipe.n_epochs", lambda self, n_images: 1)


@pytest.fixture(scope="session")
def toy_dataset() -> Dataset:
    """120 gray pictures of 8 x 8 in three classes that are easy to tell apart."""
    return toys.patterns()


@pytest.fixture(scope="session")
def toy_test() -> Dataset:
    """90 other pictures of the same three classes."""
    return toys.patterns(counts=(30, 30, 30), seed=1)
