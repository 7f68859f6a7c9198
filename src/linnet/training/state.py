"""A training between two steps: everything that has to survive an interruption, to and from a checkpoint."""

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from linnet.errors import RunError
from linnet.training.averaging import WeightAverage
from linnet.training.checkpoints import Checkpoint, optimizer_state, prefixed, restore_optimizer, without_prefix
from linnet.training.recipe import Recipe
from linnet.training.schedules import Schedule


@dataclass(kw_only=True)
class Position:
    """Say how far a training has come.

    Attributes:
        epoch: Rounds that are done.
        batch: Batches of the round at hand that are done.
        step: Steps that are done.
        loss: Sum over the pictures of this round.
        n_right: Of this round.
        n_seen: Pictures of this round.
        n_parts: In so many parts a batch is computed, because memory was short.
        epoch_seconds: Of this round, validation left out.
        seconds: Since the start.
        rows: One per finished round, as plain values.
        health: One per checkup of the layers, as plain values.
        is_over: Whether training has ended, early or not.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss: float = 0.0
    n_right: float = 0.0
    n_seen: int = 0
    n_parts: int = 1
    epoch_seconds: float = 0.0
    seconds: float = 0.0
    rows: list[dict[str, Any]] = field(default_factory=list)
    health: list[dict[str, Any]] = field(default_factory=list)
    is_over: bool = False


@dataclass(eq=False, kw_only=True)
class State:
    """Hold what changes while training.

    Attributes:
        network: Its parameters and buffers change in place.
        optimizer: Of the network's parameters.
        schedule: Of the learning rate.
        average: Of the weights; None where none is kept.
        best: Weights after the round that validation found best, where they are to be kept.
        position: How far it has come.
        identity: What was asked and of what, so that a checkpoint of something else is refused.
    """

    network: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Schedule
    average: WeightAverage | None
    identity: dict[str, Any]
    best: dict[str, Tensor] = field(default_factory=dict)
    position: Position = field(default_factory=Position)

    def save(self, path: Path) -> None:
        """Write a checkpoint; the one before is there until this one is whole.

        Random numbers need no saving: each is made from the seed, its purpose and the position.
        """
        moved, plain = optimizer_state(self.optimizer)
        tensors = prefixed("network", self.network.state_dict()) | prefixed("optimizer", moved)
        tensors |= prefixed("best", self.best)
        if self.average is not None:
            tensors |= prefixed("average", self.average.state_dict())
        values = {
            "identity": self.identity,
            "position": asdict(self.position),
            "optimizer": plain,
            "schedule": self.schedule.state_dict(),
        }
        Checkpoint(tensors=tensors, plain=values).write(path)

    def restore(self, read: Checkpoint, path: Path) -> None:
        """Go back to where a checkpoint was written.

        Args:
            read: What it holds.
            path: Where it was, for the message.

        Raises:
            RunError: of another network, recipe, seed, data or number of processes.
        """
        asked = read.plain.get("identity", {})
        other = [key for key in self.identity if asked.get(key) != self.identity[key]]
        if other:
            key = other[0]
            raise RunError(
                f"The checkpoint {path} is of another training: its {key} is {asked.get(key)!r} and now it is "
                f"{self.identity[key]!r}; resume with what it was made with, or delete it to start again."
            )
        self.network.load_state_dict(without_prefix("network", read.tensors))
        restore_optimizer(self.optimizer, without_prefix("optimizer", read.tensors), read.plain["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(without_prefix("average", read.tensors))
        self.best = without_prefix("best", read.tensors)
        self.schedule.load_state_dict(read.plain["schedule"])
        self.position = Position(**read.plain["position"])


def identity_of(recipe: Recipe, network: nn.Module, *, seed: int, data: str, n_processes: int) -> dict[str, Any]:
    """Say what a training is, as plain values: what could not change without another outcome.

    Args:
        recipe: What is done.
        network: To what.
        seed: Of everything random.
        data: Names the training pictures by content.
        n_processes: Each sees a share of a batch, and adds up in its own order.
    """
    asked = {part.name: getattr(recipe, part.name) for part in fields(Recipe)}
    asked = {
        name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()
    }  # as JSON has it
    shapes = {name: list(tensor.shape) for name, tensor in network.state_dict().items()}
    return {"architecture": shapes, "seed": seed, "training data": data, "number of processes": n_processes, **asked}
