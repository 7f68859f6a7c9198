"""Mini-batch gradient descent with momentum, and softmax regression by it; the two-layer net has a file of its own."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor

from linnet import seeds
from linnet.datasets.base import gather
from linnet.errors import ConfigError
from linnet.progress import Progress
from linnet.training.textbook.affine import Affine, Standardization
from linnet.training.textbook.losses import softmax_regression_loss
from linnet.training.threads import threads_for

LEAST_STEPS = 400
"""Small sets go round more often, until so many steps are made."""

_BLOCK_BYTES = 1 << 20
"""What is read at once stays in the processor's cache."""


class Descending(Protocol):
    """A rung whose settings say how mini-batch descent goes; see `Schedule`."""

    batch_size: int
    learning_rate: float
    momentum: float
    epochs: int
    penalty: float


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Say how mini-batch descent goes.

    Args:
        batch_size: Images per step; the last batch of a round holds what is left.
        learning_rate: Of the first step.
        momentum: Share of the last step that is kept.
        epochs: Rounds over the images; more where they would make fewer than `LEAST_STEPS` steps.
        penalty: L2, at least 0.
        decay: Whether the learning rate falls to 0 along half a cosine.
    """

    batch_size: int
    learning_rate: float
    momentum: float
    epochs: int
    penalty: float
    decay: bool = False

    @classmethod
    def of(cls, rung: Descending, *, decay: bool = False) -> Self:
        """Gather what a rung's settings say."""
        return cls(
            batch_size=rung.batch_size,
            learning_rate=rung.learning_rate,
            momentum=rung.momentum,
            epochs=rung.epochs,
            penalty=rung.penalty,
            decay=decay,
        )

    def check(self, rung: str) -> None:
        """Refuse settings out of their range.

        Raises:
            ConfigError: says which.
        """
        for name, value in (("batch_size", self.batch_size), ("epochs", self.epochs)):
            if value < 1:
                raise ConfigError(f"{rung}.{name} should be at least 1; it is {value}.")
        if not 0 < self.learning_rate < math.inf:
            raise ConfigError(f"{rung}.learning_rate should be above 0; it is {self.learning_rate}.")
        if not 0 <= self.momentum < 1:
            raise ConfigError(f"{rung}.momentum should be at least 0 and below 1; it is {self.momentum}.")
        if not 0 <= self.penalty < math.inf:
            raise ConfigError(f"{rung}.penalty should be a number of at least 0; it is {self.penalty}.")

    def n_epochs(self, n_images: int) -> int:
        """Return the number of rounds over so many images."""
        return max(self.epochs, -(-LEAST_STEPS // self.n_batches(n_images)))

    def n_batches(self, n_images: int) -> int:
        """Return the number of steps in one round."""
        return max(1, -(-n_images // self.batch_size))

    def rate(self, step: int, n_steps: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        return self.learning_rate * (0.5 + 0.5 * math.cos(math.pi * step / n_steps) if self.decay else 1.0)


@dataclass(frozen=True, eq=False)
class Standardized:
    """Hold a training set of which batches are standardized as they are drawn.

    Args:
        values: (n, d) uint8 or float.
        labels: (n,) int64.
        weights: (n,) float64, mean 1, or None.
        scale: Each feature minus its channel's mean, divided by its channel's deviation.
        dtype: Of the batches and of what is learned from them.
    """

    values: Tensor
    labels: Tensor
    weights: Tensor | None
    scale: Standardization
    dtype: torch.dtype

    @classmethod
    def of(cls, values: Tensor, labels: Tensor, *, n_channels: int, weights: Tensor | None = None) -> "Standardized":
        """Measure a training set."""
        scale = Standardization.of(values, n_channels=n_channels, per_feature=False)
        dtype = torch.float64 if values.dtype == torch.float64 else torch.float32
        return cls(values, labels, weights, scale, dtype)

    def batches(self, size: int, *, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """Go once over all images in random order; many batches are read at once.

        Yields:
            (b, d) standardized features in `dtype`, (b,) int64 labels, and (b,) weights or None.
        """
        order = torch.randperm(len(self.labels), generator=generator)
        at_once = max(1, _BLOCK_BYTES // (self.dtype.itemsize * self.values.shape[1] * size))
        for chosen in torch.split(order, at_once * size):
            features = self.scale.applied(gather(self.values, chosen), self.dtype)
            labels = self.labels[chosen]
            parts: Sequence[Tensor | None] = [None] * at_once
            if self.weights is not None:
                parts = torch.split(self.weights[chosen].to(self.dtype), size)
            yield from zip(torch.split(features, size), torch.split(labels, size), parts, strict=False)


class Momentum:
    """Move arrays against their gradients, keeping a share of the last move: v = momentum v + g, a = a - rate v.

    Args:
        arrays: What is learned; changed in place.
        momentum: The share.
    """

    def __init__(self, arrays: Sequence[Tensor], *, momentum: float) -> None:
        self._arrays = list(arrays)
        self._momentum = momentum
        self._moves = [torch.zeros_like(array) for array in arrays] if momentum else []

    def step(self, gradients: Sequence[Tensor], rate: float) -> None:
        """Make one step."""
        moves = list(gradients)
        if self._moves:
            torch._foreach_mul_(self._moves, self._momentum)
            torch._foreach_add_(self._moves, moves)
            moves = self._moves
        torch._foreach_add_(self._arrays, moves, alpha=-rate)


def fit_softmax_regression(
    data: Standardized, *, n_classes: int, schedule: Schedule, seed: int, progress: Progress
) -> Affine:
    """Learn an affine map by mini-batch descent on cross-entropy, from zero weights.

    Args:
        data: The training set.
        n_classes: k.
        schedule: How to go down.
        seed: Decides the order of the images.
        progress: Told each round's mean loss.
    """
    generator = seeds.torch_generator(seed, "softmax regression")
    n, d = data.values.shape
    W, b = torch.zeros(n_classes, d, dtype=data.dtype), torch.zeros(n_classes, dtype=data.dtype)
    mover = Momentum([W, b], momentum=schedule.momentum)
    n_epochs, n_batches = schedule.n_epochs(n), schedule.n_batches(n)
    step = 0
    with progress.task("softmax-regression", n_epochs) as task, threads_for(min(n, schedule.batch_size) * W.numel()):
        for _ in range(n_epochs):
            total = torch.zeros((), dtype=torch.float64)
            for x, y, w in data.batches(schedule.batch_size, generator=generator):
                loss, *gradients = softmax_regression_loss(
                    W, b, values=x, labels=y, penalty=schedule.penalty, weights=w
                )
                mover.step(gradients, schedule.rate(step, n_epochs * n_batches))
                total += loss
                step += 1
            task.advance(note=f"loss {float(total) / n_batches:.4f}")
    return data.scale.folded(W.to(torch.float64), b.to(torch.float64))
