"""A sweep over learning rates with a network and its recipe: real training steps; what they say is the finder's."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count

from torch import nn

from linnet.datasets.base import Dataset
from linnet.errors import UnsupportedError
from linnet.progress import SILENT, Progress
from linnet.training.batches import Batch, batches
from linnet.training.devices import ALONE, Devices
from linnet.training.engine import learn_from, on_trial
from linnet.training.finder import RateFinding, find_learning_rate
from linnet.training.recipe import Recipe
from linnet.training.starting import Parts, optimizer_for
from linnet.training.state import State


def sweep_rates(
    network: nn.Module,
    train: Dataset,
    recipe: Recipe,
    *,
    seed: int = 0,
    n_steps: int = 100,
    devices: Devices = ALONE,
    progress: Progress = SILENT,
) -> RateFinding:
    """Make training steps with a rising learning rate; the network is of no use afterwards.

    Batches, augmentation, loss, optimizer and precision are the recipe's. Its schedule, warm-up and average are left
    out: what a rate does is seen where nothing else changes it.

    Args:
        network: As for `engine.train`.
        train: At least one picture; goes round as often as the steps need.
        recipe: What a training would do; its learning rate is not asked.
        seed: Of everything random.
        n_steps: At most so many; fewer where the loss runs away.
        devices: Where a training would run; the sweep is made by a single process there.
        progress: Told each step's rate and loss.

    Raises:
        UnsupportedError: the optimizer looks for the length of each step itself.
    """
    if recipe.optimizer == "lbfgs":
        raise UnsupportedError(
            "The optimizer lbfgs searches for the length of each step itself, so no sweep can tell it a learning rate; "
            "leave it at 1, or take sgd, nesterov, adam, adamw or muon."
        )
    steady = replace(recipe, schedule="constant", warmup=0.0, average=0.0)
    trial = on_trial(network, train, steady, seed=seed, devices=devices)
    with trial as (parts, state), progress.task("Trying learning rates", n_steps) as task:
        coming = _endless(train, size=recipe.images_per_step(len(train)), seed=seed, state=state)

        def step(rate: float) -> float:
            _set_rate(parts, state, rate)
            at = state.position
            at.loss, at.n_right, at.n_seen = 0.0, 0.0, 0
            learn_from(parts, state, next(coming))
            at.step += 1
            loss = at.loss / at.n_seen
            task.advance(note=f"rate {rate:.1e}, loss {loss:.3f}")
            return loss

        return find_learning_rate(step, n_steps=n_steps)


def _endless(train: Dataset, *, size: int, seed: int, state: State) -> Iterator[Batch]:
    """Go round and round, each time in another order."""
    for epoch in count():
        state.position.epoch = epoch
        yield from batches(train, size=size, seed=seed, epoch=epoch)


def _set_rate(parts: Parts, state: State, rate: float) -> None:
    """Give every group of parameters the rate that it would have if the recipe said this one.

    A network that tunes its own optimizer may tie some groups to the recipe's rate and leave others alone; only
    making that optimizer tells which.
    """
    asked = replace(parts.recipe, learning_rate=rate)
    wanted = optimizer_for(state.network, asked, len(parts.train), parts.precision)
    for group, other in zip(state.optimizer.param_groups, wanted.param_groups, strict=True):
        group["initial_lr"] = other["lr"]
