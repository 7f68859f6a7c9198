"""What a network gets right of some pictures, with every picture counted once however many processes there are."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from linnet.datasets.base import Dataset, gather
from linnet.training.batches import share
from linnet.training.memory import in_parts_that_fit

BATCH = 500
"""Pictures per batch; more is not faster and takes more memory."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """Hold how good a network is.

    Attributes:
        loss: Mean cross-entropy.
        accuracy: Share in [0, 1].
        n: Pictures.
    """

    loss: float
    accuracy: float
    n: int


@torch.no_grad()
def score(network: nn.Module, data: Dataset, *, fabric: Any) -> Score:
    """Let a network judge pictures, in evaluation mode; its mode is as it was afterwards.

    Args:
        network: As the fabric runs it.
        data: At least one picture.
        fabric: Each of its processes takes its share of the pictures; all get the same score.

    Raises:
        TrainingError: not even a single picture fits into memory; where some do, they are judged in smaller batches.
    """
    mode = network.training
    network.eval()
    # Apple's GPUs know no float64; counts up to 16 million are exact in float32, too.
    precise = torch.float32 if fabric.device.type == "mps" else torch.float64
    totals = torch.zeros(3, dtype=precise, device=fabric.device)
    mine = torch.tensor(share(len(data), rank=fabric.global_rank, world=fabric.world_size), dtype=torch.int64)
    n_parts = 1
    for positions in torch.split(mine, BATCH) if len(mine) else ():
        images, labels = fabric.to_device((gather(data.pixels, data.rows[positions]), data.labels[positions]))
        judging = partial(_counted, network, images, labels, precise)
        found, n_parts = in_parts_that_fit(judging, n_images=len(images), n_parts=min(n_parts, len(images)))
        totals += found
    network.train(mode)
    loss, n_right, n = (float(value) for value in fabric.all_reduce(totals, reduce_op="sum"))
    return Score(loss=loss / n, accuracy=n_right / n, n=int(n))


def _counted(network: nn.Module, images: Tensor, labels: Tensor, precise: torch.dtype, n_parts: int) -> Tensor:
    """Return sum of losses, number of right answers and number of pictures, (3,) of the dtype given."""
    counted = torch.zeros(3, dtype=precise, device=labels.device)
    for part, truth in zip(torch.tensor_split(images, n_parts), torch.tensor_split(labels, n_parts), strict=True):
        if len(part):
            logits = network(part).float()
            losses = functional.cross_entropy(logits, truth, reduction="sum")
            n_right = (logits.argmax(1) == truth).sum()
            counted += torch.stack(
                [losses.to(precise), n_right.to(precise), torch.full_like(losses, len(truth)).to(precise)]
            )
    return counted
