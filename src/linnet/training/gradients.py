"""From one batch to the gradients of its mean loss: in parts where memory is short, and summed over processes."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from linnet.training.kernels.swapping import QuickKernels
from linnet.training.memory import in_parts_that_fit
from linnet.training.starting import Parts


@dataclass(frozen=True, eq=False, kw_only=True)
class Shown:
    """Hold what a network is shown in one step: this process's share of the batch, augmented, on its device.

    Attributes:
        images: (b, c, h, w); b is 0 where a batch has fewer pictures than there are processes.
        targets: (b, k) float32, shares of the classes, smoothed.
        labels: (b,) int64, what each picture was before anything was mixed.
        n_total: Pictures of the step over all processes.
        seed: Of what layers draw in this step, as dropout does: whenever the step is computed, it draws the same.
    """

    images: Tensor
    targets: Tensor
    labels: Tensor
    n_total: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class Learned:
    """Hold what a batch has told.

    Attributes:
        loss: () float32, the mean over all pictures of the step, with penalties.
        n_right: Pictures of the step that were named rightly.
        n_parts: In so many parts this process has computed its share, one after the other.
    """

    loss: Tensor
    n_right: float
    n_parts: int


def backpropagate(parts: Parts, network: nn.Module, shown: Shown, *, n_parts: int) -> Learned:
    """Leave the gradients of the mean loss of a whole step in the network of every process.

    A share that does not fit into memory is computed in twice as many parts, and so on. The gradients of parts add up
    to those of the whole, but for rounding; only layers that compare the pictures of a batch with each other (batch
    normalization) compare those of a part, as they compare those of a process.

    Args:
        parts: Loss, penalties and fabric.
        network: Its gradients are None or of no use before.
        shown: What it learns from.
        n_parts: To begin with.

    Raises:
        TrainingError: not even a single picture fits into memory.
    """
    attempt = partial(_accumulate, parts, network, shown)
    (loss, n_right), n_parts = in_parts_that_fit(attempt, n_images=len(shown.images), n_parts=n_parts)
    if parts.fabric.world_size > 1:
        loss, n_right = _summed(parts, network, loss, n_right)
    return Learned(loss=loss, n_right=float(n_right), n_parts=n_parts)


def _accumulate(parts: Parts, network: nn.Module, shown: Shown, n_parts: int) -> tuple[Tensor, Tensor]:
    """Return this process's share of the mean loss, and how many of its pictures were named rightly.

    Weights of classes have mean 1 over all training pictures. Divided by those of its own batch instead, a batch of one
    class would count as if it had none, and small batches would hardly be balanced.
    """
    network.zero_grad(set_to_none=True)
    torch.manual_seed(shown.seed)
    loss = shown.targets.new_zeros(())
    n_right = shown.targets.new_zeros(())
    pieces = zip(
        *(torch.tensor_split(tensor, n_parts) for tensor in (shown.images, shown.targets, shown.labels)), strict=True
    )
    for images, targets, labels in pieces:
        if len(images) == 0:
            continue
        logits = _logits(parts, images)
        total, _ = parts.loss.totals(logits, targets, class_weights=parts.class_weights)
        part = total / shown.n_total
        parts.fabric.backward(part)
        loss += part.detach()
        n_right += (logits.detach().argmax(1) == labels).sum()
    if parts.fabric.global_rank == 0 and (parts.recipe.penalty_l1 or parts.recipe.penalty_l2):
        penalty = _penalty(parts, network, start=torch.zeros_like(loss))
        parts.fabric.backward(penalty)
        loss += penalty.detach()
    return loss, n_right


def _logits(parts: Parts, images: Tensor) -> Tensor:
    if len(images) == 1:
        # Batch normalization refuses a single picture; beside itself it is what it is.
        images = torch.cat([images, images])
        return _logits(parts, images)[:1]
    with QuickKernels():
        logits: Tensor = parts.forward(images)
    return logits.float()


def _penalty(parts: Parts, network: nn.Module, *, start: Tensor) -> Tensor:
    weights = [parameter for parameter in network.parameters() if parameter.ndim > 1 and parameter.requires_grad]
    absolute = sum((weight.abs().sum() for weight in weights), start=start)
    squares = sum((weight.square().sum() for weight in weights), start=start)
    return parts.recipe.penalty_l1 * absolute + parts.recipe.penalty_l2 / 2 * squares


@torch.no_grad()
def _summed(parts: Parts, network: nn.Module, loss: Tensor, n_right: Tensor) -> tuple[Tensor, Tensor]:
    """Add gradients, loss and count up over the processes, in one message whose order is always the same."""
    learning = [parameter for parameter in network.parameters() if parameter.requires_grad]
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in learning]
    sent = torch.cat([*(gradient.reshape(-1) for gradient in gradients), torch.stack([loss, n_right])])
    received: Tensor = parts.fabric.all_reduce(sent, reduce_op="sum")
    *whole, loss_sum, right_sum = torch.split(received, [*(p.numel() for p in learning), 1, 1])
    for parameter, gradient in zip(learning, whole, strict=True):
        parameter.grad = gradient.view(parameter.shape).to(memory_format=_layout(parameter))
    return loss_sum[0], right_sum[0]


def _layout(parameter: Tensor) -> torch.memory_format:
    flat = parameter.ndim == 4 and parameter.is_contiguous(memory_format=torch.channels_last)
    return torch.channels_last if flat and not parameter.is_contiguous() else torch.preserve_format
