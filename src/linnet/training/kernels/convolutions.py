"""Convolutions over small maps, laid side by side as one wide map; everything else is torch's own."""

from math import ceil, gcd
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from linnet.training.precision import has_matrix_units

LARGEST_MAP = 64
"""Pixels of an output map up to which a wide map is quicker."""

LEAST_CHANNELS = 64
"""Of the input; with fewer, torch's kernels are as quick."""

_TILE = 16
"""Pixels that matrix units take at once; rows are made of two tiles and more, all full."""

_USUAL: tuple[Any, ...] = (None, (1, 1), (0, 0), (1, 1), 1)
"""What `conv2d` takes behind images and weight, where it is not said: bias, stride, padding, dilation, groups."""


def small_maps(images: Tensor, weight: Tensor, *more: Any) -> Tensor | None:
    """Compute a 3x3 convolution in bfloat16 over maps of at most 64 pixels; return None where torch's own will do.

    On processors the library goes through a map row by row, so that matrix units with room for 16 pixels see 7 at a
    time, and weight gradients suffer most. Maps side by side, with a column of zeros behind each, make long rows; the
    result is the same but for rounding. Forward and backward over 3 x 3 pixels take a third of the time of the library,
    over 7 x 7 three fifths (docs/decisions/0007). Without matrix units rows may be as short as they are.

    Args:
        images: (b, c, h, w).
        weight: (o, c, 3, 3).
        more: What else `torch.conv2d` takes, in its order.

    Returns:
        (b, o, h, w) bfloat16, channels last, or None.
    """
    bias, stride, padding, dilation, groups = (*more, *_USUAL[len(more) :])
    is_plain = (stride, dilation, groups) == ((1, 1), (1, 1), 1) and padding in ("same", (1, 1))
    if not (is_plain and _is_small(images, weight)):
        return None
    with torch.autocast("cpu", enabled=False):
        # As autocast would: the casts are part of the graph, so gradients of the weights are float32 again.
        out: Tensor = _Convolution.apply(images.to(torch.bfloat16), weight.to(torch.bfloat16))
        return out if bias is None else out + bias.to(torch.bfloat16).view(1, -1, 1, 1)


def _is_small(images: Tensor, weight: Tensor) -> bool:
    return (
        images.device.type == "cpu"
        and has_matrix_units()
        and torch.is_autocast_enabled("cpu")
        and torch.get_autocast_dtype("cpu") == torch.bfloat16
        and images.ndim == 4
        and tuple(weight.shape[2:]) == (3, 3)
        and weight.requires_grad
        and torch.is_grad_enabled()
        and images.shape[2] * images.shape[3] <= LARGEST_MAP
        and images.shape[1] >= LEAST_CHANNELS
    )


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, images: Tensor, weight: Tensor) -> Tensor:
        wide = _side_by_side(images)
        context.save_for_backward(wide, weight)
        context.shape = images.shape
        return _one_by_one(functional.conv2d(wide, weight, padding=1), len(images), images.shape[3])

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor]:
        wide, weight = context.saved_tensors
        asked = [context.needs_input_grad[0], True, False]
        into_images, into_weight, _ = torch.ops.aten.convolution_backward(
            _side_by_side(gradient), wide, weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, asked
        )
        n, _, _, w = context.shape
        return _one_by_one(into_images, n, w) if asked[0] else None, into_weight


def _side_by_side(maps: Tensor) -> Tensor:
    """Lay maps beside each other, each with a column of zeros behind it.

    Args:
        maps: (b, c, h, w).

    Returns:
        (r, c, h, m (w + 1)), channels last, of m maps to a row; where r m is more than b, the rest is zeros.
    """
    b, c, h, w = maps.shape
    n_maps = _maps_per_row(w)
    n_rows = -(-b // n_maps)
    wide = maps.new_empty(n_rows, h, n_maps, w + 1, c)
    wide[:, :, :, w].zero_()
    pixels, inner = maps.permute(0, 2, 3, 1), wide[:, :, :, :w].transpose(1, 2)
    full, more = divmod(b, n_maps)
    inner[:full].copy_(pixels[: b - more].reshape(full, n_maps, h, w, c))
    if more:
        inner[full, :more].copy_(pixels[b - more :])
        inner[full, more:].zero_()
    return wide.view(n_rows, h, n_maps * (w + 1), c).permute(0, 3, 1, 2)


def _maps_per_row(w: int) -> int:
    """Return the least number of maps, of w columns and one of zeros each, that fills two tiles or more to the last."""
    for_full_tiles = _TILE // gcd(_TILE, w + 1)
    return for_full_tiles * ceil(2 * _TILE / (for_full_tiles * (w + 1)))


def _one_by_one(wide: Tensor, b: int, w: int) -> Tensor:
    """Take maps apart again: the inverse of `_side_by_side`, for b maps of w columns."""
    n_rows, c, h, columns = wide.shape
    inner = wide.permute(0, 2, 3, 1).reshape(n_rows, h, columns // (w + 1), w + 1, c)[:, :, :, :w]
    return inner.transpose(1, 2).reshape(-1, h, w, c)[:b].permute(0, 3, 1, 2)
