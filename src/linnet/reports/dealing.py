"""Which pictures stand behind the cells of the confusion matrices: few, fairly dealt, shared between rungs."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice
from zlib import crc32

import numpy as np
import numpy.typing as npt

from linnet.records.predictions import Predictions

MAX_MATRIX = 24
"""Classes up to which the matrix is shown; above, the most confused pairs say more."""
N_PAIRS_WITHOUT_MATRIX = 20
PER_CELL = 24
"""Pictures of a cell that are asked for; it may get more where other rungs need them."""


def cells_of(predictions: Predictions) -> npt.NDArray[np.int64]:
    """Number the cell of each picture, truth * k + prediction, as (n,) int64."""
    return np.asarray(predictions.labels * len(predictions.class_names) + predictions.predicted, dtype=np.int64)


def cells_with_pictures(predictions: Predictions) -> list[int]:
    """List the cells behind which pictures stand: misses by their frequency, then hits; without a matrix its pairs."""
    k = len(predictions.class_names)
    cells, counts = np.unique(cells_of(predictions), return_counts=True)
    ordered = [int(cell) for cell in cells[np.argsort(-counts, kind="stable")]]
    misses = [cell for cell in ordered if cell // k != cell % k]
    if k > MAX_MATRIX:
        return misses[:N_PAIRS_WITHOUT_MATRIX]
    return misses + [cell for cell in ordered if cell // k == cell % k]


def deal(
    predictions: Mapping[str, Predictions], n: int, *, first: Collection[str] = (), among: Collection[str] | None = None
) -> list[str]:
    """Choose pictures for the cells of every rung.

    Round after round each cell that holds fewer pictures than rounds have passed gets one more: misses before hits,
    every rung's biggest cell before anyone's second. A picture counts in its cell of every rung, and within a cell
    those come first that most rungs get wrong: they fill most cells.

    Args:
        predictions: {rung: its predictions}; rungs may have seen different pictures.
        n: At most so many, those of `first` included.
        first: Ids that are kept anyway; they count, and are returned in front.
        among: Only these; None: any.

    Returns:
        Ids without repetition, in the order in which they were dealt: any first part of it is fair, too.
    """
    table = _Table(predictions, among)
    chosen = [image for image in dict.fromkeys(first) if table.take(image)]
    return [*chosen, *islice(table.rounds(), max(0, n - len(chosen)))]


class _Table:
    """Know which picture lies in which cells, and how many pictures each cell was dealt."""

    def __init__(self, predictions: Mapping[str, Predictions], among: Collection[str] | None) -> None:
        allowed = None if among is None else set(among)
        self._cells_of: dict[str, list[tuple[int, int]]] = {}
        n_wrong: Counter[str] = Counter()
        for rung, found in enumerate(predictions.values()):
            for image, cell, is_right in zip(found.ids.tolist(), cells_of(found).tolist(), found.correct, strict=True):
                if allowed is None or image in allowed:
                    self._cells_of.setdefault(image, []).append((rung, cell))
                    n_wrong[image] += not is_right
        self._held: Counter[tuple[int, int]] = Counter()
        self._taken: set[str] = set()
        self._waiting: dict[tuple[int, int], list[str]] = {}
        # The checksum shuffles: names that follow each other are often shots of one scene. The last one is dealt first.
        for image in sorted(self._cells_of, key=_by_need(n_wrong)):
            for cell in self._cells_of[image]:
                self._waiting.setdefault(cell, []).append(image)
        ranked = (
            (cell // len(found.class_names) == cell % len(found.class_names), place, rung, cell)
            for rung, found in enumerate(predictions.values())
            for place, cell in enumerate(cells_with_pictures(found))
        )
        self._order = [(rung, cell) for _, _, rung, cell in sorted(ranked) if (rung, cell) in self._waiting]

    def take(self, image: str) -> bool:
        """Take a picture that is not taken yet; tell whether that could be done."""
        if image in self._taken or image not in self._cells_of:
            return False
        self._taken.add(image)
        self._held.update(self._cells_of[image])
        return True

    def rounds(self) -> Iterator[str]:
        """Deal until every cell has enough, or no more pictures."""
        for wanted in range(1, PER_CELL + 1):
            for cell in self._order:
                waiting = self._waiting[cell]
                while self._held[cell] < wanted and waiting:
                    if self.take(image := waiting.pop()):
                        yield image


def _by_need(n_wrong: Counter[str]) -> Callable[[str], tuple[int, int, str]]:
    def key(image: str) -> tuple[int, int, str]:
        return n_wrong[image], crc32(image.encode("utf-8", "surrogatepass")), image

    return key
