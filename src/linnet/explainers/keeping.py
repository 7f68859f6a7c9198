"""Give a network back as it was found: its mode, its gradients, and which parameters ask for some."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def as_found(network: nn.Module) -> Iterator[nn.Module]:
    """Put a network into evaluation mode for a while, without parameters that ask for gradients.

    On leaving, every layer has its mode again, and every parameter its gradient and whether it asks for one.
    """
    modes = {layer: layer.training for layer in network.modules()}
    asked = {parameter: (parameter.requires_grad, parameter.grad) for parameter in network.parameters()}
    try:
        network.eval()
        for parameter in asked:
            parameter.requires_grad_(False)
        yield network
    finally:
        for layer, mode in modes.items():
            layer.training = mode
        for parameter, (wanted, gradient) in asked.items():
            parameter.requires_grad_(wanted)
            parameter.grad = gradient
