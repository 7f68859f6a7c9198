"""What became of every file or picture of a data source: one row each, in the order in which they were found."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from linnet.errors import RunError
from linnet.records.files import read_csv, write_csv

STATUSES = ("used", "duplicate", "conflicting", "ignored", "unreadable", "too large")
"""The words of the status column; the first three are pictures that could be read."""

SPLITS = ("train", "valid", "test")
"""The words of the split column; an empty field means that the row belongs to no split, so nothing uses it."""

Texts = npt.NDArray[np.str_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Manifest:
    """Hold one column per fact, all of the same length.

    Attributes:
        id: (n,) str, unique: the path inside the source with forward slashes, or "train/00042" for array sets.
        label: (n,) str, the class name; empty where a file has none.
        split: (n,) str, one of `SPLITS` or empty: not part of the data.
        fold: (n,) int64, 0 .. folds-1; -1 where no folds were made or the row is in none.
        group: (n,) str, what must stay on one side; empty where none was given.
        content_hash: (n,) str, hexadecimal SHA-256 of the file's bytes (array sets: of the pixels); empty if unread.
        status: (n,) str, one of `STATUSES`.
        reason: (n,) str, why the status is not "used", or what is worth knowing of a used one.
    """

    id: Texts
    label: Texts
    split: Texts
    fold: npt.NDArray[np.int64]
    group: Texts
    content_hash: Texts
    status: Texts
    reason: Texts

    def __post_init__(self) -> None:
        lengths = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(lengths.values())) != 1:
            raise RunError(f"A manifest's columns must be equally long; they have {lengths} entries.")

    def __len__(self) -> int:
        return len(self.id)

    def rows(self, *, split: str) -> npt.NDArray[np.int64]:
        """Return the positions of a split's rows, ascending, as (m,) int64."""
        return np.flatnonzero(self.split == split)

    def take(self, positions: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Self:
        """Return a manifest of some rows, in the order given."""
        return replace(self, **{field.name: getattr(self, field.name)[positions] for field in fields(self)})

    def counts(self) -> dict[str, int]:
        """Count the rows of each status that occurs, in the order of `STATUSES`."""
        return {status: n for status in STATUSES if (n := int(np.sum(self.status == status)))}

    def class_counts(self, class_names: Sequence[str]) -> dict[str, dict[str, int]]:
        """Count the rows of each split and class: {split: {class name: n}}, splits that occur only, all classes."""
        return {
            split: {name: int(np.sum((self.split == split) & (self.label == name))) for name in class_names}
            for split in SPLITS
            if np.any(self.split == split)
        }

    def write(self, path: Path) -> None:
        """Write the manifest as CSV, atomically; a fold of -1 becomes an empty field."""
        names = [field.name for field in fields(self)]
        columns = [getattr(self, name).tolist() for name in names]
        columns[names.index("fold")] = ["" if fold < 0 else fold for fold in self.fold.tolist()]
        write_csv(path, names, zip(*columns, strict=True))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a manifest back.

        Raises:
            RunError: the file is missing, damaged, or has other columns.
        """
        header, rows = read_csv(path)
        names = [field.name for field in fields(cls)]
        if header != names:
            raise RunError(f"{path} should have the columns {', '.join(names)}; it has {', '.join(header)}.")
        columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
        texts = {name: texts_of(column) for name, column in columns.items() if name != "fold"}
        try:
            fold = np.array([int(value) if value else -1 for value in columns["fold"]], dtype=np.int64)
        except ValueError as error:
            raise RunError(f"{path} has a fold that is no whole number ({error}).") from None
        return cls(fold=fold, **texts)


def texts_of(values: Sequence[str]) -> Texts:
    """Make a (n,) str array, also of no values at all."""
    return np.array(values, dtype=np.str_) if len(values) else np.zeros(0, dtype="<U1")
