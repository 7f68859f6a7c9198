"""The pictures behind the cells of the confusion matrices, as a page holds them: each one once, cells by number."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from linnet.records.pictures import image_name
from linnet.records.predictions import Predictions
from linnet.reports.choices import explained_wanted
from linnet.reports.dealing import cells_of, cells_with_pictures, deal
from linnet.reports.evidence import Evidence
from linnet.words import chance

PAGE_BYTES = 2_900_000
"""Of all picture files in a page, where they take a third more; cells get what the other sections leave."""
LEAST_BYTES = 400_000
"""Cells get so much in any case."""
MAX_SHOWN = 48
"""Pictures of a cell."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Hold a picture in a cell.

    Attributes:
        number: Of the picture, in `Galleries.ids`.
        probability: That the rung gave to what it said.
        truth_probability: That it gave to the truth.
    """

    number: int
    probability: float
    truth_probability: float

    @property
    def said(self) -> str:
        """The probability of what was said, in the words of the rest of the page."""
        return chance(self.probability)

    @property
    def truth_said(self) -> str:
        """The probability of the truth, likewise."""
        return chance(self.truth_probability)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """Hold what stands behind a cell: `n` pictures, of which some are shown, the most confident one first."""

    truth: int
    prediction: int
    n: int
    shown: tuple[Shown, ...]


@dataclass(frozen=True, kw_only=True)
class Galleries:
    """Hold the pictures behind the cells of all rungs.

    Attributes:
        class_names: In order.
        ids: Of the pictures.
        pictures: Their names in the run, in the same order.
        inline: Names of those that stand in the page anyway, as examples of some rung.
        cells: {rung: its cells with pictures}.
    """

    class_names: tuple[str, ...]
    ids: tuple[str, ...]
    pictures: tuple[str, ...]
    inline: tuple[str, ...]
    cells: dict[str, tuple[Cell, ...]]

    def keys(self, rung: str) -> dict[tuple[str, str], str]:
        """Name the cells of a rung that have pictures: {(truth, prediction): key in the page}."""
        names = self.class_names
        return {(names[cell.truth], names[cell.prediction]): _key(cell) for cell in self.cells.get(rung, ())}

    @property
    def numbers(self) -> dict[str, int]:
        """{name of a picture that stands in the page anyway: its number here}."""
        return {name: number for number, name in enumerate(self.pictures) if name in self.inline}

    def as_json(self, uri: Callable[[str], str]) -> str:
        """Write everything as JSON that may stand in a script element; what is in the page anyway has no address here.

        Args:
            uri: Turns the name of a picture into its address.
        """
        rungs = {
            rung: {
                _key(cell): [cell.n, [[one.number, one.said, one.truth_said] for one in cell.shown]] for cell in cells
            }
            for rung, cells in self.cells.items()
        }
        data = [None if name in self.inline else uri(name) for name in self.pictures]
        return for_script({"names": self.class_names, "ids": self.ids, "data": data, "rungs": rungs})


def _key(cell: Cell) -> str:
    return f"{cell.truth}-{cell.prediction}"


def for_script(value: Any) -> str:
    """Write JSON for the inside of a script element: nothing in it can end the element or begin a comment."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))  # and so no U+2028 stands in it
    return text.replace("&", r"\u0026").replace("<", r"\u003c").replace(">", r"\u003e")


def describe_galleries(evidence: Evidence) -> Galleries:
    """Gather the pictures of every cell, as far as they were kept and the page can carry them."""
    predictions = {rung: evidence.predictions[rung] for rung in evidence.rungs if rung in evidence.predictions}
    _, own = explained_wanted(predictions)
    examples = [name for images in own.values() for image in images if (name := evidence.picture(image))]
    ids = _affordable(predictions, evidence.pictures, examples)
    number = {image: i for i, image in enumerate(ids)}
    return Galleries(
        class_names=next((found.class_names for found in predictions.values()), ()),
        ids=tuple(ids),
        pictures=tuple(image_name(image) for image in ids),
        inline=tuple(dict.fromkeys(examples)),
        cells={rung: tuple(_cells(found, number)) for rung, found in predictions.items()},
    )


def _affordable(
    predictions: Mapping[str, Predictions], pictures: Mapping[str, bytes], examples: Sequence[str]
) -> list[str]:
    """Take pictures in the order in which they are dealt, while the page can carry them."""
    seen = {image for found in predictions.values() for image in found.ids.tolist()}
    names = {image_name(image) for image in seen}
    kept = [image for image in seen if image_name(image) in pictures]
    others = sum(len(data) for name, data in pictures.items() if name not in names)
    room = (
        PAGE_BYTES - others - sum(len(pictures[name]) for name in examples)
    )  # each rung shows its own, repeated or not
    free = set(examples)
    dealt = deal(predictions, len(kept), among=kept)
    weights = np.cumsum([0 if (name := image_name(image)) in free else len(pictures[name]) for image in dealt])
    return dealt[: int(np.sum(weights <= max(room, LEAST_BYTES)))]


def _cells(predictions: Predictions, number: Mapping[str, int]) -> list[Cell]:
    """List a rung's cells that have pictures, in the order of their importance."""
    k, chances = len(predictions.class_names), predictions.probabilities
    cells, confidence = cells_of(predictions), chances.max(axis=1)
    here = np.array([image in number for image in predictions.ids.tolist()], dtype=bool)
    found = []
    for cell in cells_with_pictures(predictions):
        members = cells == cell
        rows = np.flatnonzero(members & here)
        rows = rows[np.argsort(-confidence[rows], kind="stable")][:MAX_SHOWN]
        shown = tuple(
            Shown(
                number=number[str(predictions.ids[i])],
                probability=float(confidence[i]),
                truth_probability=float(chances[i, cell // k]),
            )
            for i in rows
        )
        if shown:
            found.append(Cell(truth=cell // k, prediction=cell % k, n=int(members.sum()), shown=shown))
    return found
