"""Turning torchvision's data sets into sources: their files where it names them, else arrays or encoded items."""

import io
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from operator import index
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from linnet.datasets.base import ArraySource, Item, Source
from linnet.datasets.sources.files import FileSource, seal
from linnet.datasets.sources.reading import FolderReader
from linnet.errors import DataError, UnreadableImageError
from linnet.records.manifest import texts_of

Parts = dict[str, Any]
"""torchvision's object for each split; "" where there is one without a split."""

_LABELS = ("targets", "labels", "_labels", "y")
_PAIRS = ("samples", "_samples", "imgs")
_FILES = ("_image_files", "_images", "imgs", "data")
_NAMES = ("classes", "categories", "all_categories", "class_to_idx")
_PNG_MODES = ("1", "L", "LA", "RGB", "RGBA", "P", "I;16")
_MOST_BYTES = 4 << 30
"""Arrays up to this size are held in memory; beyond, items are encoded one by one."""


def as_source(name: str, root: Path, parts: Parts, messages: tuple[str, ...] = ()) -> Source | ArraySource:
    """Make a source of torchvision's objects.

    Args:
        name: As users write it.
        root: The folder that the objects were made with.
        parts: {split: object}.
        messages: What the user should know.

    Raises:
        DataError: the items are not pictures with one whole number each.
    """
    labels = {split: found for split, part in parts.items() if (found := _labels(part)) is not None}
    without = [split for split in parts if split not in labels]
    if not labels:
        raise DataError(
            f"{name} should give a picture and a class number; torchvision gives something else, so choose another set."
        )
    kept = {split: parts[split] for split in labels}
    messages += tuple(f"The {split} split of {name} has no labels and is left out." for split in without)
    class_names = _class_names(kept, labels)
    paths = {split: _paths(part) for split, part in kept.items()}
    if all(found is not None for found in paths.values()):
        entries = [
            (split, path, class_names[label])
            for split, found in paths.items()
            for path, label in zip(found or (), labels[split], strict=True)
        ]
        return FilesSource(name, root, entries, class_names=class_names, messages=messages)
    images = _images(kept)
    if images is None:
        return ItemsSource(name, root, kept, labels, class_names=class_names, messages=messages)
    return ArraySource(
        name=name,
        images=images,
        labels=np.concatenate([np.array(found, np.int64) for found in labels.values()]),
        splits=texts_of([split for split, found in labels.items() for _ in found]),
        class_names=class_names,
        messages=messages,
    )


class FilesSource(FileSource):
    """Files that torchvision lists, read by Linnet as any other files.

    Args:
        name: As users write it.
        root: Where ids start from.
        entries: (split, path, class name).
        class_names: In torchvision's order.
        messages: What the user should know.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        entries: Sequence[tuple[str, Path, str]],
        *,
        class_names: tuple[str, ...],
        messages: tuple[str, ...] = (),
    ) -> None:
        self._name, self._root = name, root
        self._class_names, self._messages = class_names, messages
        self._paths: dict[str, str] = {}
        items: list[Item] = []
        for split, path, label in entries:
            relative = Path(os.path.relpath(path, root)).as_posix()
            item_id = relative if relative not in self._paths else f"{split}/{relative}#{len(items)}"
            self._paths[item_id] = relative
            items.append(Item(id=item_id, label=label, split=split))
        self._items = tuple(items)

    @property
    def name(self) -> str:
        """What the user called it."""
        return self._name

    @property
    def class_names(self) -> tuple[str, ...]:
        """Every class, in torchvision's order."""
        return self._class_names

    def fingerprint(self) -> str:
        """Hash paths, sizes and times of change of all listed files."""
        return seal(_stats(self._root / path for path in self._paths.values()), self._name, self._items)

    def items(self) -> tuple[Item, ...]:
        """List the files in torchvision's order."""
        return self._items

    def messages(self) -> tuple[str, ...]:
        """Say what the user should know."""
        return self._messages

    def reader(self) -> FolderReader:
        """Return what fetches the files."""
        return FolderReader(self._root.resolve(), {i: path for i, path in self._paths.items() if i != path})


