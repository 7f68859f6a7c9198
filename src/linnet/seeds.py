"""Turn one seed into many independent ones; nothing here touches a global random state."""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive(seed: int, *names: object) -> int:
    """Make a seed for one purpose out of the run's seed.

    Args:
        seed: The run's seed, any int.
        names: What the new seed is for; other names give an unrelated stream.

    Returns:
        An int in 0 .. 2**63 - 1, the same on every machine.
    """
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def numpy_generator(seed: int, *names: object) -> np.random.Generator:
    """Make a NumPy generator for one purpose; see `derive`."""
    return np.random.Generator(np.random.PCG64(derive(seed, *names)))


def torch_generator(seed: int, *names: object) -> "torch.Generator":
    """Make a torch generator on the CPU for one purpose; see `derive`."""
    import torch

    return torch.Generator().manual_seed(derive(seed, *names))
