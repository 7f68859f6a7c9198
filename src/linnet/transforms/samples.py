"""A picture of what an augmentation does: each picture beside some of its versions."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet.errors import ConfigError
from linnet.transforms.augmentations.base import Augmentation
from linnet.transforms.draws import Draws

_LEAST_SIDE = 64
"""Pixels; smaller pictures are enlarged by a whole factor that brings them to at least this."""

_GAP = 2
_LIGHT = 225


def augmented_sheet(images: Tensor, augmentation: Augmentation, *, seed: int, n_versions: int) -> npt.NDArray[np.uint8]:
    """Draw a row per picture: first the picture itself, then how it looks in each epoch.

    Args:
        images: (n, c, h, w) uint8, n at least 1; augmented as one batch, row numbers 0 .. n-1.
        augmentation: What to show.
        seed: Of the draws.
        n_versions: Epochs shown, at least 1.

    Returns:
        (height, width, 3) uint8, with a light gap between pictures and around them all.

    Raises:
        ConfigError: no picture, or no version.
    """
    if len(images) < 1 or n_versions < 1:
        raise ConfigError(f"A sheet wants a picture and a version at least; it got {len(images)} and {n_versions}.")
    rows, targets = np.arange(len(images)), torch.ones(len(images), 1)
    columns = [images]
    for epoch in range(n_versions):
        draws = Draws(seed=seed, epoch=epoch, rows=rows.astype(np.int64))
        columns.append(_as_bytes(augmentation(images, targets, draws=draws)[0]))
    return laid_out(torch.stack(columns, 1).numpy())


def _as_bytes(images: Tensor) -> Tensor:
    return images if images.dtype == torch.uint8 else (images * 255).round().to(torch.uint8)


def laid_out(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Put pictures on one sheet, small ones enlarged.

    Args:
        pictures: (rows, columns, c, h, w) uint8, c is 1 or 3.

    Returns:
        (height, width, 3) uint8, with a light gap between pictures and around them all.
    """
    n_rows, n_columns, _, h, w = pictures.shape
    factor = max(1, -(-_LEAST_SIDE // max(h, w)))
    large = pictures.repeat(factor, axis=3).repeat(factor, axis=4)
    high, wide = h * factor + _GAP, w * factor + _GAP
    sheet = np.full((n_rows * high + _GAP, n_columns * wide + _GAP, 3), _LIGHT, dtype=np.uint8)
    for i in range(n_rows):
        for j in range(n_columns):
            top, left = _GAP + i * high, _GAP + j * wide
            # One channel spreads over three.
            sheet[top : top + high - _GAP, left : left + wide - _GAP] = large[i, j].transpose(1, 2, 0)
    return sheet
