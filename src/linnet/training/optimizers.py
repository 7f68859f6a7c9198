"""Optimizers by name, with weight decay apart from biases and norms; Muon's own mathematics has a file of its own."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from linnet.errors import ConfigError, UnknownNameError
from linnet.training.muon import Muon
from linnet.training.schedules import Schedule

NAMES = ("sgd", "nesterov", "adam", "adamw", "muon", "lbfgs")
"""What `create_optimizer` knows."""

Groups = list[dict[str, Any]]


def parameter_groups(network: nn.Module, *, weight_decay: float) -> Groups:
    """Part the learned parameters into those that decay and those that do not.

    Biases, and scales and shifts of norms, have at most one dimension. Shrinking them keeps no function simple: a
    norm's scale sets the size of activations, a bias their place.

    Args:
        network: Parameters that want no gradient are left out.
        weight_decay: Of weights with two or more dimensions.

    Returns:
        One or two groups as torch optimizers take them, in the network's order; empty ones are left out.
    """
    learned = [parameter for parameter in network.parameters() if parameter.requires_grad]
    groups: Groups = [
        {"params": [parameter for parameter in learned if parameter.ndim > 1], "weight_decay": weight_decay},
        {"params": [parameter for parameter in learned if parameter.ndim <= 1], "weight_decay": 0.0},
    ]
    return [group for group in groups if group["params"]]


def set_rates(optimizer: Optimizer, schedule: Schedule, step: int) -> None:
    """Give every group of parameters its learning rate for a step.

    A group that says `"rests_after"`, a share of the training, falls to 0 in a line until then, whatever the schedule,
    and its parameters ask for no gradient from there on: what stands before them need not be gone through any more.

    Args:
        optimizer: Each group has its `initial_lr`.
        schedule: Of the others.
        step: Counted from 0.
    """
    factor = schedule.factor(step)
    for group in optimizer.param_groups:
        rests_after = group.get("rests_after")
        left = factor if rests_after is None else max(0.0, 1 - step / (rests_after * schedule.n_steps))
        group["lr"] = group["initial_lr"] * left
        if rests_after is not None:
            for parameter in group["params"]:
                parameter.requires_grad_(left > 0)
                parameter.grad = parameter.grad if left > 0 else None


def create_optimizer(
    name: str,
    network: nn.Module,
    *,
    learning_rate: float,
    weight_decay: float = 0.0,
    momentum: float = 0.9,
    product_dtype: torch.dtype = torch.float32,
) -> Optimizer:
    """Make an optimizer for a network that is on its device already.

    Weight decay is part of the gradient (L2) in "sgd", "nesterov" and "adam", and a shrinking of its own in "adamw"
    and "muon". "muon" moves first and last layers by Nesterov momentum, where steps of equal size in all directions are
    no help: the first sees few inputs, the last has one row per class. "lbfgs" wants a closure and the same images in
    each step, and searches along each direction for a length that does enough.

    Args:
        name: One of `NAMES`; case does not matter.
        network: What is to be learned.
        learning_rate: Above 0; of "lbfgs", the first length that is tried, 1 being natural.
        weight_decay: At least 0; "lbfgs" has none.
        momentum: At least 0 and below 1; of "adam" and "adamw" it is the first beta, "lbfgs" has none.
        product_dtype: Of the products that "muon" makes; bfloat16 where the machine has matrix units for it.

    Raises:
        UnknownNameError: no such optimizer.
        ConfigError: a number out of its range, weight decay with "lbfgs", or nothing to learn.
    """
    known = name.lower()
    if known not in NAMES:
        raise UnknownNameError("optimizer", name, NAMES)
    _check(known, learning_rate=learning_rate, weight_decay=weight_decay, momentum=momentum)
    groups = parameter_groups(network, weight_decay=weight_decay)
    if not groups:
        raise ConfigError("An optimizer wants parameters to learn; every parameter of this network is frozen.")
    if known == "lbfgs":
        learned = [parameter for group in groups for parameter in group["params"]]
        return torch.optim.LBFGS(learned, lr=learning_rate, line_search_fn="strong_wolfe")
    if known == "muon":
        parted = [part for group in groups for part in _with_plain_ends(group)]
        return Muon(parted, learning_rate=learning_rate, momentum=momentum, dtype=product_dtype)
    makers: dict[str, Callable[..., Optimizer]] = {
        "sgd": partial(SGD, momentum=momentum),
        "nesterov": partial(SGD, momentum=momentum, nesterov=True),
        "adam": partial(Adam, betas=(momentum, 0.999)),
        "adamw": partial(AdamW, betas=(momentum, 0.999)),
    }
    return _fused_if_possible(partial(makers[known], lr=learning_rate), groups)


def _fused_if_possible(make: Callable[..., Optimizer], groups: Groups) -> Optimizer:
    """Ask for the kernel that makes a step in one pass over memory; torch refuses at once where it has none.

    It has written what was asked for into the groups by then, so it gets copies.
    """
    try:
        return make([dict(group) for group in groups], fused=True)
    except RuntimeError:
        return make(groups)


def _with_plain_ends(group: dict[str, Any]) -> Groups:
    """Take the first and the last of the weights out of a group, to be moved without orthogonalization."""
    parameters: list[Tensor] = group["params"]
    if parameters[0].ndim <= 1:
        return [group | {"kind": "plain"}]
    inner, ends = parameters[1:-1], [parameters[0], parameters[-1]][: len(parameters)]
    groups = [group | {"params": inner, "kind": "matrix"}, group | {"params": ends, "kind": "plain"}]
    return [part for part in groups if part["params"]]


def _check(name: str, *, learning_rate: float, weight_decay: float, momentum: float) -> None:
    if not 0 < learning_rate < math.inf:
        raise ConfigError(f"The learning rate should be a number above 0; it is {learning_rate}.")
    if not 0 <= weight_decay < math.inf:
        raise ConfigError(f"The weight decay should be a number of at least 0; it is {weight_decay}.")
    if not 0 <= momentum < 1:
        raise ConfigError(f"The momentum should be at least 0 and below 1; it is {momentum}.")
    if name == "nesterov" and momentum == 0:
        raise ConfigError("The optimizer nesterov wants a momentum above 0; it is 0. Take sgd, which may have none.")
    if name == "lbfgs" and weight_decay:
        raise ConfigError(
            f"The optimizer lbfgs has no weight decay, and was given {weight_decay}; add an L2 penalty to the loss."
        )
