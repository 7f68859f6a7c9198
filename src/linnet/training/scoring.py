"""What a network gets right of some pictures, with every picture counted once however many processes there are."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from linnet.datasets.base import Dataset, gather
from linnet.training.batches import share

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
    """
    mode = network.training
    network.eval()
    totals = torch.zeros(3, dtype=torch.float64, device=fabric.device)
    mine = torch.tensor(share(len(data), rank=fabric.global_rank, world=fabric.world_size), dtype=torch.int64)
    for positions in torch.split(mine, BATCH) if len(mine) else ():
        images, labels = fabric.to_device((gather(data.pixels, data.rows[positions]), data.labels[positions]))
        totals += _counted(network(images).float(), labels)
    network.train(mode)
    loss, n_right, n = (float(value) for value in fabric.all_reduce(totals, reduce_op="sum"))
    return Score(loss=loss / n, accuracy=n_right / n, n=int(n))


def _counted(logits: Tensor, labels: Tensor) -> Tensor:
    """Return sum of losses, number of right answers and number of pictures, (3,) float64."""
    losses = functional.cross_entropy(logits, labels, reduction="sum")
    n_right = (logits.argmax(1) == labels).sum()
    return torch.stack(
        [losses.double(), n_right.double(), torch.tensor(float(len(labels)), device=losses.device).double()]
    )
