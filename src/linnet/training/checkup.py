"""One batch through a copy of a network in training: how its layers fare, with the training itself left as it is."""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from linnet import seeds
from linnet.datasets.base import gather
from linnet.records.health import LayerHealth
from linnet.training.batches import one_hot
from linnet.training.health import measure_health
from linnet.training.losses.base import smoothed
from linnet.training.memory import is_memory_short
from linnet.training.starting import Parts
from linnet.training.state import State
from linnet.transforms.draws import Draws

N_IMAGES = 128
"""At most; shares of dead units need about a hundred pictures, and more would cost more than they tell."""


def check_up(parts: Parts, state: State) -> list[LayerHealth]:
    """Make a step on a copy of network and optimizer, and measure the layers in it.

    Nothing of the training changes: not the weights, the running statistics, the gradients, nor a random stream. The
    copy is no distributed one, so a process may do this alone. Penalties are left out; L-BFGS, whose step wants
    several passes, makes none.

    Args:
        parts: Of the training.
        state: Is read only.

    Returns:
        One entry per layer that was used, in the order of first use; none where memory has no room for the copy.
    """
    try:
        network, optimizer = _twins(state.network, state.optimizer)
        network.train()
        images, targets = _batch(parts, state.position.epoch)

        def backward() -> None:
            optimizer.zero_grad(set_to_none=True)
            with parts.fabric.autocast():
                logits = network(images)
            wanted = smoothed(targets, parts.recipe.label_smoothing)
            loss = parts.loss(logits.float(), wanted, class_weights=parts.class_weights)
            loss.backward()  # type: ignore[no-untyped-call]
            if parts.recipe.gradient_clip:
                nn.utils.clip_grad_norm_(network.parameters(), parts.recipe.gradient_clip)
            if not isinstance(optimizer, torch.optim.LBFGS):
                optimizer.step()

        with torch.random.fork_rng(devices=list(range(torch.cuda.device_count()))):
            torch.manual_seed(seeds.derive(parts.seed, "health"))  # of dropout
            return measure_health(network, backward)
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not is_memory_short(error):
            raise
        return []  # the training itself may well go on


def sample_rows(parts: Parts, n_images: int, purpose: str) -> Tensor:
    """Choose training pictures by the seed: (n,) int64 positions, ascending; all of them where there are fewer."""
    order = torch.randperm(len(parts.train), generator=seeds.torch_generator(parts.seed, purpose))
    return order[:n_images].sort().values


def augmented(parts: Parts, rows: Tensor, epoch: int) -> tuple[Tensor, Tensor]:
    """Return training pictures as a round sees them, and their targets, on the CPU.

    Args:
        parts: Of the training.
        rows: (b,) int64, positions in the training set.
        epoch: Which round, counted from 0.

    Returns:
        (b, c, h, w) uint8 or float32 in [0, 1], and (b, k) float32.
    """
    images = gather(parts.train.pixels, parts.train.rows[rows])
    targets = one_hot(parts.train.labels[rows], parts.train.n_classes)
    if parts.augmentation is None:
        return images, targets
    return parts.augmentation(images, targets, draws=Draws(parts.seed, epoch, rows.numpy()))


def _twins(network: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[nn.Module, torch.optim.Optimizer]:
    """Copy a network and its optimizer, so that the copied one moves the copied network."""
    copied: dict[int, Any] = {}  # by the identity of what was copied: parameters are met a second time in the optimizer
    network, twin = copy.deepcopy(network, copied), copy.deepcopy(optimizer, copied)
    # torch copies an optimizer's groups and state only; settings of the kind's own would be missing.
    own = {name: value for name, value in vars(optimizer).items() if name not in vars(twin)}
    vars(twin).update(copy.deepcopy(own, copied))
    return network, twin


def _batch(parts: Parts, epoch: int) -> tuple[Tensor, Tensor]:
    n_images = min(N_IMAGES, parts.recipe.images_per_step(len(parts.train)))
    rows = sample_rows(parts, n_images, "health")
    images, targets = augmented(parts, rows, epoch)
    if len(images) == 1:  # batch normalization refuses a single picture
        images, targets = torch.cat([images, images]), torch.cat([targets, targets])
    moved: tuple[Tensor, Tensor] = parts.fabric.to_device((images, targets))
    return moved
