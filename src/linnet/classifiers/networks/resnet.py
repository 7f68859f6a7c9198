"""Residual networks for small pictures, as deep as wanted; larger pictures get a stem that shrinks them. No training.

A block learns what to add to its input, not its output: y = relu(f(x) + x). The gradient passes each sum unchanged,
so a hundred layers can be trained. Everything that a block does is a layer with a name, its shortcut too.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn

from linnet.classifiers.networks.sizes import check_sizes
from linnet.errors import ConfigError

CHANNELS = (16, 32, 64)
"""Of the three stages; each but the first begins by halving the sides."""

LARGEST_SMALL = 64
"""Pixels; pictures with a longer side get the stem that quarters the sides, so that stages cost a sixteenth."""


class ResidualBlock(nn.Module):
    """Add two 3x3 convolutions with norms to a shortcut without parameters, and take the ReLU of the sum.

    Where the block halves the sides and has more channels, the shortcut takes every second pixel and adds channels of
    zeros: option A of the paper.

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out, not fewer.
        stride: 1, or 2 to halve the sides.

    Source:
        He, Zhang, Ren and Sun 2016, equation 1, figure 2 and section 4.2.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int) -> None:
        super().__init__()
        # No biases: each norm takes the mean away and has a shift of its own.
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.shortcut = _shortcut(outputs - inputs, stride=stride)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, inputs, h, w) to (b, outputs, h / stride, w / stride), sides rounded up."""
        path = self.norm2(self.conv2(self.relu1(self.norm1(self.conv1(x)))))
        bent: Tensor = self.relu2(path + self.shortcut(x))
        return bent


def build_resnet(
    input_shape: tuple[int, int, int], n_classes: int, *, depth: int, generator: torch.Generator | None = None
) -> nn.Sequential:
    """Build a residual network of 6n + 2 layers: a convolution, three stages of n blocks, an average, a linear layer.

    For 3 channels and 10 classes depths 20, 32, 44, 56 and 110 have 0.27, 0.46, 0.66, 0.85 and 1.73 million
    parameters. The number hardly depends on the pictures' size, since the average takes what is left.

    Convolutions start from normal weights with variance 2 / (k_h k_w c_in), which keeps the size of activations behind
    a ReLU; the linear layer, which has none behind it, from variance 1 / c_in and no bias.

    Args:
        input_shape: (c, h, w), each at least 1.
        n_classes: k, at least 1.
        depth: 8, 14, 20, ...; the paper's are 20, 32, 44, 56 and 110.
        generator: Draws the first weights; torch's global one if not given.

    Raises:
        ConfigError: a value outside these.

    Source:
        He, Zhang, Ren and Sun 2016, section 4.2; the stem for large pictures is that of section 3.3. First weights:
        He, Zhang, Ren and Sun 2015, equation 10.
    """
    check_sizes(input_shape, n_classes)
    n_blocks, rest = divmod(depth - 2, 6)
    if rest or n_blocks < 1:
        raise ConfigError(
            f"A residual network for small pictures has 6n + 2 layers, as 20, 32, 44, 56 or 110; "
            f"its depth came as {depth!r}."
        )
    inputs = CHANNELS[0]
    layers = _stem(input_shape, inputs)
    for at, outputs in enumerate(CHANNELS, start=1):
        blocks: OrderedDict[str, nn.Module] = OrderedDict()
        for place in range(1, n_blocks + 1):
            blocks[f"block{place}"] = ResidualBlock(inputs, outputs, stride=2 if place == 1 and at > 1 else 1)
            inputs = outputs
        layers[f"stage{at}"] = nn.Sequential(blocks)
    layers |= OrderedDict(average=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), linear=nn.Linear(inputs, n_classes))
    network = nn.Sequential(layers)
    _draw_weights(network, generator)
    return network


def _stem(input_shape: tuple[int, int, int], outputs: int) -> OrderedDict[str, nn.Module]:
    """Return what stands before the stages: one convolution, which strides and is pooled where pictures are large."""
    channels, *sides = input_shape
    if max(sides) <= LARGEST_SMALL:
        conv = nn.Conv2d(channels, outputs, 3, padding=1, bias=False)
        return OrderedDict(conv=conv, norm=nn.BatchNorm2d(outputs), relu=nn.ReLU())
    conv = nn.Conv2d(channels, outputs, 7, stride=2, padding=3, bias=False)
    pool = nn.MaxPool2d(3, stride=2, padding=1)
    return OrderedDict(conv=conv, norm=nn.BatchNorm2d(outputs), relu=nn.ReLU(), pool=pool)


def _shortcut(n_more: int, *, stride: int) -> nn.Module:
    if not n_more and stride == 1:
        return nn.Identity()
    # An average over windows of one pixel takes every second pixel; sides, then channels, are padded from the last on.
    return nn.Sequential(
        OrderedDict(thin=nn.AvgPool2d(1, stride=stride), widen=nn.ConstantPad3d((0, 0, 0, 0, 0, n_more), 0.0))
    )


def _draw_weights(network: nn.Module, generator: torch.Generator | None) -> None:
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
        elif isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="linear", generator=generator)
            nn.init.zeros_(layer.bias)
