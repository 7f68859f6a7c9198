"""How the weights of a network start, by kind of layer, and a check for units that start alike and would stay so."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import init
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from linnet.errors import UnknownNameError

LINEAR_KINDS = ("normal", "xavier", "kaiming", "default")
CONVOLUTION_KINDS = ("normal", "xavier", "kaiming", "dirac", "default")

_NORMAL_DEVIATION = 0.01


def initialize(
    network: nn.Module, *, linear: str = "kaiming", convolution: str = "kaiming", generator: torch.Generator
) -> None:
    """Set the starting weights of a network, in place.

    With f inputs and g outputs of a unit, kernel places counted, "xavier" is normal with variance 2 / (f + g), which
    keeps the size of signals both ways where activations are nearly linear (Tanh); "kaiming" has variance 2 / f, as a
    ReLU halves the second moment; "normal" has deviation 0.01 whatever the layer, and fades in deep nets; "dirac" lets
    each channel through as it is. Biases become 0, scales of norms 1, their shifts 0 and running statistics fresh; with
    "default" a layer of that kind is left as it is.

    Args:
        network: On the device of the generator.
        linear: One of `LINEAR_KINDS`, for fully connected layers.
        convolution: One of `CONVOLUTION_KINDS`, for convolutions, transposed ones too (which know no "dirac" and take
            "kaiming").
        generator: Decides every weight; layers draw in the network's order.

    Raises:
        UnknownNameError: no such kind.

    Source:
        Glorot and Bengio 2010, equation 16 as a normal; He et al. 2015, equation 10; Zagoruyko and Komodakis 2017.
    """
    for known, kind, wanted in (("linear", linear, LINEAR_KINDS), ("convolution", convolution, CONVOLUTION_KINDS)):
        if kind not in wanted:
            raise UnknownNameError(f"initialization of {known} layers", kind, wanted)
    for module in network.modules():
        if isinstance(module, nn.Linear):
            _start(module, linear, generator)
        elif isinstance(module, _ConvNd):
            _start(module, convolution, generator)
        elif isinstance(module, _NormBase | nn.GroupNorm | nn.LayerNorm):
            module.reset_parameters()


def symmetric_layers(network: nn.Module) -> list[str]:
    """Name the hidden layers in which two or more output units have the same weights and bias.

    Such units get the same gradients and stay one unit for ever, unless what comes after tells them apart. The last
    layer may start with equal units, as zeros: the loss tells classes apart. Channels in different groups of a
    convolution see different inputs, and are not compared.

    Returns:
        Names as in `named_modules`, in the network's order.
    """
    layers = [(name, module) for name, module in network.named_modules() if isinstance(module, nn.Linear | _ConvNd)]
    return [name for name, layer in layers[:-1] if any(_has_twins(units) for units in _comparable(layer))]


def warn_of_symmetry(network: nn.Module) -> str | None:
    """Return a sentence about layers whose units start alike, None where there is none."""
    names = symmetric_layers(network)
    if not names:
        return None
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return (
        f"Units of {shown} start with the same weights, would get the same gradients, and never become different; "
        f"start from random weights, as with linear_initialization=kaiming and convolution_initialization=kaiming."
    )


def _start(layer: nn.Linear | _ConvNd, kind: str, generator: torch.Generator) -> None:
    if kind == "default":
        return
    if layer.bias is not None:
        init.zeros_(layer.bias)
    if kind == "normal":
        init.normal_(layer.weight, 0.0, _NORMAL_DEVIATION, generator=generator)
    elif kind == "xavier":
        init.xavier_normal_(layer.weight, generator=generator)
    else:
        init.kaiming_normal_(layer.weight, nonlinearity="relu", generator=generator)
    if kind == "dirac" and isinstance(layer, _ConvNd) and not isinstance(layer, _ConvTransposeNd):
        _let_through(layer)


@torch.no_grad()
def _let_through(layer: _ConvNd) -> None:
    """Make the first outputs of each group copies of its inputs.

    Where there are more outputs than inputs the others keep their random weights: torch's dirac_ on the whole weight
    would leave them at zero, all alike.
    """
    n_inputs = layer.weight.shape[1]
    for part in layer.weight.chunk(layer.groups):
        init.dirac_(part[:n_inputs])


def _comparable(layer: nn.Linear | _ConvNd) -> Iterator[Tensor]:
    """Yield (units, weights and bias) for each group of units that see the same inputs."""
    weights = layer.weight.detach()
    n_groups = layer.groups if isinstance(layer, _ConvNd) else 1
    if isinstance(layer, _ConvTransposeNd):  # (in, out / groups, ...)
        weights = torch.cat([part.transpose(0, 1) for part in weights.chunk(n_groups)])
    rows = weights.flatten(1)
    if layer.bias is not None:
        rows = torch.cat([rows, layer.bias.detach()[:, None]], 1)
    yield from rows.chunk(n_groups)


def _has_twins(units: Tensor) -> bool:
    """Compare by bytes, in one pass; adding 0 makes -0 and 0 the same."""
    rows = (units.to("cpu", torch.float32) + 0.0).numpy()
    return len({row.tobytes() for row in rows}) < len(rows)
