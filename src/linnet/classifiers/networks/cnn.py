"""The textbook convolutional network for small pictures, and how it adapts to other ones; no training."""

from collections import OrderedDict

from torch import nn

from linnet.classifiers.networks.sizes import check_sizes
from linnet.errors import ConfigError

BLOCKS = ((32, 64), (128, 128), (256, 256))
"""Channels of the two convolutions of each block."""

HEAD = (1024, 512)
"""Units of the two hidden layers behind the blocks."""

GRID = 4
"""Cells to a side that the head gets at most: 32 pixels after three poolings."""


def build_cnn(input_shape: tuple[int, int, int], n_classes: int, *, width: float = 1.0) -> nn.Sequential:
    """Build three blocks of two 3x3 convolutions and a pooling, and a fully connected head with two hidden layers.

    For 3x32x32 and 10 classes it has 5,852,170 parameters, four fifths of them in the head, and is 22.33 MiB with its
    buffers. Other sizes get the same layers: a pooling halves only sides that still have 2 pixels and is left out
    where none has, and where more than 4 cells to a side remain (pictures of 40 pixels and more) they are averaged to
    4, so that the head, which holds most weights, never grows.

    Its activations do not work in place: what a hook was shown stays what it was.

    Args:
        input_shape: (c, h, w), each at least 1.
        n_classes: k, at least 1.
        width: Multiplies every number of channels and hidden units, above 0; each stays at least 1.

    Raises:
        ConfigError: a value outside these.
    """
    check_sizes(input_shape, n_classes)
    if not 0 < width < float("inf"):
        raise ConfigError(f"A width should be a number above 0; it is {width!r}.")
    channels, *sides = input_shape
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for at, block in enumerate(BLOCKS, start=1):
        first, second = (_scaled(number, width) for number in block)
        layers |= _block(channels, first, second, at=at)
        kernel = (min(2, sides[0]), min(2, sides[1]))
        if max(kernel) > 1:
            # A side of 1 is left alone: a pooling of 2 would leave nothing of it.
            layers[f"pool{at}"] = nn.MaxPool2d(2 if min(kernel) == 2 else kernel)
        sides = [side // step for side, step in zip(sides, kernel, strict=True)]
        if at == 2:
            layers["dropout1"] = nn.Dropout2d(0.05)
        channels = second
    if max(sides) > GRID:
        sides = [min(GRID, side) for side in sides]
        layers["average"] = nn.AdaptiveAvgPool2d((sides[0], sides[1]))
    return nn.Sequential(layers | _head(channels * sides[0] * sides[1], n_classes, width=width))


def _block(channels: int, first: int, second: int, *, at: int) -> OrderedDict[str, nn.Module]:
    """Return two 3x3 convolutions that keep the size; the norm stands behind the first one only."""
    one, two = 2 * at - 1, 2 * at
    return OrderedDict(
        {
            f"conv{one}": nn.Conv2d(channels, first, 3, padding=1),
            f"norm{one}": nn.BatchNorm2d(first),
            f"relu{one}": nn.ReLU(),
            f"conv{two}": nn.Conv2d(first, second, 3, padding=1),
            f"relu{two}": nn.ReLU(),
        }
    )


def _head(inputs: int, n_classes: int, *, width: float) -> OrderedDict[str, nn.Module]:
    """Return what turns the last cells into logits."""
    first, second = (_scaled(units, width) for units in HEAD)
    return OrderedDict(
        flatten=nn.Flatten(),
        dropout2=nn.Dropout(0.1),
        linear1=nn.Linear(inputs, first),
        relu7=nn.ReLU(),
        linear2=nn.Linear(first, second),
        relu8=nn.ReLU(),
        dropout3=nn.Dropout(0.1),
        linear3=nn.Linear(second, n_classes),
    )


def _scaled(number: int, width: float) -> int:
    return max(1, round(number * width))
