"""From what a user typed to split, checked data: source, pack, classes, duplicates, splits, in this order."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from linnet.datasets.base import Dataset
from linnet.datasets.named.places import cache_folder
from linnet.datasets.opening import open_source
from linnet.datasets.packing.pack import Pack, open_pack
from linnet.datasets.sources.naming import listed
from linnet.datasets.splitting import duplicates, marking
from linnet.datasets.splitting.sides import join_sides
from linnet.datasets.splitting.taking_over import Before, take_over
from linnet.errors import DataError
from linnet.images import Geometry
from linnet.progress import SILENT, Progress
from linnet.records.experiment import DataSpec, Protocol
from linnet.records.manifest import Manifest, Texts
from linnet.records.matching import Matching
from linnet.records.run import Run


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
        duplicates: Counts and examples of duplicates, conflicts and leaks, of copies and of groups, as plain values.
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
        return [
            (
                self.everything.subset(np.flatnonzero((self.fold >= 0) & (self.fold != fold))),
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
    before: Before | None = None,
    progress: Progress = SILENT,
) -> Loaded:
    """Read a data source and split it.

    Args:
        spec: Which pictures, and how they are stored.
        protocol: How they are split, where the source does not say.
        seed: Decides the split.
        before: What the data were when a run was made: its splits are taken over, and everything must be as it was.
        progress: Where long work reports to, and everything that a user should know is said.

    Raises:
        DataError: the source is missing, empty, has one class, no readable picture, or a class too small to split;
            or files, labels or groups have changed since.
    """
    picked = _pick(spec, progress=progress)
    if before is not None and before.geometry and before.geometry != picked.pack.geometry.to_plain():
        # A file that could not be read then, and takes no part, may have moved the size that suits most of them.
        picked = _pick(spec, geometry=Geometry.from_plain(dict(before.geometry)), progress=progress)
    pack, rows, labels = picked.pack, picked.rows, picked.labels
    _refuse_too_few_classes(labels, picked.class_names, spec.source)
    hashes = picked.manifest.content_hash[rows]
    found = duplicates.find(pack.images, picked.pixels, hashes, labels, progress=progress)
    table, dropped = marking.mark_duplicates(picked.manifest, rows, found, drop=spec.drop)
    sides = join_sides(table.group[rows], found.clusters)
    wanted = _wanted(picked, np.flatnonzero(~dropped), sides, spec=spec, protocol=protocol)
    given = table.split[wanted.rows]
    table = marking.split(table, wanted, seed=seed) if before is None else take_over(table, wanted, before)
    leaks, parted = marking.leaks(table, rows, found), marking.group_leaks(table, rows)
    said = [
        *pack.messages,
        *marking.split_messages(given, table.split[wanted.rows], protocol),
        *marking.warnings(table, rows, picked.class_names, found),
        *leaks.messages,
        *parted.messages,
    ]
    for sentence in said:
        progress.say(sentence)
    everything = _dataset(picked, table, np.flatnonzero(table.split[rows] != ""))
    return Loaded(
        name=spec.source,
        everything=everything.data,
        split=table.split[everything.rows],
        fold=table.fold[everything.rows],
        manifest=table,
        geometry=pack.geometry,
        files=pack.facts,
        duplicates={**found.to_json(table.id[rows]), "leaks": leaks.counts, "group_leaks": parted.counts},
        messages=tuple(said),
    )


def load_again(run: Run, *, progress: Progress = SILENT) -> Loaded:
    """Read the data of a run, with its splits; a run that was stopped before it had any is read for the first time.

    Args:
        run: What was asked, and what the data were.
        progress: As in `load`.

    Raises:
        DataError: the data are not there any more, or a file, a label, a group, a given split or the classes have
            changed since.
        RunError: the run's records of its data are damaged.
    """
    experiment, before = run.experiment, None
    if run.rungs or (run.folder / "manifest.csv").exists():
        before = Before(manifest=run.manifest)
        if (run.folder / "data.json").exists():  # it is written after the manifest
            facts = run.facts
            before = replace(before, class_names=facts.class_names, geometry=facts.geometry)
    return load(experiment.data, experiment.protocol, seed=experiment.seed, before=before, progress=progress)


@dataclass(frozen=True, eq=False, kw_only=True)
class LoadedElsewhere:
    """Hold the pictures of another source that a run can be scored on.

    Attributes:
        data: Pictures of the classes that the run knows, with its classes in its order.
        manifest: Every file found; the split of those in `data` is "test", of all others it is empty.
        matching: What fits and what does not.
    """

    data: Dataset
    manifest: Manifest
    matching: Matching


def load_for(
    spec: DataSpec,
    *,
    class_names: Sequence[str],
    geometry: dict[str, Any],
    own: Manifest | None = None,
    progress: Progress = SILENT,
) -> LoadedElsewhere:
    """Read all pictures of a source for classifiers that know their classes and their geometry already.

    Args:
        spec: Which pictures; its size and fit are not asked.
        class_names: The classifiers' classes, in their order; pictures are matched by class name.
        geometry: What pictures are brought to, as plain values.
        own: The pictures of the run, which are looked for by their content.
        progress: Told which classes are missing, and how many pictures of unknown classes are left out.

    Raises:
        DataError: no class of the source is known, or none that is has a picture.
    """
    picked = _pick(spec, geometry=Geometry.from_plain(geometry), progress=progress)
    theirs = picked.class_names
    if not set(theirs) & set(class_names):
        raise DataError(
            f"{spec.source} has the classes {listed(list(theirs))}; the run knows {listed(list(class_names))}; "
            "name the folders as the run names its classes."
        )
    matching = _matching(spec.source, picked, class_names, own)
    for sentence in (*picked.pack.messages, *matching.sentences()):
        progress.say(sentence)
    if not matching.n_scored:
        raise DataError(
            f"{spec.source} has no readable picture of a class that the run knows; these are "
            f"{listed(list(class_names))}; put pictures into folders of these names."
        )
    known = np.isin(picked.manifest.label[picked.rows], class_names)
    data = _dataset(picked, picked.manifest, np.flatnonzero(known)).data
    labels = [class_names.index(theirs[label]) for label in data.labels.tolist()]
    renumbered = Dataset(
        pixels=data.pixels,
        rows=data.rows,
        labels=torch.tensor(labels, dtype=torch.int64),
        class_names=tuple(class_names),
        ids=data.ids,
    )
    table = marking.mark_scored(picked.manifest, picked.rows[known], picked.rows[~known])
    return LoadedElsewhere(data=renumbered, manifest=table, matching=matching)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Picked:
    """The readable pictures of the wanted classes: positions in the manifest and in the pack, and labels."""

    pack: Pack
    manifest: Manifest
    class_names: tuple[str, ...]
    rows: npt.NDArray[np.int64]
    pixels: torch.Tensor
    labels: npt.NDArray[np.int64]


def _wanted(
    picked: _Picked, kept: npt.NDArray[np.int64], sides: npt.NDArray[np.int64], *, spec: DataSpec, protocol: Protocol
) -> marking.Wanted:
    """Say what is to be split: the pictures that were not dropped, of at least two classes."""
    labels = picked.labels[kept]
    dropped = f"with --drop {','.join(spec.drop)} "
    _refuse_too_few_classes(labels, picked.class_names, spec.source, when=dropped, advice="drop less, or ")
    return marking.Wanted(
        rows=picked.rows[kept], labels=labels, sides=sides[kept], class_names=picked.class_names, protocol=protocol
    )


def _matching(source: str, picked: _Picked, class_names: Sequence[str], own: Manifest | None) -> Matching:
    """Compare the classes and the pictures of a source with those of a run."""
    table, theirs = picked.manifest, picked.class_names
    counts = dict(zip(theirs, np.bincount(picked.labels, minlength=len(theirs)).tolist(), strict=True))
    known = picked.rows[np.isin(table.label[picked.rows], class_names)]

    def n_in(*splits: str) -> int:
        known_there = own.content_hash[np.isin(own.split, splits)] if own is not None else ()
        return int(np.isin(table.content_hash[known], known_there).sum())

    return Matching(
        source=source,
        n_scored=len(known),
        unknown={name: n for name, n in counts.items() if name not in class_names},
        missing=tuple(name for name in class_names if not counts.get(name)),
        n_unreadable=int(np.isin(table.status, ("unreadable", "too large")).sum()),
        n_learned_from=n_in("train", "valid"),
        n_of_test=n_in("test"),
    )


def _pick(spec: DataSpec, *, geometry: Geometry | None = None, progress: Progress) -> _Picked:
    source, chosen = open_source(spec, progress=progress)
    cache = cache_folder() / "packs"
    pack = open_pack(source, size=spec.size or None, fit=spec.fit, geometry=geometry, cache=cache, progress=progress)
    unknown = [name for name in chosen if name not in pack.class_names]
    if unknown:
        raise DataError(
            f"{source.name} has no class {unknown[0]!r}; its classes are {listed(list(pack.class_names), 20)}."
        )
    class_names = chosen or pack.class_names
    table = marking.select_classes(pack.manifest, class_names) if chosen else pack.manifest
    kept = np.isin(table.label[pack.rows], class_names)
    rows = pack.rows[kept]
    index = {name: i for i, name in enumerate(class_names)}
    labels = np.array([index[name] for name in table.label[rows].tolist()], dtype=np.int64)
    pixels = torch.from_numpy(np.flatnonzero(kept))
    return _Picked(pack=pack, manifest=table, class_names=class_names, rows=rows, pixels=pixels, labels=labels)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Part:
    data: Dataset
    rows: npt.NDArray[np.int64]


def _dataset(picked: _Picked, table: Manifest, positions: npt.NDArray[np.int64]) -> _Part:
    rows = picked.rows[positions]
    data = Dataset(
        pixels=picked.pack.images,
        rows=picked.pixels[torch.from_numpy(positions)],
        labels=torch.from_numpy(picked.labels[positions]),
        class_names=picked.class_names,
        ids=table.id[rows],
        groups=table.group[rows],
    )
    return _Part(data=data, rows=rows)


def _refuse_too_few_classes(
    labels: npt.NDArray[np.int64], class_names: Sequence[str], name: str, *, when: str = "", advice: str = ""
) -> None:
    """Refuse data with which there is nothing to tell apart.

    Args:
        labels: (n,) int64, of the pictures that are left.
        class_names: All classes.
        name: What the user called the source.
        when: What was left out before, for the message.
        advice: What else helps than another class.
    """
    present = np.unique(labels)
    if len(class_names) >= 2 and len(present) >= 2:
        return
    also = "add a folder for another class"
    if len(class_names) < 2:
        have = f"there is only {class_names[0]!r}"
    elif len(present):
        have = f"only {class_names[int(present[0])]!r} has any"
    else:
        have, also = f"none of {listed(list(class_names))} has any", "put pictures there"
    raise DataError(f"{name} should have pictures of at least two classes; {when}{have}; {advice}{also}.")
