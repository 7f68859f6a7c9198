"""Weight gradients of convolutions over small maps, as one product of matrices; everything else is torch's own."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

LARGEST_MAP = 64
"""Pixels of an output map up to which one product is quicker than torch's kernel."""

LEAST_CHANNELS = 64
"""Of the input; a product with fewer rows than that leaves matrix units idle."""


class SmallMaps(TorchFunctionMode):
    """Let 3x3 convolutions in bfloat16 over maps of at most 64 pixels go backward by one product of matrices.

    On processors with matrix units the library's kernel for weight gradients is made for large maps: over 8 x 8 pixels
    it takes 2 times, over 3 x 3 pixels 4 times as long as the product of the gradients with the unfolded input, which
    is the same sum in another order. Elsewhere, and for other convolutions, nothing is changed.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Take the place of `conv2d` where that is worth it."""
        if func is torch.conv2d and not kwargs and _is_small(*args):
            return _conv(args[0], args[1], args[2] if len(args) > 2 else None)
        return func(*args, **(kwargs or {}))


_USUAL: tuple[Any, ...] = (None, (1, 1), (0, 0), (1, 1), 1)
"""What `conv2d` takes behind images and weight, where it is not said: bias, stride, padding, dilation, groups."""


def _is_small(images: Tensor, weight: Tensor, *more: Any) -> bool:
    _, stride, padding, dilation, groups = (*more, *_USUAL[len(more) :])
    return (
        images.device.type == "cpu"
        and torch.is_autocast_enabled("cpu")
        and torch.get_autocast_dtype("cpu") == torch.bfloat16
        and images.ndim == 4
        and tuple(weight.shape[2:]) == (3, 3)
        and weight.requires_grad
        and torch.is_grad_enabled()
        and images.shape[2] * images.shape[3] <= LARGEST_MAP
        and images.shape[1] >= LEAST_CHANNELS
        and (stride, dilation, groups) == ((1, 1), (1, 1), 1)
        and padding in ("same", (1, 1))
    )


def _conv(images: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    with torch.autocast("cpu", enabled=False):
        # As autocast would: the casts are part of the graph, so gradients of the weights are float32 again.
        small = images.to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
        out: Tensor = _Convolution.apply(small, weight.to(torch.bfloat16))
        return out if bias is None else out + bias.to(torch.bfloat16).view(1, -1, 1, 1)


class _Convolution(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, images: Tensor, weight: Tensor) -> Tensor:
        context.save_for_backward(images, weight)
        return functional.conv2d(images, weight, padding=1)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor]:
        images, weight = context.saved_tensors
        asked = [context.needs_input_grad[0], False, False]
        into_images = None
        if asked[0]:
            into_images, _, _ = torch.ops.aten.convolution_backward(
                gradient, images, weight, None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, asked
            )
        return into_images, _into_weight(images, gradient)


def _into_weight(images: Tensor, gradient: Tensor) -> Tensor:
    """Sum over all pixels p of all images: dW[o, c, i, j] = sum_p g[p, o] x[p + (i, j) - 1, c].

    Args:
        images: (b, c, h, w) bfloat16, channels last.
        gradient: (b, o, h, w) bfloat16.

    Returns:
        (o, c, 3, 3) bfloat16.
    """
    b, c, h, w = images.shape
    o = gradient.shape[1]
    padded = functional.pad(images.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1))
    image, row, column, _ = padded.stride()
    # Three neighbors of a row lie side by side already, so each pixel's neighborhood is three pieces of 3c numbers.
    neighborhoods = padded.as_strided((b, h, w, 3, 3 * c), (image, row, column, row, 1)).reshape(b * h * w, 9 * c)
    pixels = gradient.permute(0, 2, 3, 1).reshape(b * h * w, o)
    return (pixels.t() @ neighborhoods).view(o, 3, 3, c).permute(0, 3, 1, 2)
