"""Small corrections of a division: moving few sides so that no class is missing in a part or far from its share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_MISSING = 1e6
"""What it costs that a class is missing in a part; being far from a share costs fractions of the class."""
_SLACK = 0.01
"""Share of a class's pictures by which a part may be off besides one side; only sides of several classes need it."""
_MOST_ROUNDS = 16
_MOST_CANDIDATES = 48


@dataclass(frozen=True, eq=False, kw_only=True)
class Entries:
    """Hold what each side has of each class, one entry for every pair with pictures, sorted by side.

    Attributes:
        side: (e,) int64, 0 .. s-1, ascending.
        label: (e,) int64, 0 .. k-1.
        count: (e,) int64, pictures, at least 1.
        pinned: (s,) bool, sides that stay in the first part.
    """

    side: Positions
    label: Positions
    count: Positions
    pinned: npt.NDArray[np.bool_]

    @property
    def n_classes(self) -> int:
        """k, also counting classes without pictures below the largest label."""
        return int(self.label.max(initial=-1)) + 1


class Balance:
    """Keep count of what each part has of each class while sides move.

    Args:
        part: (s,) int64, the part of each side; changed in place by `move`.
        entries: What each side has.
        shares: (p,) float, sum 1.
    """

    def __init__(self, part: Positions, entries: Entries, shares: Floats) -> None:
        k = entries.n_classes
        self.part = part
        self._entries = entries
        self._starts = np.searchsorted(entries.side, np.arange(len(part) + 1))
        self.filled = np.zeros((len(shares), k))
        np.add.at(self.filled, (part[entries.side], entries.label), entries.count)
        self.wanted = shares[:, None] * self.filled.sum(0)
        self._allowed = np.zeros(k)
        np.maximum.at(self._allowed, entries.label, entries.count)  # the biggest side of each class
        self._allowed += _SLACK * self.filled.sum(0) + 1e-9
        self.can_be_everywhere = np.bincount(entries.label, minlength=k) >= len(shares)
        self._by_class = np.argsort(entries.label, kind="stable")
        self._class_starts = np.searchsorted(entries.label[self._by_class], np.arange(k + 1))

    def movable(self, label: int) -> list[int]:
        """Return sides that have pictures of a class and may be moved, in order."""
        at = self._by_class[self._class_starts[label] : self._class_starts[label + 1]]
        sides = self._entries.side[at]
        return [int(side) for side in sides[~self._entries.pinned[sides]][:_MOST_CANDIDATES]]

    def costs(self, labels: Positions) -> Floats:
        """Weigh what is wrong with each of some classes: missing in a part above all, then pictures beyond one side."""
        filled, wanted = self.filled[:, labels], self.wanted[:, labels]
        beyond = np.maximum(np.abs(filled - wanted) - self._allowed[labels], 0)
        missing = (filled <= 0) & self.can_be_everywhere[labels]
        cost: Floats = (beyond / np.maximum(filled.sum(0), 1) + _MISSING * missing).sum(0)
        return cost

    def gain(self, side: int, target: int) -> float:
        """Return how much cost a move would save; negative for a loss."""
        labels = self._entries.label[self._starts[side] : self._starts[side + 1]]
        source = int(self.part[side])
        before = self.costs(labels).sum()
        self._shift(side, source, target)
        after = self.costs(labels).sum()
        self._shift(side, target, source)
        return float(before - after)

    def move(self, side: int, target: int) -> None:
        """Put a side into another part."""
        self._shift(side, int(self.part[side]), target)
        self.part[side] = target

    def _shift(self, side: int, source: int, target: int) -> None:
        here = slice(self._starts[side], self._starts[side + 1])
        self.filled[source, self._entries.label[here]] -= self._entries.count[here]
        self.filled[target, self._entries.label[here]] += self._entries.count[here]


def repair(part: Positions, entries: Entries, shares: Floats) -> list[int]:
    """Move sides until every class is in every part and close to its share, as far as single moves get.

    Args:
        part: (s,) int64, changed in place.
        entries: What each side has.
        shares: (p,) float, sum 1.

    Returns:
        Classes that have as many sides as there are parts, and are missing in one all the same.
    """
    balance = Balance(part, entries, shares)
    everything = np.arange(entries.n_classes)
    for _ in range(_MOST_ROUNDS):
        wrong = np.flatnonzero(balance.costs(everything) > 0).tolist()
        improved = [_improve(balance, label) for label in wrong]
        if not any(improved):
            break
    return np.flatnonzero(balance.can_be_everywhere & np.any(balance.filled <= 0, axis=0)).tolist()


def _improve(balance: Balance, label: int) -> bool:
    """Make the move of one of the class's sides that saves most, the first of equals; tell whether there was one."""
    moves = [
        (balance.gain(side, target), -side, -target)
        for side in balance.movable(label)
        for target in range(len(balance.filled))
        if target != balance.part[side]
    ]
    saved, side, target = max(moves, default=(0.0, 0, 0))
    if saved <= 0:
        return False
    balance.move(-side, -target)
    return True
