"""Dropout whose random numbers are drawn four at a time."""

import torch
from torch import Tensor
from torch.nn import functional

_STEPS = 2**16


def dropout(images: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Set each number to zero with probability p, and divide the others by 1 - p.

    Torch's generator draws on one core, one number after the other, whatever its size. Each of its 64-bit numbers
    decides here about four; p is rounded to a multiple of 2^-16, and so is what the others are divided by.

    Args:
        images: Any shape, floating.
        p: In 0 .. 1.
        training: Whether anything is done at all.
        inplace: As in torch.

    Raises:
        ValueError: a probability out of its range.

    Source:
        Srivastava et al. 2014, "Dropout: a simple way to prevent neural networks from overfitting".
    """
    dropped = round(p * _STEPS)
    if not training or inplace or images.device.type != "cpu" or not 0 < dropped < _STEPS:
        return functional.dropout(images, p, training, inplace)
    drawn = torch.empty(-(-images.numel() // 4), dtype=torch.int64).random_(torch.iinfo(torch.int64).min, None)
    is_kept = drawn.view(torch.int16)[: images.numel()].view(images.shape) >= dropped - _STEPS // 2
    return images * is_kept.to(images.dtype).mul_(_STEPS / (_STEPS - dropped))
