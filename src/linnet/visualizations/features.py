"""What the last layer of a rung sees of pictures, as rows of numbers; nothing is drawn."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Layered
from linnet.classifiers.features import FlatClassifier
from linnet.classifiers.keeping import as_found
from linnet.errors import UnsupportedError
from linnet.transforms.resize import shrink

PIXEL_SIDE = 32
"""Pixels of the longer side that pictures are compared at, where a rung does not say how far it shrinks them."""

BATCH = 256
"""Pictures that go through a network at once, unless told otherwise."""


def features_of(classifier: Classifier, images: Tensor, *, batch: int = BATCH) -> npt.NDArray[np.float32]:
    """Return what the rung's last layer sees.

    Of a network that is the input of the last linear layer that a forward pass goes through, found by hooks; of every
    other rung the pixels themselves, shrunk as the rung shrinks them.

    Args:
        classifier: Fitted; given back as it was found.
        images: (n, c, h, w) uint8, or float32 in [0, 1].
        batch: Pictures at once; bounds memory, changes no result beyond rounding.

    Returns:
        (n, d) float32; pixels in [0, 1].

    Raises:
        UnsupportedError: a network without a linear layer.
    """
    parts = torch.split(images, batch) if len(images) else (images,)
    if not isinstance(classifier, Layered):
        rows = [_floats(pixels_of(classifier, part)) for part in parts]
    else:
        with as_found(classifier.network()) as network, torch.no_grad(), _head_inputs(network) as seen:
            rows = []
            for part in parts:
                seen.clear()
                network(_floats(part))
                if not seen:
                    raise UnsupportedError(
                        f"{classifier.name()} has no linear layer whose input could be looked at; "
                        "networks with one have features, and every other rung has its pixels."
                    )
                rows.append(seen[-1])
    return np.asarray(torch.cat(rows).numpy(), dtype=np.float32)


def pixels_of(classifier: Classifier, images: Tensor) -> Tensor:
    """Return (n, d) pixels of the same type, shrunk as the rung shrinks them, or to `PIXEL_SIDE` where it does not."""
    if isinstance(classifier, FlatClassifier):
        return classifier.flatten(images)
    return shrink(images, PIXEL_SIDE).flatten(1)


def _floats(values: Tensor) -> Tensor:
    return values.to(torch.float32) / 255 if values.dtype == torch.uint8 else values.to(torch.float32)


@contextmanager
def _head_inputs(network: nn.Module) -> Iterator[list[Tensor]]:
    """Collect (b, d) inputs of linear layers in the order of the pass; the last one is the head's.

    The order of a pass, and not that of registration: a network may name its head first.
    """
    seen: list[Tensor] = []

    def note(_layer: nn.Module, inputs: tuple[Any, ...]) -> None:
        values: Tensor = inputs[0].detach()
        # A head that is applied to every token, or place, sees their mean as far as a picture as a whole goes.
        found = values if values.ndim == 2 else values.flatten(1, -2).mean(1)
        seen[:] = [found.to(torch.float32).cpu()]

    handles = [layer.register_forward_pre_hook(note) for layer in network.modules() if isinstance(layer, nn.Linear)]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
