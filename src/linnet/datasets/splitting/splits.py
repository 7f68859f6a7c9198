"""Splits and folds as pure functions of labels, content and seed; nothing here reads a picture or moves a given split.

How a class is divided: its sides (what must stay together) are put in an order by chance, which only their content and
the seed decide, and laid end to end, each as long as it has pictures. The line is cut at the wanted fractions, and a
side goes where a chosen point of it lies. So no split gets more than one side too much or too little of the class;
the order of the files plays no part; and one more picture moves the cuts by a fraction of a picture only, so nearly
everything stays where it was.

A side with pictures of several classes lies on the line of the one it has most of. Afterwards sides are moved, as few
as will do, until every class with enough sides is in every part, and none is further from its share than one side.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linnet.datasets.splitting.repair import Entries, repair
from linnet.datasets.splitting.sides import join_sides
from linnet.errors import ConfigError, DataError
from linnet.records.manifest import SPLITS, Texts, texts_of
from linnet.seeds import derive
from linnet.words import count

Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_GOLDEN = 0.6180339887498949


def assign(
    labels: Positions,
    sides: Positions,
    hashes: Texts,
    *,
    fractions: Mapping[str, float],
    seed: int,
    class_names: Sequence[str] = (),
    stay: npt.NDArray[np.bool_] | None = None,
) -> Texts:
    """Divide pictures into splits, stratified, without parting sides or equal content.

    Args:
        labels: (n,) int64, 0 .. k-1.
        sides: (n,) int64, equal numbers stay together.
        hashes: (n,) str, content hashes; equal ones stay together too.
        fractions: {split: share}, shares above zero that sum to 1.
        seed: Another seed, another split.
        class_names: For messages.
        stay: (n,) bool, pictures that must be in the first split of `fractions`, with all of their sides: those with
            a copy in a split that is given already. None: no such pictures.

    Returns:
        (n,) str, one of the keys of `fractions` each.

    Raises:
        ConfigError: fractions that are none, or an unknown split.
        DataError: a class has fewer sides than there are splits, or cannot be in all of them.
    """
    _check_fractions(fractions)
    names = list(fractions)
    table = _tabulate(labels, join_sides(hashes, sides), hashes, seed, stay)
    shares = np.array([fractions[name] for name in names])
    part = _divide(table, shares, _Words("splits", class_names, labels))
    return texts_of(names)[part[table.side]]


def folds(
    labels: Positions,
    sides: Positions,
    hashes: Texts,
    *,
    n_folds: int,
    seed: int,
    class_names: Sequence[str] = (),
) -> Positions:
    """Divide pictures into folds of equal size, stratified, without parting sides or equal content.

    Args:
        labels: (n,) int64, 0 .. k-1.
        sides: (n,) int64, equal numbers stay together.
        hashes: (n,) str, content hashes; equal ones stay together too.
        n_folds: At least 2.
        seed: Another seed, other folds.
        class_names: For messages.

    Returns:
        (n,) int64, 0 .. n_folds-1.

    Raises:
        ConfigError: fewer than 2 folds.
        DataError: a class has fewer sides than there are folds, or cannot be in all of them.
    """
    if n_folds < 2:
        raise ConfigError(f"Folds want to be 2 or more; they are {n_folds}.")
    table = _tabulate(labels, join_sides(hashes, sides), hashes, seed)
    part = _divide(table, np.full(n_folds, 1 / n_folds), _Words("folds", class_names, labels))
    return part[table.side]


@dataclass(frozen=True, eq=False)
class _Table:
    """Hold sides, numbered in their order by chance.

    Attributes:
        side: (n,) int64, the side of each picture, 0 .. s-1.
        entries: What each side has of each class.
        dither: (k,) float in [0, 1), which point of a side of a class decides.
    """

    side: Positions
    entries: Entries
    dither: Floats


@dataclass(frozen=True, eq=False)
class _Words:
    """Hold what a message needs."""

    parts: str
    class_names: Sequence[str]
    labels: Positions

    def refuse(self, label: int, n_sides: int, n_parts: int) -> DataError:
        """Say that a class has too few sides, or that they cannot be divided."""
        name = self.class_names[label] if self.class_names else str(label)
        n = int(np.sum(self.labels == label))
        counted = count(n, "picture")
        if n_sides != n:
            counted += f" in {count(n_sides, 'group')} of pictures that belong together"
        advice = "add pictures, leave the class out, or give the splits yourself"
        if n_sides >= n_parts:
            return DataError(
                f"Each class should be in all {n_parts} {self.parts}; class {name!r} with its {counted}, shared with "
                f"other classes, could not be divided so; {advice}."
            )
        return DataError(
            f"A class needs at least {n_parts} pictures for {n_parts} {self.parts}; "
            f"class {name!r} has {counted}; {advice}."
        )


def _check_fractions(fractions: Mapping[str, float]) -> None:
    unknown = [name for name in fractions if name not in SPLITS]
    if unknown or not fractions:
        raise ConfigError(f"Fractions want the splits {', '.join(SPLITS)}; they name {', '.join(unknown) or 'none'}.")
    total = sum(fractions.values())
    if min(fractions.values()) <= 0 or abs(total - 1) > 1e-6:
        raise ConfigError(f"Fractions of splits should be above 0 and sum to 1; they are {dict(fractions)}.")


def _tabulate(
    labels: Positions, sides: Positions, hashes: Texts, seed: int, stay: npt.NDArray[np.bool_] | None = None
) -> _Table:
    n_sides = int(sides.max(initial=-1)) + 1
    order = np.argsort(hashes, kind="stable")[::-1]
    smallest = np.empty(n_sides, dtype=object)
    smallest[sides[order]] = hashes[order]  # where a side occurs several times, what is written last stays
    salt = hashlib.sha256(str(derive(seed, "splits")).encode())
    place = np.empty(n_sides, np.int64)
    place[np.argsort([_key(salt, text) for text in smallest.tolist()])] = np.arange(n_sides)
    side = place[sides]
    k = int(labels.max(initial=-1)) + 1
    entries, count = np.unique(side * k + labels, return_counts=True)
    pinned = np.zeros(n_sides, np.bool_)
    if stay is not None:
        pinned[side[stay]] = True
    # Another point in each class, evenly spread over the classes: what is rounded up and down cancels over all of them.
    start = derive(seed, "dither") / 2**63
    dither = np.array([(start + _GOLDEN * label) % 1 for label in range(k)])
    held = Entries(side=entries // max(1, k), label=entries % max(1, k), count=count, pinned=pinned)
    return _Table(side, held, dither)


def _key(salt: "hashlib._Hash", text: str) -> bytes:
    key = salt.copy()
    key.update(text.encode())
    return key.digest()


def _divide(table: _Table, shares: Floats, words: _Words) -> Positions:
    """Give each side a part: 0 .. p-1, with the shares given."""
    n_sides = np.bincount(table.entries.label, minlength=table.entries.n_classes).tolist()
    for label, n in enumerate(n_sides):
        if 0 < n < len(shares):
            raise words.refuse(label, n, len(shares))
    part = _cut(table, shares)
    for label in repair(part, table.entries, shares):
        raise words.refuse(label, n_sides[label], len(shares))
    return part


def _cut(table: _Table, shares: Floats) -> Positions:
    """Lay the sides of each class end to end and cut the lines; pinned ones come last, where the first part is."""
    held = table.entries
    n_sides = len(held.pinned)
    sizes = np.bincount(held.side, weights=held.count, minlength=n_sides)
    # The class that a side has most of; between equals the one with fewer pictures in all, then the smaller label.
    totals = np.bincount(held.label, weights=held.count)
    ranked = np.lexsort((held.label, totals[held.label], -held.count, held.side))
    home = held.label[ranked[np.unique(held.side[ranked], return_index=True)[1]]]
    line_order = np.lexsort((np.arange(n_sides), held.pinned, home))
    part = np.empty(n_sides, np.int64)
    cuts = np.cumsum(shares[::-1])[:-1]
    for line in np.split(line_order, np.flatnonzero(np.diff(home[line_order])) + 1):
        if len(line):
            size = sizes[line]
            point = np.cumsum(size) - size * table.dither[home[line[0]]]
            part[line] = len(shares) - 1 - np.searchsorted(cuts * size.sum(), point, side="right")
    part[held.pinned] = 0
    return part
