"""Train the two-layer net: its start, its descent, and what it has learned; losses and batches are elsewhere."""

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from linnet import seeds
from linnet.progress import Progress
from linnet.training.precision import has_quick_bfloat16
from linnet.training.textbook.affine import LEAST_PROBABILITY
from linnet.training.textbook.losses import TwoLayerParameters, softmax, two_layer_logits, two_layer_loss
from linnet.training.textbook.sgd import Schedule, Standardized
from linnet.training.threads import threads_for


@dataclass(frozen=True, eq=False)
class TwoLayerNet:
    """Turn features into probabilities.

    Args:
        parameters: For pixels in [0, 1], float32, or for floats as they came, float64.
    """

    parameters: TwoLayerParameters

    def logits(self, values: Tensor) -> Tensor:
        """Return (n, k) for (n, d) features, where uint8 is taken as pixels / 255."""
        x = values.to(self.parameters.W1.dtype)
        if values.dtype == torch.uint8:
            x /= 255
        return two_layer_logits(self.parameters, x)[1]

    def probabilities(self, values: Tensor) -> Tensor:
        """Return (n, k), the softmax of the logits, nowhere below `LEAST_PROBABILITY`."""
        return softmax(self.logits(values)).clamp_(min=LEAST_PROBABILITY)

    def state(self) -> dict[str, Tensor]:
        """Return what a file must hold; see `of_state`."""
        return self.parameters._asdict()

    @classmethod
    def of_state(cls, state: dict[str, Tensor]) -> Self:
        """Take back what `state` returned."""
        return cls(TwoLayerParameters(**state))


def start(
    n_features: int, n_hidden: int, *, n_classes: int, generator: torch.Generator, dtype: torch.dtype
) -> TwoLayerParameters:
    """Draw the first weights so that hidden units vary by 1 before the ReLU's halving is made up for, and biases are 0.

    Args:
        n_features: d.
        n_hidden: m.
        n_classes: k.
        generator: Where they are drawn from.
        dtype: Of the weights.

    Source:
        He et al. 2015, equation 10.
    """
    W1 = torch.randn(n_hidden, n_features, generator=generator, dtype=dtype) * math.sqrt(2 / n_features)
    W2 = torch.randn(n_classes, n_hidden, generator=generator, dtype=dtype) * math.sqrt(1 / n_hidden)
    return TwoLayerParameters(W1, torch.zeros(n_hidden, dtype=dtype), W2, torch.zeros(n_classes, dtype=dtype))


def fit_two_layer(
    data: Standardized, *, n_hidden: int, n_classes: int, schedule: Schedule, seed: int, progress: Progress
) -> TwoLayerNet:
    """Learn the four arrays by mini-batch descent with momentum.

    Where the machine multiplies bfloat16 faster the products with the features are made in it; weights, their moves and
    everything behind the first layer stay as they are.

    Args:
        data: The training set.
        n_hidden: m.
        n_classes: k.
        schedule: How to go down.
        seed: Decides the first weights and the order of the images.
        progress: Told each round's mean loss.
    """
    generator = seeds.torch_generator(seed, "two-layer")
    n, d = data.values.shape
    parameters = start(d, n_hidden, n_classes=n_classes, generator=generator, dtype=data.dtype)
    W1, b1, W2, b2 = parameters
    groups = [{"params": [W1, W2], "weight_decay": schedule.penalty}, {"params": [b1, b2], "weight_decay": 0.0}]
    mover = torch.optim.SGD(groups, lr=schedule.learning_rate, momentum=schedule.momentum, fused=True)
    inner = torch.bfloat16 if data.dtype == torch.float32 and has_quick_bfloat16() else data.dtype
    n_epochs, n_batches = schedule.n_epochs(n), schedule.n_batches(n)
    step = 0
    with progress.task("two-layer", n_epochs) as task, threads_for(min(n, schedule.batch_size) * W1.numel()):
        for _ in range(n_epochs):
            total = 0.0
            for x, y, w in data.batches(schedule.batch_size, generator=generator):
                loss, gradients = two_layer_loss(parameters, x.to(inner), labels=y, weights=w)
                for array, gradient in zip(parameters, gradients, strict=True):
                    array.grad = gradient
                for group in mover.param_groups:
                    group["lr"] = schedule.rate(step, n_epochs * n_batches)
                mover.step()
                total += float(loss)
                step += 1
            task.advance(note=f"loss {total / n_batches:.4f}")
    first = data.scale.folded(W1.to(torch.float64), b1.to(torch.float64))
    second = [array.detach().to(first.weights.dtype) for array in (W2, b2)]
    return TwoLayerNet(TwoLayerParameters(first.weights, first.bias, *second))
