"""The start of a training: what stays the same in it, put together from a recipe; the loop itself is elsewhere."""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from linnet import catalog
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError, UnknownNameError
from linnet.records.training import Computing
from linnet.training.averaging import WeightAverage
from linnet.training.batches import balancing_weights
from linnet.training.initialization import CONVOLUTION_KINDS, LINEAR_KINDS
from linnet.training.losses.base import Loss
from linnet.training.losses.parsing import create_loss
from linnet.training.optimizers import NAMES as OPTIMIZERS
from linnet.training.optimizers import create_optimizer
from linnet.training.precision import Precision, choose_precision
from linnet.training.recipe import Recipe
from linnet.training.schedules import MultiStep, Schedule, create_schedule, parse_schedule
from linnet.training.state import State, identity_of
from linnet.training.team import Team
from linnet.transforms.augmentations.base import Augmentation
from linnet.transforms.augmentations.parsing import parse

_CHOICES = {
    "optimizer": OPTIMIZERS,
    "linear_initialization": LINEAR_KINDS,
    "convolution_initialization": CONVOLUTION_KINDS,
}
"""Settings of a recipe that are one of some names."""


@runtime_checkable
class Tuned(Protocol):
    """A network, or a part of one, that knows how its parameters are best moved."""

    def tuned_optimizer(self, recipe: Recipe, *, n_images: int, dtype: torch.dtype) -> torch.optim.Optimizer:
        """Make the optimizer of the whole network; `dtype` is that of products of matrices."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Parts:
    """Hold what stays the same while training.

    Attributes:
        train: What is learned from.
        valid: What each round is judged by, if anything.
        recipe: What was asked.
        seed: Of everything random.
        fabric: Device, precision and processes, of lightning-fabric.
        forward: The network as the fabric runs it.
        loss: What is made small.
        class_weights: (k,) float32, or None.
        augmentation: What happens to training pictures, or None.
        precision: What products are computed in.
        n_epochs: Rounds to make.
    """

    train: Dataset
    valid: Dataset | None
    recipe: Recipe
    seed: int
    fabric: Any
    forward: nn.Module
    loss: Loss
    class_weights: Tensor | None
    augmentation: Augmentation | None
    precision: Precision
    n_epochs: int

    @property
    def computing(self) -> Computing:
        """How this training computes, for the run's records."""
        return Computing(
            products=self.precision.products,
            channels_last=self.precision.channels_last,
            reason=self.precision.reason,
            device=self.fabric.device.type,
            n_processes=self.fabric.world_size,
        )


def begin(
    network: nn.Module,
    train: Dataset,
    valid: Dataset | None,
    recipe: Recipe,
    *,
    seed: int,
    team: Team,
    precision: Precision | None = None,
) -> tuple[Parts, State]:
    """Put a training together, on the devices that it is given.

    Args:
        network: Is moved in place.
        train: At least one picture.
        valid: Judges each round, if given.
        recipe: What to do; its `augment` names augmentations, "auto" is not known here.
        seed: Of everything random.
        team: The processes that share every batch.
        precision: What products are computed in; None asks this machine, as far as the recipe leaves it open.

    Raises:
        UnknownNameError: no such optimizer, schedule, loss or augmentation.
        ConfigError: a setting out of its range.
    """
    precision = precision or choose_precision(recipe.precision, device=team.device)
    fabric = team.fabric(precision)
    network.to(memory_format=torch.channels_last if precision.channels_last else torch.contiguous_format)
    network.to(fabric.device)
    optimizer = optimizer_for(network, recipe, len(train), precision)
    for group in optimizer.param_groups:
        group.setdefault("initial_lr", group["lr"])
    state = State(
        network=network,
        optimizer=optimizer,
        schedule=_schedule(recipe, len(train)),
        average=WeightAverage(network, recipe.average) if recipe.average else None,
        identity=identity_of(
            recipe, network, seed=seed, class_names=train.class_names, data=named_data(train), n_processes=team.size
        ),
    )
    parts = Parts(
        train=train,
        valid=valid,
        recipe=recipe,
        seed=seed,
        fabric=fabric,
        forward=fabric.setup_module(network, move_to_device=False),
        loss=create_loss(recipe.loss),
        class_weights=balancing_weights(train.labels, train.n_classes).to(fabric.device) if recipe.balance else None,
        augmentation=_augmentation(recipe.augment),
        precision=precision,
        n_epochs=recipe.n_epochs(len(train)),
    )
    return parts, state


