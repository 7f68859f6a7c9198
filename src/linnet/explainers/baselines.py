"""Pictures that say nothing, which others are compared with; no explainer is here."""

from typing import Literal, get_args

import torch
from torch import Tensor

from linnet.errors import ConfigError

Baseline = Literal["black", "mean", "blurred"]
"""Black; each picture's own mean color; or the picture itself, blurred until only its large areas are left."""

_BLUR = 1 / 8
"""Standard deviation of the blur, as a share of the longer side."""


def check_baseline(value: str, where: str) -> None:
    """Refuse a word that is no baseline.

    Raises:
        ConfigError: lists those that are.
    """
    if value not in get_args(Baseline):
        raise ConfigError(f"{where} should be one of {', '.join(get_args(Baseline))}; it is {value!r}.")


def baseline_of(images: Tensor, kind: Baseline) -> Tensor:
    """Return what pictures are compared with.

    Args:
        images: (b, c, h, w) float32 in [0, 1].
        kind: See `Baseline`.

    Returns:
        (b, c, h, w) float32 in [0, 1], of each picture alone.
    """
    if kind == "black":
        return torch.zeros_like(images)
    if kind == "mean":
        return images.mean((2, 3), keepdim=True).expand_as(images).contiguous()
    deviation = _BLUR * max(images.shape[2:])
    down, across = (_averaging(side, deviation) for side in images.shape[2:])
    # Averages of values in [0, 1] are in [0, 1] but for rounding.
    return (down @ images @ across.T).clamp(0, 1)


def _averaging(side: int, deviation: float) -> Tensor:
    """Return (side, side) float32: row i holds the Gaussian weights of all places for place i; they sum to 1.

    So no padding is needed: at an edge the weights of what lies beyond go to what there is.
    """
    places = torch.arange(side, dtype=torch.float32)
    return torch.softmax(-((places[:, None] - places) ** 2) / (2 * deviation**2), 1)
