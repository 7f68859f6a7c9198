"""A training between two steps: everything that has to survive an interruption, to and from a checkpoint."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import zip_longest
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from linnet.errors import RunError
from linnet.training.averaging import WeightAverage
from linnet.training.checkpoints import Checkpoint, optimizer_state, prefixed, restore_optimizer, without_prefix
from linnet.training.recipe import Recipe
from linnet.training.schedules import Schedule

_LAYERS, _CLASSES, _PICTURES = "architecture", "class names", "training data"


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
            difference = _difference(other[0], asked.get(other[0]), self.identity[other[0]])
            raise RunError(
                f"The checkpoint {path} is of another training: {difference}; "
                "resume with what it was made with, or delete it to start again."
            )
        self.network.load_state_dict(without_prefix("network", read.tensors))
        restore_optimizer(self.optimizer, without_prefix("optimizer", read.tensors), read.plain["optimizer"])
        if self.average is not None:
            self.average.load_state_dict(without_prefix("average", read.tensors))
        self.best = without_prefix("best", read.tensors)
        self.schedule.load_state_dict(read.plain["schedule"])
        self.position = Position(**read.plain["position"])


def identity_of(
    recipe: Recipe, network: nn.Module, *, seed: int, class_names: Sequence[str], data: str, n_processes: int
) -> dict[str, Any]:
    """Say what a training is, as plain values: what could not change without another outcome.

    Args:
        recipe: What is done.
        network: To what.
        seed: Of everything random.
        class_names: In the order of the logits.
        data: Names the training pictures and their labels by content.
        n_processes: Each sees a share of a batch, and adds up in its own order.
    """
    asked = {part.name: getattr(recipe, part.name) for part in fields(Recipe)}
    asked = {
        name: list(value) if isinstance(value, tuple) else value for name, value in asked.items()
    }  # as JSON has it
    return {
        _LAYERS: {name: _described(module) for name, module in network.named_modules()},
        "seed": seed,
        _CLASSES: list(class_names),
        _PICTURES: data,
        "number of processes": n_processes,
        **asked,
    }


def _described(layer: nn.Module) -> str:
    """Say what a layer is without those inside it: its kind, its settings and the shapes of its own weights."""
    own = [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]
    shapes = "".join(f", {name} {'x'.join(map(str, tensor.shape)) or 'one number'}" for name, tensor in own)
    return f"{type(layer).__name__}({layer.extra_repr()}){shapes}"


def _difference(key: str, before: Any, now: Any) -> str:
    """Say in a few words what another training differs in, however much the two values hold."""
    if key == _LAYERS:
        asked = before if isinstance(before, dict) else {}
        name = next((name for name in [*now, *asked] if now.get(name) != asked.get(name)), "")
        was, is_now = asked.get(name, "not there"), now.get(name, "not there")
        return f"its architecture is another; the layer {name or 'around all'} was {was} and is {is_now}"
    if key == _CLASSES:
        names = before if isinstance(before, list) else []
        at = next((i for i, (a, b) in enumerate(zip_longest(names, now)) if a != b), 0)
        was, is_now = (repr(known[at]) if at < len(known) else "not there" for known in (names, now))
        return f"its classes are others; number {at + 1} was {was} and is {is_now}"
    if key == _PICTURES:
        return "it learned from other pictures or labels"
    return f"its {key} is {before!r} and now it is {now!r}"
