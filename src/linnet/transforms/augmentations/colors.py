"""Changes of brightness and color on whole batches, each picture by its own amount."""

import torch
from torch import Tensor

from linnet.transforms.augmentations.base import per_picture

GRAY_WEIGHTS = (0.299, 0.587, 0.114)
"""How bright red, green and blue look: ITU-R BT.601, as in Pillow's conversion to "L"."""


def grayed(images: Tensor) -> Tensor:
    """Return the (b, 1, h, w) brightness of (b, c, h, w) float32 pictures."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images[:, 0:1], images[:, 1:2], images[:, 2:3]
    return GRAY_WEIGHTS[0] * red + GRAY_WEIGHTS[1] * green + GRAY_WEIGHTS[2] * blue


def blended(images: Tensor, other: Tensor, factors: Tensor) -> Tensor:
    """Go from another picture (factor 0) to this one (1) or beyond, clamped to [0, 1]."""
    return (other + per_picture(factors) * (images - other)).clamp(0, 1)


def brightened(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply each picture by its factor."""
    return (images * per_picture(factors)).clamp(0, 1)


def contrasted(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply each picture's distance from its mean brightness."""
    # In float64, and each picture by itself: the mean must not hang on the others of the batch.
    means = grayed(images).flatten(1).to(torch.float64).mean(1)
    return blended(images, per_picture(means), factors)


def saturated(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply each pixel's distance from its gray."""
    return images if images.shape[1] == 1 else blended(images, grayed(images), factors)


def hue_turned(images: Tensor, turns: Tensor) -> Tensor:
    """Turn the hue of each picture, keeping value and saturation; turns in shares of the whole circle.

    With value v (the largest channel), chroma v - smallest channel, and hue H in sixths of the circle, a channel is
    v - chroma clamp(min(k, 4 - k), 0, 1), where k = (n + H) mod 6 and n is 5 for red, 3 for green, 1 for blue.
    """
    if images.shape[1] == 1:
        return images
    red, green, blue = images.unbind(1)
    value = images.amax(1)
    chroma = value - images.amin(1)
    divisor = torch.where(chroma == 0, torch.ones_like(chroma), chroma)
    hue = torch.where(
        value == red,
        (green - blue) / divisor,
        torch.where(value == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor),
    )
    hue = hue + 6 * turns.to(torch.float32).view(-1, 1, 1)
    channels = []
    for n in (5, 3, 1):
        k = torch.remainder(n + hue, 6)
        channels.append(value - chroma * torch.minimum(k, 4 - k).clamp(0, 1))
    return torch.stack(channels, 1)
