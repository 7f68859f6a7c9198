"""A small convolutional network that learns quickly: a whitening first layer, identity starts, Muon; no loop."""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from linnet.classifiers.networks.sizes import check_sizes
from linnet.errors import ConfigError
from linnet.training.muon import Muon
from linnet.training.recipe import Recipe

Layers = OrderedDict[str, nn.Module]

WIDTHS = (64, 256, 256)
"""Channels of the three blocks."""

_SIDE_OF_DEPTH = 3
"""Over smaller maps a 3x3 convolution sees more of the padding than of the picture, and so where in it things are."""

_KERNEL = 2
_LEAST_VARIANCE = 5e-4
"""Added to the variance of each direction of patches before dividing by it: what hardly varies is mostly noise."""

_SHIFT_RATE, _HEAD_RATE = 0.0265, 0.335
"""Per picture of a batch: rates of shifts and of the last layer, tuned for `FastCNN`'s recipe on CIFAR-10."""

_PLAIN_MOMENTUM = 0.85
_WHITENING_LEARNS = 3 / 8
"""Share of the training in which the shift behind the whitening learns: its gradient has to go through the largest
maps of all, and what it brings, it brings early."""

_DECAY = 1.3e-5
"""Per picture of a batch: what share shifts and the last layer lose each step, at the first step's rate."""


class Residual(nn.Module):
    """Add what a path of layers makes of its input to the input itself.

    Args:
        path: Layers, by name; together they keep the shape.
    """

    def __init__(self, path: Layers) -> None:
        super().__init__()
        self.path = nn.Sequential(path)

    def forward(self, x: Tensor) -> Tensor:
        """Map to the same shape."""
        added: Tensor = self.path(x) + x
        return added


