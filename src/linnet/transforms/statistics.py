"""Mean and standard deviation of pixels and features, exact for bytes; nothing here changes a pixel."""

import numpy as np
import torch
from torch import Tensor

_BLOCK = 1 << 16
"""Rows per block: 2^16 squares of bytes sum to less than 2^32."""

_BLOCK_BYTES = 1 << 26
"""Bytes that one block of floats may take."""


def feature_moments(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of each feature, and its mean squared deviation from that mean.

    Bytes are summed as integers, which is exact: n sum x^2 - (sum x)^2 is formed before anything is rounded. Floats
    are read twice, the second time minus their mean, so that a large offset costs no digits.

    Args:
        values: (n, d) uint8 or float, n at least 1.

    Returns:
        (d,) and (d,) float64.
    """
    n = len(values)
    if values.dtype == torch.uint8:
        sums = np.zeros(values.shape[1], dtype=np.uint64)
        squares = np.zeros(values.shape[1], dtype=np.uint64)
        for block in torch.split(values, _BLOCK):
            pixels = block.numpy()
            sums += np.add.reduce(pixels, axis=0, dtype=np.uint32)
            squares += np.einsum("ij,ij->j", pixels, pixels, dtype=np.uint32, casting="unsafe")
        spread = (n * squares - sums * sums).astype(np.float64) / n**2
        return torch.from_numpy(sums.astype(np.float64) / n), torch.from_numpy(spread)
    blocks = torch.split(values, max(1, _BLOCK_BYTES // (8 * max(1, values.shape[1]))))
    mean = torch.stack([block.to(torch.float64).sum(0) for block in blocks]).sum(0) / n
    spread_sums = [(block.to(torch.float64) - mean).square().sum(0) for block in blocks]
    return mean, torch.stack(spread_sums).sum(0) / n


def channel_statistics(values: Tensor, *, n_channels: int) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each channel over all images and pixels.

    The variance of a channel is the mean of its features' variances plus the variance of their means.

    Args:
        values: (n, d) uint8 or float, channel after channel, n at least 1; uint8 counts in levels 0 .. 255.
        n_channels: c; d is a multiple of it.

    Returns:
        (c,) mean and (c,) deviation, float64; a channel that never changes gets deviation 1, so that dividing by it
        does nothing.
    """
    means, spreads = (moment.view(n_channels, -1) for moment in feature_moments(values))
    mean = means.mean(1)
    variance = spreads.mean(1) + (means - mean[:, None]).square().mean(1)
    # What rounding leaves of a constant float channel is no spread.
    flat = variance <= (torch.finfo(torch.float64).eps * mean.abs()).square() * len(values)
    return mean, torch.where(flat, torch.ones_like(variance), variance.sqrt())
