"""The pack: every picture of a source decoded once, in one memory-mapped tensor, with what became of each file."""

import warnings
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet.datasets.base import ArraySource, Source
from linnet.datasets.mapped import map_pixels
from linnet.datasets.packing import shelf as shelves
from linnet.datasets.packing.arrays import of_arrays
from linnet.datasets.packing.building import build
from linnet.datasets.packing.shelf import PIXELS, Shelf, Stored
from linnet.datasets.packing.survey import Wanted
from linnet.errors import DataError
from linnet.images import Fit, Geometry
from linnet.progress import SILENT, Progress
from linnet.records.manifest import Manifest


@dataclass(frozen=True, eq=False, kw_only=True)
class Pack:
    """Hold the pictures of a source, decoded.

    Attributes:
        images: (m, c, h, w) uint8, mapped from the cache: may be larger than memory, and what is written into it never
            reaches the file.
        geometry: What the pictures were brought to; prediction uses it again.
        manifest: Every file of the source: the split as given, or "" where nothing uses the row; no folds.
        rows: (m,) int64, the manifest's positions of the images.
        class_names: k names, also of classes without a picture.
        facts: What was found in the files, as plain JSON values; see `linnet.datasets.survey.summarize`.
        messages: What the user should know, as whole sentences.
    """

    images: Tensor
    geometry: Geometry
    manifest: Manifest
    rows: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    facts: dict[str, Any]
    messages: tuple[str, ...]


def open_pack(
    source: Source | ArraySource,
    *,
    size: int | None = None,
    fit: Fit = "crop",
    geometry: Geometry | None = None,
    cache: Path,
    progress: Progress = SILENT,
) -> Pack:
    """Open the pack of a source, made now or at an earlier time.

    Args:
        source: Files or arrays.
        size: Pixels of the square that pictures are brought to; None: their own size where they share one up to 224,
            else a square that suits most of them.
        fit: How other shapes get there; see `linnet.images.Geometry`.
        geometry: What a model was trained on, which then is used in place of size and fit.
        cache: The folder of packs; made if it is not there.
        progress: Where reading reports to.

    Raises:
        ConfigError: a size or fit that is none.
        DataError: no readable picture, files that change while they are read, or a cache that cannot be written.
    """
    wanted = Wanted(size=size, fit=fit, geometry=geometry)
    side = 1 if size is None else size
    Geometry(channels=3, height=side, width=side, fit=fit)  # checks both before anything is read
    if isinstance(source, ArraySource):
        return _of_arrays(source, wanted)
    try:
        shelf = Shelf(cache)
        seal = f"{source.fingerprint()} {wanted.seal()}"
        key = shelf.recall(seal)
        pack = None if key is None else _mapped(shelf.place(key))
        if pack is None:
            key, lasting = build(source, shelf, wanted, progress=progress)
            # Only if nothing was touched meanwhile do the files as they were sealed and the pack belong together.
            if lasting and seal == f"{source.fingerprint()} {wanted.seal()}":
                shelf.remember(seal, key)
            pack = _mapped(shelf.place(key))
    except OSError as error:
        raise DataError(
            f"The pack of {source.name} cannot be written to {cache} ({error.strerror or error}); "
            "make room there, or name another folder in LINNET_CACHE."
        ) from error
    if pack is None:
        raise DataError(f"The pack of {source.name} in {cache} was damaged as soon as it was written; check the disk.")
    return pack


def _mapped(folder: Path) -> Pack | None:
    stored = shelves.load(folder)
    if stored is None:
        return None
    shape = (len(stored.rows), *stored.geometry.shape)
    return _pack(stored, map_pixels(folder / PIXELS, shape))


def _pack(stored: Stored, images: Tensor) -> Pack:
    return Pack(images=images, **{field.name: getattr(stored, field.name) for field in fields(stored)})


def _of_arrays(source: ArraySource, wanted: Wanted) -> Pack:
    stored, images = of_arrays(source, wanted)
    with warnings.catch_warnings():  # nobody writes into the pictures of a data set
        warnings.filterwarnings("ignore", message="The given NumPy array is not writ", category=UserWarning)
        return _pack(stored, torch.from_numpy(images))
