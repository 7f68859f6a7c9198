"""Any architecture that the library timm knows, with random weights: nothing is ever downloaded here."""

import difflib
from typing import Any

import torch
from torch import nn

from linnet.classifiers.networks.sizes import check_sizes
from linnet.errors import ConfigError, UnknownNameError


def check_timm(name: str) -> None:
    """Refuse a name that timm has no architecture for; nothing is made.

    Args:
        name: See `build_timm`.

    Raises:
        UnknownNameError: no such architecture; the message names the nearest ones.
    """
    import timm  # slow to load

    known = timm.list_models()
    # A list of its own: timm itself would go to the network for names that begin with a host.
    if name not in known:
        raise UnknownNameError("timm architecture", name, difflib.get_close_matches(name, known, n=5, cutoff=0.0))


def build_timm(name: str, input_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
    """Build one of timm's architectures from scratch, for any number of channels and classes.

    Args:
        name: As `timm.list_models()` has it, without a tag of weights ("resnet18", "vit_tiny_patch16_224").
        input_shape: (c, h, w), each at least 1; some architectures have a least size of their own.
        n_classes: k, at least 1.

    Raises:
        UnknownNameError: no such architecture; the message names the nearest ones.
        ConfigError: a shape or number that is none, or that this architecture cannot be built for.
    """
    check_sizes(input_shape, n_classes)
    check_timm(name)
    import timm  # slow to load

    channels, height, width = input_shape
    described = timm.get_pretrained_cfg(name)
    # Architectures with a learned position for each patch must know the size, and no others take it.
    size: dict[str, Any] = {"img_size": (height, width)} if getattr(described, "fixed_input_size", False) else {}
    try:
        network: nn.Module = timm.create_model(name, pretrained=False, num_classes=n_classes, in_chans=channels, **size)
        # One that shrinks pictures more than they have pixels is built, and fails when it sees the first of them.
        with torch.no_grad():
            network.eval()(torch.zeros(1, *input_shape))
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        why = str(error).partition("\n")[0].removesuffix(".")
        raise ConfigError(
            f"timm cannot build {name} for pictures of shape {input_shape} ({why}); take another size or another one."
        ) from error
    return network.train()
