"""From memory-mapped pictures to batches: order, share of each process, class shares; pixels are changed elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from linnet import seeds
from linnet.datasets.base import Dataset, gather


@dataclass(frozen=True, eq=False, kw_only=True)
class Batch:
    """Hold what one step of one process learns from.

    Attributes:
        images: (b, c, h, w) uint8.
        labels: (b,) int64.
        rows: (b,) int64, positions in the training set: what random numbers of a picture are drawn from.
        n_total: Pictures of this step over all processes.
    """

    images: Tensor
    labels: Tensor
    rows: npt.NDArray[np.int64]
    n_total: int


def batches(
    data: Dataset, *, size: int, seed: int, epoch: int, first: int = 0, rank: int = 0, world: int = 1
) -> Iterator[Batch]:
    """Go once over all pictures in an order that only the seed and the epoch decide.

    The order is cut into batches before they are shared out, so every step sees the same pictures however many
    processes there are; process r gets every world-th picture of the batch, from the r-th on. Where a batch has fewer
    pictures than there are processes, some get none.

    Args:
        data: What to go over.
        size: Pictures per batch over all processes; the last batch holds what is left, and a single picture left over
            joins the batch before.
        seed: With the epoch decides the order.
        epoch: Which round.
        first: Batches to leave out, for going on in the middle of a round.
        rank: Which process this is, 0 .. world-1.
        world: How many processes there are.
    """
    order = torch.randperm(len(data), generator=seeds.torch_generator(seed, "order", epoch))
    parts = list(torch.split(order, size))
    if len(parts) > 1 and len(parts[-1]) == 1 < size:
        # Batch normalization has nothing to compare a single picture with.
        parts[-2:] = [torch.cat(parts[-2:])]
    for whole in parts[first:]:
        mine = whole[rank::world]
        images = gather(data.pixels, data.rows[mine])
        yield Batch(images=images, labels=data.labels[mine], rows=mine.numpy(), n_total=len(whole))


def share(n: int, *, rank: int, world: int) -> range:
    """Return the positions that a process evaluates: together they are all of them, each once."""
    return range(rank, n, world)


def one_hot(labels: Tensor, n_classes: int) -> Tensor:
    """Return (b, k) float32 class shares for (b,) int64 labels."""
    return functional.one_hot(labels, n_classes).to(torch.float32)


def balancing_weights(labels: Tensor, n_classes: int) -> Tensor:
    """Return (k,) float32 weights with which all classes that occur count alike; the mean over pictures is 1."""
    counts = torch.bincount(labels, minlength=n_classes).to(torch.float64)
    n_present = int((counts > 0).sum())
    return torch.where(counts > 0, len(labels) / (n_present * counts.clamp(min=1)), 0.0).to(torch.float32)
