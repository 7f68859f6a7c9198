"""The fourteen plain changes that RandAugment and TrivialAugment choose from, each with a strength per picture."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from linnet.transforms.augmentations import colors, warping

Operation = Callable[[Tensor, Tensor, "Reach"], Tensor]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """Say what full strength means.

    Attributes:
        degrees: Of rotation.
        slant: Tangent of the angle of shearing.
        share: Of the side, for translation.
        enhancement: Of brightness, color, contrast and sharpness: factors go from 1 - it to 1 + it.
        lost_bits: Of eight, for posterizing.
    """

    degrees: float
    slant: float
    share: float
    enhancement: float
    lost_bits: int


def _rotate(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    return warping.warped(images, warping.rotation(strengths * math.radians(reach.degrees)), edge="zero")


def _shear_x(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    return warping.warped(images, warping.shearing(strengths * reach.slant, 0.0, strengths), edge="zero")


def _shear_y(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    return warping.warped(images, warping.shearing(0.0, strengths * reach.slant, strengths), edge="zero")


def _translate_x(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    right = strengths * (reach.share * images.shape[3])
    return warping.warped(images, warping.shifting(right, 0.0, strengths), edge="zero")


def _translate_y(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    down = strengths * (reach.share * images.shape[2])
    return warping.warped(images, warping.shifting(0.0, down, strengths), edge="zero")


def _brightness(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    return colors.brightened(images, 1 + reach.enhancement * strengths)


def _color(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    return colors.saturated(images, 1 + reach.enhancement * strengths)


def _contrast(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    return colors.contrasted(images, 1 + reach.enhancement * strengths)


def _sharpness(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    """Go away from or towards a picture smoothed by its neighbors; pixels on the edge stay."""
    if min(images.shape[2:]) < 3:
        return images
    kernel = torch.tensor([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]], device=images.device) / 13
    b, c, h, w = images.shape
    smooth = images.clone()
    smooth[:, :, 1:-1, 1:-1] = functional.conv2d(images.reshape(b * c, 1, h, w), kernel[None, None]).view(
        b, c, h - 2, w - 2
    )
    return colors.blended(images, smooth, 1 + reach.enhancement * strengths)


def _posterize(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    """Set the lowest bits of each byte to 0."""
    step = 2 ** torch.round(strengths.abs() * reach.lost_bits)
    step = step.to(torch.float32).view(-1, 1, 1, 1)
    levels = (images * 255).round()
    return torch.where(step > 1, torch.floor(levels / step) * step / 255, images)


def _solarize(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    """Turn what is brighter than a threshold into its negative; full strength: everything."""
    threshold = (1 - strengths.abs()).to(torch.float32).view(-1, 1, 1, 1)
    negative = (images >= threshold) & (strengths != 0).view(-1, 1, 1, 1)
    return torch.where(negative, 1 - images, images)


def _auto_contrast(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    """Stretch each channel from black to white; a flat one stays."""
    low, high = images.amin((2, 3), keepdim=True), images.amax((2, 3), keepdim=True)
    flat = high == low
    return torch.where(flat, images, (images - low) / torch.where(flat, torch.ones_like(high), high - low))


def _equalize(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    """Make all levels of a channel about as frequent, in 256 levels.

    A level goes to (pixels darker than it + step // 2) // step, where a step is a 255th of the pixels that are darker
    than the brightest level: the rule of Pillow, which the papers used. A channel with too few levels stays.
    """
    b, c, h, w = images.shape
    levels = (images * 255).round().to(torch.int64).view(b * c, h * w)
    counts = torch.zeros(b * c, 256, dtype=torch.int64, device=images.device)
    counts.scatter_add_(1, levels, torch.ones_like(levels))
    brightest = counts.gather(1, levels.amax(1, keepdim=True))
    step = (h * w - brightest) // 255
    darker = counts.cumsum(1) - counts
    table = ((darker + step // 2) // step.clamp(min=1)).clamp(0, 255)
    equalized = table.gather(1, levels).to(torch.float32) / 255
    return torch.where((step > 0).view(b, c, 1, 1), equalized.view(b, c, h, w), images)


def _identity(images: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    return images


OPERATIONS: Mapping[str, Operation] = {
    "identity": _identity,
    "shear-x": _shear_x,
    "shear-y": _shear_y,
    "translate-x": _translate_x,
    "translate-y": _translate_y,
    "rotate": _rotate,
    "brightness": _brightness,
    "color": _color,
    "contrast": _contrast,
    "sharpness": _sharpness,
    "posterize": _posterize,
    "solarize": _solarize,
    "auto-contrast": _auto_contrast,
    "equalize": _equalize,
}
"""Functions of (b, c, h, w) float32 pictures, (b,) float64 strengths in [-1, 1], and the reach."""


def operated(images: Tensor, which: Tensor, strengths: Tensor, reach: Reach) -> Tensor:
    """Change each picture by its own operation; those with the same one are changed together.

    Args:
        images: (b, c, h, w) float32 in [0, 1].
        which: (b,) int64, positions in `OPERATIONS`.
        strengths: (b,) float64, -1 .. 1; operations without a direction take the size only.
        reach: What full strength means.
    """
    result = images.clone()
    for i, operation in enumerate(OPERATIONS.values()):
        chosen = torch.nonzero(which == i).flatten()
        if len(chosen) and operation is not _identity:
            result[chosen] = operation(images[chosen], strengths[chosen], reach).clamp(0, 1)
    return result
