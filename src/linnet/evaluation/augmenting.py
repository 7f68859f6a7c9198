"""What an augmentation does to some data's own training pictures, as a picture of them; nothing is trained."""

from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet import catalog, seeds
from linnet.datasets.base import Dataset
from linnet.errors import RunError
from linnet.images.png import encode_png
from linnet.progress import SILENT, Progress
from linnet.transforms.augmentations.base import Augmentation
from linnet.transforms.augmentations.parsing import parse
from linnet.transforms.automatic import automatic_augmentation, usual_augmentation
from linnet.transforms.samples import augmented_sheet

AUTO = "auto"
N_PICTURES = 8
N_VERSIONS = 8


def refuse_unknown(spec: str) -> None:
    """Refuse what is no augmentation before any picture is read; "auto" is one.

    Raises:
        UnknownNameError: no such augmentation, preset or setting.
        ConfigError: brackets that do not match, or a value of the wrong type or out of its range.
    """
    if spec != AUTO:
        parse(spec, partial(catalog.find, "augmentations"))


def augmentation_of(spec: str, train: Dataset, *, seed: int, progress: Progress = SILENT) -> Augmentation:
    """Make the augmentation that a user has written, such as "pad-crop,flip".

    Args:
        spec: "auto" is what a network that wants nothing else would take for these pictures.
        train: Training pictures.
        seed: Of the probe that "auto" asks.
        progress: Told what the probe found.

    Raises:
        UnknownNameError, ConfigError: see `refuse_unknown`.
    """
    if spec == AUTO:
        return automatic_augmentation(usual_augmentation(train.image_shape), train, seed=seed, progress=progress)
    return parse(spec, partial(catalog.find, "augmentations"))


def free_sheet(folder: Path | None) -> Path:
    """Name the file for a contact sheet, which is never written over another.

    Args:
        folder: Where to; None: the current one.

    Raises:
        RunError: there is such a file.
    """
    path = (folder or Path()) / "augmented.png"
    if path.exists():
        raise RunError(f"{path} exists already and is left as it is; move it away, or choose a new folder with --out.")
    return path


def contact_sheet(train: Dataset, augmentation: Augmentation, *, seed: int) -> bytes:
    """Draw eight training pictures as PNG, a row for each: as it is, and how it looks in each of eight epochs.

    Args:
        train: At least one picture.
        augmentation: What to show.
        seed: Decides which pictures, and what happens to them.
    """
    rows = spread_over_classes(train.labels, N_PICTURES, seed=seed)
    sheet = augmented_sheet(train.subset(rows).images, augmentation, seed=seed, n_versions=N_VERSIONS)
    return encode_png(sheet.transpose(2, 0, 1))


def spread_over_classes(labels: Tensor, n: int, *, seed: int) -> npt.NDArray[np.int64]:
    """Choose n rows, or all where there are fewer, from as many classes as can be, as evenly as can be.

    Args:
        labels: (m,) int64.
        n: At least 1.
        seed: Decides which rows of a class, and which classes where there are more than n.

    Returns:
        Positions in `labels`, ordered by class.
    """
    order = torch.randperm(len(labels), generator=seeds.torch_generator(seed, "contact sheet")).numpy()
    shuffled = labels.numpy()[order]
    turn = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(shuffled):
        here = np.flatnonzero(shuffled == label)
        turn[here] = np.arange(len(here))
    # First everybody who is the first of a class, then the second ones, and so on.
    chosen = np.argsort(turn, kind="stable")[:n]
    return np.asarray(order[chosen[np.argsort(shuffled[chosen], kind="stable")]], dtype=np.int64)
