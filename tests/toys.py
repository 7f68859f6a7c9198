"""Small data sets made in code, for every test that wants pictures; no files, no network."""

from collections.abc import Sequence

import torch

from linnet.datasets.base import Dataset
from linnet.seeds import torch_generator


def patterns(
    *,
    counts: Sequence[int] = (40, 40, 40),
    shape: tuple[int, int, int] = (1, 8, 8),
    noise: float = 40.0,
    seed: int = 0,
) -> Dataset:
    """Make pictures of one fixed random pattern per class under noise, in mixed order.

    The patterns depend on shape and class alone, so that data sets of other seeds show the same classes.

    Args:
        counts: Pictures of each class; a class may have none.
        shape: (c, h, w).
        noise: Standard deviation in levels of 0 .. 255; the patterns' own is about 60.
        seed: Of noise and order.
    """
    random = torch_generator(seed, "toy noise")
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=random)]
    means = torch.stack([128 + 60 * torch.randn(shape, generator=torch_generator(0, "toy", k)) for k in range(10)])
    pixels = means[labels] + noise * torch.randn(len(labels), *shape, generator=random)
    names = [("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen", "ibis", "jay")[k] for k in range(len(counts))]
    return Dataset.of(pixels.round().clamp(0, 255).to(torch.uint8), labels, names)


def with_random_labels(data: Dataset, *, seed: int) -> Dataset:
    """Deal the labels out anew, so that pictures say nothing about them."""
    order = torch.randperm(len(data), generator=torch_generator(seed, "toy labels"))
    return Dataset.of(data.images, data.labels[order], data.class_names)
