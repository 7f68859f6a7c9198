"""What the tests of augmentations share: finding entries, and batches of pictures, targets and draws."""

import importlib
import pkgutil

import numpy as np
import torch

from linnet.errors import UnknownNameError
from linnet.transforms import augmentations
from linnet.transforms.augmentations.base import Augmentation
from linnet.transforms.draws import Draws

NAMES = tuple(
    sorted(
        module.name.replace("_", "-")
        for module in pkgutil.iter_modules(augmentations.__path__)
        if module.name not in (*augmentations.MACHINERY, "base")
    )
)


def find(name):
    """Return the class of an entry, by the rule of the catalog: the file's own first class."""
    if name not in NAMES:
        raise UnknownNameError("augmentation", name, NAMES)
    module = importlib.import_module(f"linnet.transforms.augmentations.{name.replace('-', '_')}")
    return next(
        thing
        for thing in vars(module).values()
        if isinstance(thing, type) and issubclass(thing, Augmentation) and thing.__module__ == module.__name__
    )


def pictures(n=12, shape=(3, 9, 12), seed=0):
    """Random bytes: no two pixels alike by habit."""
    return torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8))


def floats(n=12, shape=(3, 9, 12), seed=0):
    return pictures(n, shape, seed).to(torch.float32) / 255


def one_hot(n=12, k=4):
    return torch.nn.functional.one_hot(torch.arange(n) % k, k).to(torch.float32)


def draws(n=12, *, seed=5, epoch=0, first=100):
    return Draws(seed=seed, epoch=epoch, rows=np.arange(first, first + n))


def augmented(augmentation, images, **settings):
    """Return the pictures of one call, without their targets."""
    return augmentation(images, one_hot(len(images)), draws=draws(len(images), **settings))[0]