class FastNetwork(nn.Module):
    """Whiten 2x2 patches, then three blocks of two convolutions, then a linear layer on the largest of each channel.

    The last block has a third convolution, and a path past its second and third, where its maps have at least 3x3
    pixels, as those of pictures of 28 pixels have: depth costs next to nothing there.

    Scales of norms are fixed at 1: Muon holds the norms of the weights before them, and a rate of its own is left out.
    Convolutions that keep or widen the number of channels start as the identity on the first ones.

    Args:
        input_shape: (c, h, w), each at least 1.
        n_classes: k, at least 1.
        width: Multiplies the channels of the blocks, above 0.

    Raises:
        ConfigError: a value outside these.

    Source:
        After Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", and the record kept there since.
    """

    def __init__(self, input_shape: tuple[int, int, int], n_classes: int, *, width: float = 1.0) -> None:
        super().__init__()
        check_sizes(input_shape, n_classes)
        if not 0 < width < float("inf"):
            raise ConfigError(f"A width should be a number above 0; it is {width!r}.")
        channels, *sides = input_shape
        kernel = (min(_KERNEL, sides[0]), min(_KERNEL, sides[1]))
        n_directions = channels * kernel[0] * kernel[1]
        self.whiten = nn.Conv2d(channels, 2 * n_directions, kernel)
        self.whiten.weight.requires_grad_(False)
        nn.init.zeros_(self.whiten.bias)  # type: ignore[arg-type]  # it has one
        sides = [side - part + 1 for side, part in zip(sides, kernel, strict=True)]
        layers = Layers(gelu=nn.GELU())
        inputs = 2 * n_directions
        for at, wanted in enumerate(WIDTHS, start=1):
            outputs = max(1, round(wanted * width))
            pool = (min(2, sides[0]), min(2, sides[1]))
            sides = [side // part for side, part in zip(sides, pool, strict=True)]
            is_deep = at == len(WIDTHS) and min(sides) >= _SIDE_OF_DEPTH
            layers[f"block{at}"] = _block(inputs, outputs, pool, is_deep=is_deep)
            inputs = outputs
        self.layers = nn.Sequential(layers)
        self.largest = nn.AdaptiveMaxPool2d(1)
        self.head = nn.Linear(inputs, n_classes, bias=False)
        with torch.no_grad():
            self.head.weight.mul_(1 / self.head.weight.std(correction=0).clamp(min=1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, c, h, w) float32 to (b, k) logits."""
        grid = self.largest(self.layers(self.whiten(x)))
        # Weights of the last layer are of size 1; dividing here instead of starting smaller makes its rate larger.
        logits: Tensor = self.head(grid.flatten(1)) / grid.shape[1]
        return logits

    @torch.no_grad()
    def whiten_like(self, images: Tensor) -> None:
        """Set the first layer so that its outputs on such pictures have variance 1 and are uncorrelated.

        With the patches' second moments V diag(s) V^T, the rows of diag(s + 0.0005)^(-1/2) V^T whiten; each comes once
        with either sign, so that a ReLU-like activation behind it loses nothing.

        Args:
            images: (n, c, h, w) float32, normalized, n at least 1.
        """
        kernel = self.whiten.kernel_size
        patches = nn.functional.unfold(images, (kernel[0], kernel[1])).transpose(1, 2).flatten(0, 1).double()
        moments = patches.T @ patches / len(patches)
        variances, directions = torch.linalg.eigh(moments)
        rows = (directions / (variances.clamp(min=0) + _LEAST_VARIANCE).sqrt()).T
        whitening = torch.cat([rows, -rows]).view(self.whiten.weight.shape)
        self.whiten.weight.copy_(whitening.to(self.whiten.weight.dtype))

    def tuned_optimizer(self, recipe: Recipe, *, n_images: int, dtype: torch.dtype) -> Optimizer:
        """Move convolutions by Muon at the recipe's rate and momentum, shifts and the last layer by plain momentum.

        Args:
            recipe: Its learning rate is that of the convolutions; the others have rates of their own. Its weight decay,
                times its rate, shrinks the last layer beyond what is tuned; convolutions cannot, their norms are held.
            n_images: Pictures of the training set.
            dtype: Of Muon's products.
        """
        batch = recipe.images_per_step(n_images)
        first = self.whiten.bias
        shifts = [p for p in self.parameters() if p.ndim == 1 and p.requires_grad and p is not first]
        filters = [p for p in self.layers.parameters() if p.ndim == 4]
        plain = {"kind": "plain", "momentum": _PLAIN_MOMENTUM}
        shift = {"lr": _SHIFT_RATE * batch, "weight_decay": _DECAY / _SHIFT_RATE, **plain}
        head_rate = _HEAD_RATE * batch
        head_decay = _DECAY / _HEAD_RATE + recipe.weight_decay * recipe.learning_rate / head_rate
        groups = [
            {"params": filters, "kind": "matrix", "hold_norms": True},
            {"params": shifts, **shift},
            {"params": [first], "rests_after": _WHITENING_LEARNS, **shift},
            {"params": [self.head.weight], "lr": head_rate, "weight_decay": head_decay, **plain},
        ]
        return Muon(groups, learning_rate=recipe.learning_rate, momentum=recipe.momentum, dtype=dtype)


def _block(inputs: int, outputs: int, pool: tuple[int, int], *, is_deep: bool) -> nn.Sequential:
    first = Layers(conv1=_convolution(inputs, outputs), pool=nn.MaxPool2d(pool), norm1=_norm(outputs), gelu1=nn.GELU())
    second = Layers(conv2=_convolution(outputs, outputs), norm2=_norm(outputs), gelu2=nn.GELU())
    if not is_deep:
        return nn.Sequential(first | second)
    third = Layers(conv3=_convolution(outputs, outputs), norm3=_norm(outputs))
    return nn.Sequential(first | Layers(residual=Residual(second | third), gelu3=nn.GELU()))


def _convolution(inputs: int, outputs: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    with torch.no_grad():
        nn.init.dirac_(layer.weight[:inputs])
    return layer


def _norm(channels: int) -> nn.BatchNorm2d:
    """Forget old statistics quickly: training is short, and its weights move far in each step.

    What is added to variances is small beside those of channels that say something (0.2 and more), and large beside
    those of channels that have become nearly constant, as over black margins: divided by almost nothing, these would
    be the noise of rounding, and running statistics could not follow them.
    """
    norm = nn.BatchNorm2d(channels, eps=1e-3, momentum=0.4)
    norm.weight.requires_grad_(False)
    return norm