def optimizer_for(network: nn.Module, recipe: Recipe, n_images: int, precision: Precision) -> torch.optim.Optimizer:
    """Make the optimizer by name, or as the network wants it where it has tuned it for that name."""
    dtype = torch.bfloat16 if precision.products == "bfloat16" else torch.float32
    tuned = next((module for module in network.modules() if isinstance(module, Tuned)), None)
    if tuned is not None and recipe.optimizer == "muon":
        return tuned.tuned_optimizer(recipe, n_images=n_images, dtype=dtype)
    return create_optimizer(
        recipe.optimizer, network, learning_rate=recipe.learning_rate, weight_decay=recipe.weight_decay,
        momentum=recipe.momentum, product_dtype=dtype,
    )  # fmt: skip


def check_names(recipe: Recipe, where: str = "recipe") -> None:
    """Refuse names in a recipe that mean nothing, before any work.

    Args:
        recipe: Its ranges are checked already.
        where: What stands before the names in the message.

    Raises:
        UnknownNameError: no such optimizer, schedule, loss or augmentation.
        ConfigError: a setting of a loss or an augmentation out of its range.
    """
    for name, known in _CHOICES.items():
        if getattr(recipe, name) not in known:
            raise UnknownNameError(f"{where}.{name}", getattr(recipe, name), known)
    entry, _ = parse_schedule(recipe.schedule)
    if entry is MultiStep and not (recipe.milestones and min(recipe.milestones) >= 1):
        raise ConfigError(
            f"{where}.milestones should be rounds such as [10,15] for multi-step; it is {recipe.milestones}."
        )
    if recipe.optimizer == "lbfgs" and recipe.weight_decay:
        raise ConfigError(f"{where}.weight_decay should be 0 for lbfgs, which has none; it is {recipe.weight_decay}.")
    if recipe.optimizer == "lbfgs" and recipe.gradient_clip:
        raise ConfigError(
            f"{where}.gradient_clip should be 0 for lbfgs, whose search along a line wants slopes as they are; "
            f"it is {recipe.gradient_clip}."
        )
    _schedule(recipe, 1)  # its numbers may be out of range
    create_loss(recipe.loss)
    if recipe.augment != "auto":
        _augmentation(recipe.augment)
    if recipe.keep not in ("best", "last"):
        raise ConfigError(f"{where}.keep should be best or last; it is {recipe.keep!r}.")
    if recipe.precision not in ("auto", "float32", "bfloat16"):
        raise ConfigError(f"{where}.precision should be auto, float32 or bfloat16; it is {recipe.precision!r}.")


def _schedule(recipe: Recipe, n_images: int) -> Schedule:
    steps_per_epoch = recipe.steps_per_epoch(n_images)
    n_steps = steps_per_epoch * recipe.n_epochs(n_images)
    return create_schedule(
        recipe.schedule,
        n_steps=n_steps,
        steps_per_epoch=steps_per_epoch,
        warmup_steps=min(n_steps - 1, round(recipe.warmup * n_steps)),
        **({"milestones": recipe.milestones} if parse_schedule(recipe.schedule)[0] is MultiStep else {}),
    )


def _augmentation(text: str) -> Augmentation | None:
    found = parse(text, partial(catalog.find, "augmentations"))
    return None if found.spec() == "none" else found


def named_data(train: Dataset) -> str:
    """Name the training pictures and labels: their ids, not their pixels, which the manifest has checked."""
    text = "\n".join(train.ids.tolist()) + "\n"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass") + train.labels.numpy().tobytes()).hexdigest()[:16]
