"""Find out whether mirroring changes what a picture shows, as it does with digits and letters."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
import numpy.typing as npt
import torch
from scipy.stats import binomtest
from torch import Tensor

from linnet import neighbors, seeds
from linnet.transforms.resize import shrink
from linnet.words import agree, count, in_100

_N_HELD_OUT = 2000
_N_OTHERS = 5000
_MAX_SIDE = 32
"""Pixels; more would cost time and tell little more about which way round a thing stands."""

_TOLERATED_LOSS = 0.1
"""Share of the accuracy above chance that mirroring may cost."""

_P_VALUE = 0.05


class Pictures(Protocol):
    """Labelled pictures, of which some can be read without the others; a data set is this."""

    @property
    def labels(self) -> Tensor:
        """(n,) int64."""

    @property
    def images(self) -> Tensor:
        """(n, c, h, w) uint8."""

    def subset(self, indices: Tensor, /) -> Self:
        """Return the pictures at these positions."""

    def __len__(self) -> int:
        """Return n."""


@dataclass(frozen=True, kw_only=True)
class FlipProbe:
    """Hold what the probe found.

    Attributes:
        keeps_label: Whether pictures may be mirrored.
        accuracy: Of nearest neighbors on held-out pictures, 0 .. 1.
        mirrored_accuracy: On their mirror images.
        n: Held-out pictures.
        message: All this in one sentence.
    """

    keeps_label: bool
    accuracy: float
    mirrored_accuracy: float
    n: int
    message: str


def flip_probe(train: Pictures, *, seed: int) -> FlipProbe:
    """Let nearest neighbors name held-out pictures and their mirror images, among pictures as they are.

    Where mirroring keeps labels, a mirror image is a picture like any other and is named as often rightly. Labels
    change if it costs more than a tenth of the accuracy above chance, and more than luck explains. At most 2,000
    pictures are held out and searched for among 5,000 others, in bytes, at up to 32 pixels a side.

    A set in which all things look one way (shoes with their tips to the left) counts as changing, too: its test
    pictures look that way as well, so nothing is lost.

    Args:
        train: Training pictures; only those that are looked at are read.
        seed: Decides which.
    """
    n = len(train)
    n_held_out = min(_N_HELD_OUT, 2 * n // 7)
    if n_held_out < 1:
        few = f"{count(n, 'training picture')} {agree(n, 'is', 'are')} too few"
        message = f"Flips are on, as {few} to tell whether mirroring changes labels."
        return FlipProbe(keeps_label=True, accuracy=0.0, mirrored_accuracy=0.0, n=0, message=message)
    order = torch.randperm(n, generator=seeds.torch_generator(seed, "flip probe"))
    held_out = train.subset(order[:n_held_out].sort().values)
    others = train.subset(order[n_held_out : n_held_out + _N_OTHERS].sort().values)
    pictures, points = shrink(held_out.images, _MAX_SIDE), shrink(others.images, _MAX_SIDE).flatten(1).numpy()
    truth, known = held_out.labels.numpy(), others.labels.numpy()
    plain, mirrored = (
        known[neighbors.search(queries.flatten(1).numpy(), points, 1, metric="l2").indices[:, 0]] == truth
        for queries in (pictures, pictures.flip(-1))
    )
    chance = float(np.bincount(truth).max() / len(truth))
    return _judged(plain, mirrored, chance=chance)


def _judged(plain: npt.NDArray[np.bool_], mirrored: npt.NDArray[np.bool_], *, chance: float) -> FlipProbe:
    """Compare which pictures were named rightly as they are and mirrored, both (n,) bool."""
    accuracy, mirrored_accuracy = float(plain.mean()), float(mirrored.mean())
    lost, won = int(np.sum(plain & ~mirrored)), int(np.sum(mirrored & ~plain))
    # McNemar's exact test: were it luck, each picture on which the two differ would be the toss of a coin.
    is_luck = lost <= won or binomtest(lost, lost + won, 0.5).pvalue > _P_VALUE
    keeps = bool(is_luck or accuracy - mirrored_accuracy <= _TOLERATED_LOSS * max(0.0, accuracy - chance))
    message = (
        f"Flips are {'on' if keeps else 'off'}: nearest neighbors name {in_100(accuracy, 1)} % of {len(plain):,} "
        f"held-out pictures rightly and {in_100(mirrored_accuracy, 1)} % of their mirror images, which "
        f"{'pass' if keeps else 'do not pass'} for pictures of their class."
    )
    return FlipProbe(
        keeps_label=keeps, accuracy=accuracy, mirrored_accuracy=mirrored_accuracy, n=len(plain), message=message
    )
