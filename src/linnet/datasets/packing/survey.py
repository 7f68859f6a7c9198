"""What a set's headers tell together: the geometry that suits all its pictures, and the facts for the report."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from linnet.datasets.base import Item
from linnet.datasets.packing.decoding import Outcome
from linnet.datasets.sources.naming import suffix_of
from linnet.images import DECODING, Facts, Fit, Geometry

LARGEST = 224
"""Pixels of a side. Sets of one size up to this are kept as they are; others become squares no larger than this."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Say what shapes the pixels of a pack besides the files.

    Attributes:
        size: Pixels of a square's side; None: chosen by the pictures.
        fit: What to do with other shapes.
        geometry: What pictures must be brought to, because a model was trained on it; the others are then not asked.
    """

    size: int | None
    fit: Fit
    geometry: Geometry | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the pictures have no say in their size."""
        return self.size is not None or self.geometry is not None

    def seal(self) -> str:
        """Name all that shapes the pixels, for the cache."""
        return f"{DECODING} size={self.size} fit={self.fit} geometry={self.geometry}"


def choose_geometry(pictures: Sequence[Facts], wanted: Wanted) -> Geometry:
    """Choose what pictures are brought to.

    Args:
        pictures: Of all pictures, at least one.
        wanted: A size, if the user wants one, and what to do with other shapes.

    Returns:
        The size that all pictures have, if that is one and at most `LARGEST`; else a square with the side that the
        pictures' shorter sides have in the middle, rounded to a multiple of 8, from 8 to `LARGEST`. One channel if
        all pictures are gray, else three.
    """
    if wanted.geometry is not None:
        return wanted.geometry
    channels = max(facts.channels for facts in pictures)
    sizes = {(facts.height, facts.width) for facts in pictures}
    if wanted.size is None and len(sizes) == 1 and max(next(iter(sizes))) <= LARGEST:
        height, width = next(iter(sizes))
        return Geometry(channels=channels, height=height, width=width, fit=wanted.fit)
    middle = median(min(facts.height, facts.width) for facts in pictures)
    side = wanted.size if wanted.size is not None else min(LARGEST, max(8, 8 * int(middle / 8 + 0.5)))
    return Geometry(channels=channels, height=side, width=side, fit=wanted.fit)


def summarize(items: Sequence[Item], outcomes: Sequence[Outcome | None]) -> dict[str, Any]:
    """Count what was found in the files, as plain JSON values.

    Args:
        items: Everything that the source lists.
        outcomes: What became of each; None for those that were not looked at.

    Returns:
        Numbers of files and pictures, formats, modes, extensions (seen, used, ignored), sizes, and how many are
        rotated, animated, transparent or deeper than 8 bits.
    """
    pictures = Counter(outcome.facts for outcome in outcomes if outcome is not None and outcome.facts is not None)
    return {
        "n_files": len(items),
        "n_pictures": pictures.total(),
        "n_bytes": sum(item.size for item in items if item.size > 0),
        "formats": _counted(pictures, lambda facts: facts.format),
        "modes": _counted(pictures, lambda facts: facts.mode),
        "extensions": _extensions(items, outcomes),
        **size_facts(_totals(pictures, lambda facts: (facts.height, facts.width))),
        "n_rotated": sum(n for facts, n in pictures.items() if facts.rotated),
        "n_animated": sum(n for facts, n in pictures.items() if facts.frames),
        "n_transparent": sum(n for facts, n in pictures.items() if facts.transparent),
        "n_deep": sum(n for facts, n in pictures.items() if facts.deep),
    }


def size_facts(sizes: "Counter[tuple[int, int]]") -> dict[str, Any]:
    """Describe original sizes: smallest, middle and largest side, and the most common sizes.

    Args:
        sizes: How many pictures have each (height, width); at least one.
    """
    return {
        "height": _spread_of([height for height, _ in sizes.elements()]),
        "width": _spread_of([width for _, width in sizes.elements()]),
        "n_sizes": len(sizes),
        "common_sizes": [{"height": h, "width": w, "n": n} for (h, w), n in _ranked(sizes)[:5]],
    }


def _spread_of(sides: list[int]) -> dict[str, float]:
    return {"min": min(sides), "median": median(sides), "max": max(sides)}


def _ranked(counts: "Counter[Any]") -> list[tuple[Any, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def _totals(pictures: "Counter[Facts]", key: Callable[[Facts], Any]) -> "Counter[Any]":
    totals: Counter[Any] = Counter()
    for facts, n in pictures.items():
        totals[key(facts)] += n
    return totals


def _counted(pictures: "Counter[Facts]", key: Callable[[Facts], str]) -> dict[str, int]:
    return dict(_ranked(_totals(pictures, key)))


def _extensions(items: Sequence[Item], outcomes: Sequence[Outcome | None]) -> dict[str, dict[str, int]]:
    found: Counter[tuple[str, str]] = Counter(
        (suffix_of(item.id), outcome.status if outcome else "ignored")
        for item, outcome in zip(items, outcomes, strict=True)
    )
    counts = {suffix: {"seen": 0, "used": 0, "ignored": 0} for suffix, _ in sorted(found)}
    for (suffix, status), n in found.items():
        counts[suffix]["seen"] += n
        if status in counts[suffix]:
            counts[suffix][status] += n
    return counts