class ItemsSource(Source):
    """Items that only torchvision can read, encoded again without loss.

    Args:
        name: As users write it.
        root: The folder that they come from.
        parts: {split: torchvision's object}.
        labels: {split: class numbers}.
        class_names: In torchvision's order.
        messages: What the user should know.
    """

    def __init__(
        self,
        name: str,
        root: Path,
        parts: Parts,
        labels: Mapping[str, Sequence[int]],
        *,
        class_names: tuple[str, ...],
        messages: tuple[str, ...] = (),
    ) -> None:
        self._name, self._root, self._parts = name, root, parts
        self._labels = labels
        self._class_names, self._messages = class_names, messages

    @property
    def name(self) -> str:
        """What the user called it."""
        return self._name

    @property
    def class_names(self) -> tuple[str, ...]:
        """Every class, in torchvision's order."""
        return self._class_names

    def fingerprint(self) -> str:
        """Hash paths, sizes and times of change of everything in the folder."""
        return seal(_stats(sorted(self._root.rglob("*"))), self._name, self._class_names)

    def items(self) -> tuple[Item, ...]:
        """List the items in torchvision's order, numbered within their split."""
        return self._items

    @cached_property
    def _items(self) -> tuple[Item, ...]:
        return tuple(
            Item(id=f"{split or 'all'}/{i:05d}", label=self._class_names[label], split=split)
            for split, found in self._labels.items()
            for i, label in enumerate(found)
        )

    def messages(self) -> tuple[str, ...]:
        """Say what the user should know."""
        return self._messages

    def read(self, item: Item, *, limit: int) -> bytes:
        """Encode one item as PNG; see `Source.read`."""
        split, _, number = item.id.partition("/")
        data = io.BytesIO()
        try:
            image, _ = self._parts[split if split in self._parts else ""][int(number)]
            (image if image.mode in _PNG_MODES else image.convert("RGB")).save(data, "PNG", compress_level=1)
        except (OSError, ValueError, SyntaxError) as error:
            raise UnreadableImageError(f"torchvision cannot read it: {error}") from None
        if data.tell() > limit:
            raise UnreadableImageError(f"{data.tell():,} bytes, more than {limit:,}", status="too large")
        return data.getvalue()


def _labels(part: Any) -> list[int] | None:
    """Return an object's class numbers, without reading pictures where it lists them; None where it has none."""
    try:
        for found in _candidate_labels(part):
            # what an attribute of that name means is checked against two items
            if all(index(part[i][1]) == found[i] for i in (0, -1 + len(found))):
                return found
        found = [index(part[i][1]) for i in range(len(part))]
    except (TypeError, ValueError, IndexError):
        return None
    return found if found and min(found) >= 0 else None


def _candidate_labels(part: Any) -> Iterator[list[int]]:
    for name in _LABELS:
        values = getattr(part, name, None)
        if values is not None and len(values) == len(part) > 0 and np.ndim(values) == 1:
            yield [index(value) for value in values]
    for name in (*_PAIRS, "index"):
        values = getattr(part, name, None)
        if isinstance(values, list) and len(values) == len(part) > 0 and isinstance(values[0], tuple):
            column = 0 if name == "index" else 1  # INaturalist lists (class, file name)
            yield [index(value[column]) for value in values]


def _paths(part: Any) -> list[Path] | None:
    """Return the files of an object's items, where it lists them."""
    for name in (*_PAIRS, *_FILES):
        values = getattr(part, name, None)
        if not isinstance(values, list) or len(values) != len(part) or not values:
            continue
        paths = [value[0] if isinstance(value, tuple) else value for value in values]
        if all(isinstance(path, str | Path) for path in paths) and Path(paths[0]).is_file():
            return [Path(path) for path in paths]
    return None


def _class_names(parts: Parts, labels: Mapping[str, Sequence[int]]) -> tuple[str, ...]:
    """Return the names that an object has for all its numbers, or else the numbers; equal names get a number each."""
    n_classes = 1 + max(max(found) for found in labels.values())
    for part in parts.values():
        for attribute in _NAMES:
            names = [", ".join(name) if isinstance(name, tuple) else str(name) for name in getattr(part, attribute, ())]
            if len(names) >= n_classes:
                return tuple(
                    f"{name} ({names[:i].count(name) + 1})" if name in names[:i] else name
                    for i, name in enumerate(names)
                )
    return tuple(str(i) for i in range(n_classes))


def _images(parts: Parts) -> npt.NDArray[np.uint8] | None:
    """Return all items as (n, c, h, w), or None where they differ in size or are too many."""
    first = np.asarray(next(iter(parts.values()))[0][0])
    n = sum(len(part) for part in parts.values())
    if first.dtype != np.uint8 or first.ndim not in (2, 3) or n * first.size > _MOST_BYTES:
        return None
    images = np.empty((n, *first.shape), np.uint8)
    row = 0
    for part in parts.values():
        for i in range(len(part)):
            image = np.asarray(part[i][0])
            if image.shape != first.shape or image.dtype != np.uint8:
                return None
            images[row] = image
            row += 1
    if images.ndim == 3:
        return images[:, None]
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2)) if images.shape[3] in (1, 3) else None


def _stats(paths: Any) -> Iterator[tuple[str, os.stat_result]]:
    for path in paths:
        try:
            yield str(path), path.stat()
        except OSError:
            continue  # gone: the fingerprint differs by its absence
