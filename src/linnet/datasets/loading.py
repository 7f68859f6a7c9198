"""From what a user typed to split, checked data: source, pack, duplicates, classes, splits, in this order."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from linnet.datasets import duplicates as near
from linnet.datasets import splits
from linnet.datasets.archive import ArchiveSource, is_archive
from linnet.datasets.base import ArraySource, Dataset, Source
from linnet.datasets.duplicates import Duplicates
from linnet.datasets.folder import FolderSource
from linnet.datasets.naming import natural_key
from linnet.datasets.pack import Pack, open_pack
from linnet.datasets.places import cache_folder, places
from linnet.datasets.table import TableSource
from linnet.datasets.torchvision_sets import open_named
from linnet.errors import DataError, UnknownNameError
from linnet.images import Geometry
from linnet.progress import SILENT, Progress
from linnet.records.experiment import DataSpec, Protocol
from linnet.records.manifest import Manifest, Texts


@dataclass(frozen=True, eq=False, kw_only=True)
class Loaded:
    """Hold data that is ready for the protocol.

    Attributes:
        name: What the user called it.
        everything: Every picture that belongs to a split, in the source's order.
        split: (n,) str, the split of each picture of `everything`.
        fold: (n,) int64, its fold, or -1.
        manifest: Every file found, with what became of it.
        geometry: How pictures got their shape.
        files: What was found in the files, as plain values.
        duplicates: Counts and examples of duplicates, conflicts and leaks, as plain values.
        messages: Whole sentences that were said while loading.
    """

    name: str
    everything: Dataset
    split: Texts
    fold: npt.NDArray[np.int64]
    manifest: Manifest
    geometry: Geometry
    files: dict[str, Any]
    duplicates: dict[str, Any]
    messages: tuple[str, ...]

    def part(self, split: str) -> Dataset:
        """Return the pictures of "train", "valid" or "test"."""
        return self.everything.subset(np.flatnonzero(self.split == split))

    def development(self) -> Dataset:
        """Return all pictures that may be learned from: training and validation."""
        return self.everything.subset(np.flatnonzero(self.split != "test"))

    def parts(self) -> list[tuple[Dataset, Dataset]]:
        """Return (training, validation) pairs to choose settings with: one, or one per fold."""
        n_folds = int(self.fold.max(initial=-1)) + 1
        if n_folds == 0:
            return [(self.part("train"), self.part("valid"))]
        inside = self.fold >= 0
        return [
            (
                self.everything.subset(np.flatnonzero(inside & (self.fold != fold))),
                self.everything.subset(np.flatnonzero(self.fold == fold)),
            )
            for fold in range(n_folds)
        ]

    def row_of(self, image_id: str) -> int:
        """Return the position of a picture in `everything`."""
        return self._row_by_id[image_id]

    @cached_property
    def _row_by_id(self) -> dict[str, int]:
        return {image_id: row for row, image_id in enumerate(self.everything.ids.tolist())}

    def split_hash(self) -> str:
        """Name the test split by its content: SHA-256 over its sorted content hashes."""
        hashes = sorted(self.manifest.content_hash[self.manifest.split == "test"].tolist())
        return hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def load(
    spec: DataSpec,
    protocol: Protocol,
    *,
    seed: int,
    expected: Manifest | None = None,
    progress: Progress = SILENT,
) -> Loaded:
    """Read a data source and split it.

    Args:
        spec: Which pictures, and how they are stored.
        protocol: How they are split, where the source does not say.
        seed: Decides the split.
        expected: What the data was when a run was made: its splits are taken over, and every file must be as it was.
        progress: Where long work reports to, and everything that a user should know is said.

    Raises:
        DataError: the source is missing, empty, has one class, no readable picture, or a class too small to split;
            or files have changed since.
    """
    source, chosen = open_source(spec, progress)
    pack = open_pack(
        source, size=spec.size or None, fit=spec.fit, cache=cache_folder() / "packs", progress=progress
    )
    said = list(pack.messages)
    class_names = _classes(pack, chosen)
    table = _select(pack.manifest, class_names)
    kept = np.isin(table.label[pack.rows], class_names)
    rows = pack.rows[kept]
    _refuse_too_little(rows, table, class_names, spec.source)
    pixels = torch.from_numpy(np.flatnonzero(kept))
    labels = _label_indices(table.label[rows], class_names)
    found = near.find(pack.images, pixels, table.content_hash[rows], labels, progress=progress)
    table, dropped = _mark(table, rows, labels, class_names, found, spec)
    sides = splits.join_sides(table.group[rows], found.clusters)
    if expected is None:
        table, more = _split(table, rows, labels, class_names, sides, dropped, protocol, seed)
        said += more
    else:
        table = _take_over(table, expected)
    said += _warnings(table, class_names)
    leaks = splits.leaks(table.split[rows], found.clusters)
    said += _leak_messages(leaks)
    for sentence in said:
        progress.say(sentence)
    used = np.flatnonzero(table.split[rows] != "")
    everything = Dataset(
        pixels=pack.images,
        rows=pixels[torch.from_numpy(used)],
        labels=torch.from_numpy(labels[used]),
        class_names=class_names,
        ids=table.id[rows[used]],
        groups=table.group[rows[used]],
    )
    return Loaded(
        name=spec.source,
        everything=everything,
        split=table.split[rows[used]],
        fold=table.fold[rows[used]],
        manifest=table,
        geometry=pack.geometry,
        files=pack.facts,
        duplicates={**found.to_json(table.id[rows]), "leaks": leaks},
        messages=tuple(said),
    )
