"""What "auto" means among augmentations: small shifts, and flips where a probe finds that they keep the label."""

import hashlib
from functools import partial
from typing import Protocol

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from linnet import catalog
from linnet.progress import SILENT, Progress
from linnet.transforms.augmentations.base import Augmentation
from linnet.transforms.augmentations.parsing import parse, without_flips
from linnet.transforms.flips import Pictures, flip_probe


class Stored(Pictures, Protocol):
    """Labelled pictures that say where their bytes lie; a data set is this."""

    @property
    def pixels(self) -> Tensor:
        """(m, c, h, w) uint8: these pictures and maybe others."""

    @property
    def rows(self) -> Tensor:
        """(n,) int64: where in `pixels` these pictures stand."""


def usual_augmentation(image_shape: tuple[int, int, int]) -> str:
    """Return what "auto" is for pictures of (c, h, w) before flips are judged, where a network wants nothing else."""
    return f"pad-crop(padding={max(1, min(image_shape[1:]) // 8)}),flip"


def automatic_augmentation(spec: str, train: Stored, *, seed: int, progress: Progress = SILENT) -> Augmentation:
    """Leave the flips out of an augmentation if a probe finds that they change what these pictures show.

    Args:
        spec: Such as `usual_augmentation` gives it; without flips nothing is probed.
        train: Training pictures.
        seed: Decides which of them are probed.
        progress: Told once for the same pictures what was found.
    """
    found = parse(spec, partial(catalog.find, "augmentations"))
    plain = without_flips(found)
    return plain if found == plain or not _flips_keep_labels(train, seed, progress) else found


def has_flips(spec: str) -> bool:
    """Whether an augmentation shows mirror images, wherever in it they are."""
    found = parse(spec, partial(catalog.find, "augmentations"))
    return found != without_flips(found)


_PROBED: WeakTensorKeyDictionary = WeakTensorKeyDictionary()
"""What the flip probe found, by the tensor of pixels: several networks of one climb ask for the same pictures."""


def _flips_keep_labels(train: Stored, seed: int, progress: Progress) -> bool:
    """Ask the flip probe once for the same pictures in memory, and say then what it found."""
    if train.pixels not in _PROBED:
        _PROBED[train.pixels] = {}
    found: dict[tuple[bytes, int], bool] = _PROBED[train.pixels]
    key = (hashlib.sha256(train.rows.numpy().tobytes() + train.labels.numpy().tobytes()).digest(), seed)
    if key not in found:
        probe = flip_probe(train, seed=seed)
        progress.say(probe.message)
        found[key] = probe.keeps_label
    return found[key]
