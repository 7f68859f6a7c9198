"""The fully connected network: affine maps with activations between them, blind to where a pixel is; no training."""

from collections import OrderedDict
from collections.abc import Sequence
from math import prod
from typing import Literal, get_args

from torch import nn

from linnet.classifiers.networks.sizes import check_sizes
from linnet.errors import ConfigError

Activation = Literal["relu", "tanh"]

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh}


def build_mlp(
    input_shape: tuple[int, int, int],
    n_classes: int,
    *,
    hidden: Sequence[int],
    activation: Activation = "relu",
    dropout: float = 0.0,
    batch_norm: bool = False,
) -> nn.Sequential:
    """Build a fully connected network; its layers are named flatten, linear1, norm1, relu1, dropout1, linear2, ...

    With widths d_0 = c h w, d_1, ..., d_m = k it has the sum of (d_i + 1) d_(i+1) parameters.

    Args:
        input_shape: (c, h, w), each at least 1.
        n_classes: k, at least 1.
        hidden: Units of each hidden layer, each at least 1; none at all makes it softmax regression.
        activation: What stands after each hidden layer.
        dropout: Share of hidden units that is silenced while training, at least 0, below 1.
        batch_norm: Whether hidden units are normalized before their activation; their biases go, as the norm has its
            own.

    Raises:
        ConfigError: a value outside these.

    Example:
        >>> network = build_mlp((3, 32, 32), 2, hidden=[512], activation="tanh")
        >>> sum(p.numel() for p in network.parameters())
        1574402
    """
    check_sizes(input_shape, n_classes)
    if not all(isinstance(units, int) and units >= 1 for units in hidden):
        raise ConfigError(f"Hidden layers want at least 1 unit each; they came as {list(hidden)}.")
    if activation not in get_args(Activation):
        raise ConfigError(f"An activation is one of {', '.join(get_args(Activation))}; it came as {activation!r}.")
    if not 0 <= dropout < 1:
        raise ConfigError(f"A dropout should be at least 0 and below 1; it is {dropout!r}.")
    layers: OrderedDict[str, nn.Module] = OrderedDict(flatten=nn.Flatten())
    inputs = prod(input_shape)
    for at, units in enumerate(hidden, start=1):
        layers[f"linear{at}"] = nn.Linear(inputs, units, bias=not batch_norm)
        if batch_norm:
            layers[f"norm{at}"] = nn.BatchNorm1d(units)
        layers[f"{activation}{at}"] = _ACTIVATIONS[activation]()
        if dropout:
            layers[f"dropout{at}"] = nn.Dropout(dropout)
        inputs = units
    layers[f"linear{len(hidden) + 1}"] = nn.Linear(inputs, n_classes)
    return nn.Sequential(layers)
