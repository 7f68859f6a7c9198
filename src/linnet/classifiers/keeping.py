"""Give a network back as it was found: its modes, its gradients, and which parameters ask for some."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def as_found(network: nn.Module) -> Iterator[nn.Module]:
    """Put a network into evaluation mode for a while, without parameters that ask for gradients.

    No layer works in place meanwhile: what a hook was shown of one layer would be overwritten by the next one. Values
    are the same. On leaving, every layer has its mode again, and every parameter its gradient and whether it asks for
    one. Hooks are whoever's who set them.
    """
    modes = {layer: layer.training for layer in network.modules()}
    in_place = [layer for layer in network.modules() if getattr(layer, "inplace", False) is True]
    asked = {parameter: (parameter.requires_grad, parameter.grad) for parameter in network.parameters()}
    try:
        network.eval()
        for layer in in_place:
            setattr(layer, "inplace", False)  # noqa: B010 # nn.Module declares no such attribute
        for parameter in asked:
            parameter.requires_grad_(False)
            parameter.grad = None  # one that is added to would not be what was found
        yield network
    finally:
        for layer, mode in modes.items():
            layer.training = mode
        for layer in in_place:
            setattr(layer, "inplace", True)  # noqa: B010
        for parameter, (wanted, gradient) in asked.items():
            parameter.requires_grad_(wanted)
            parameter.grad = gradient
