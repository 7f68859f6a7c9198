"""The layers of a rung that is a network, for given pictures, before anything is learned; nothing is shown here."""

from typing import Any

import torch

from linnet.classifiers.capabilities import Buildable
from linnet.classifiers.networks.sizes import check_sizes
from linnet.errors import ImagesError
from linnet.training.anatomy.table import describe_network
from linnet.transforms.resize import shrunk_shape


def describe_layers(rung: Buildable, input_shape: tuple[int, int, int], n_classes: int) -> dict[str, Any]:
    """Build a network for pictures of a shape and describe it; torch's global random state is left as it was.

    Args:
        rung: What to build.
        input_shape: (c, h, w) of pictures, each at least 1.
        n_classes: At least 1.

    Returns:
        `NetworkTable.to_plain()` of the network, and beside it `picture_shape` and `n_classes`. Its `input_shape` is
        smaller than the pictures where the rung shrinks them first.

    Raises:
        ConfigError: a shape or a number of classes that is none.
        ImagesError: the network cannot be built for them, or does not take them.
    """
    check_sizes(input_shape, n_classes)
    seen = shrunk_shape(input_shape, rung.max_side)
    try:
        with torch.random.fork_rng(devices=[]):
            network = rung.build(seen, n_classes)
    except (RuntimeError, MemoryError) as error:
        raise ImagesError(
            f"No network can be built for pictures of {seen} and {n_classes} classes here ({error}); "
            f"ask for smaller pictures, fewer classes or a smaller network."
        ) from None
    return describe_network(network, seen).to_plain() | {"picture_shape": list(input_shape), "n_classes": n_classes}
