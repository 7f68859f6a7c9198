"""Make pictures smaller on whole batches, by averaging areas."""

import torch
from torch import Tensor
from torch.nn import functional


def shrunk_shape(image_shape: tuple[int, int, int], max_side: int) -> tuple[int, int, int]:
    """Return (c, h, w) after `shrink`; max_side in pixels, 0 changes nothing."""
    c, h, w = image_shape
    longest = max(h, w)
    if max_side == 0 or longest <= max_side:
        return image_shape
    return c, max(1, round(h * max_side / longest)), max(1, round(w * max_side / longest))


def shrink(images: Tensor, max_side: int) -> Tensor:
    """Average pictures down until their longer side is at most `max_side`; smaller ones stay as they are.

    Args:
        images: (n, c, h, w) uint8 or float32 in [0, 1].
        max_side: Pixels; 0 changes nothing.

    Returns:
        (n, c, h', w') of the same type; uint8 is rounded to the nearest level.
    """
    _, h, w = shrunk_shape((1, *images.shape[2:]), max_side)
    if (h, w) == tuple(images.shape[2:]):
        return images
    small = functional.interpolate(images.to(torch.float32), size=(h, w), mode="bilinear", antialias=True)
    if images.dtype == torch.uint8:
        return small.round().clamp(0, 255).to(torch.uint8)
    clamped = small.clamp(0, 1)
    # Rounding lifts white a hair above 1, where a clamp has no slope: nothing white could be found by gradients.
    return small + (clamped - small).detach() if small.requires_grad else clamped
