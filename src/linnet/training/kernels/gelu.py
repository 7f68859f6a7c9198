"""GELU over maps in channels-last layout, read as the rows of numbers that they are."""

import torch
from torch import Tensor
from torch.nn import functional


def gelu(images: Tensor, approximate: str = "none") -> Tensor:
    """Compute GELU; the exact one over channels-last maps in bfloat16 takes half to two thirds of the time.

    Torch has a quick kernel for it, and asks it only for tensors that are contiguous in the order of their dimensions.
    In float32 it is no quicker.

    Args:
        images: Any shape.
        approximate: "none" or "tanh".
    """
    if images.dtype == torch.bfloat16 and images.ndim == 4 and not images.is_contiguous():
        return functional.gelu(images.permute(0, 2, 3, 1), approximate=approximate).permute(0, 3, 1, 2)
    return functional.gelu(images, approximate=approximate)
