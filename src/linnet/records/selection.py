"""How a rung's settings were chosen: the validation accuracy of each candidate in each fold."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from linnet.errors import RunError
from linnet.records.files import read_csv, write_csv

_HEADER = ["candidate", "fold", "accuracy", "chosen", "settings"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Selection:
    """Hold the candidates in the order in which ties are broken.

    Attributes:
        candidates: c dictionaries of settings, only those that differ between candidates (all may be empty).
        accuracy: (c, f) float64: accuracy of each candidate on the validation part of each of f folds; f = 1 for
            one validation split. Balanced accuracy where the protocol balances.
        chosen: Index of the candidate with the highest mean, the first among equals.
    """

    candidates: tuple[dict[str, Any], ...]
    accuracy: npt.NDArray[np.float64]
    chosen: int

    @property
    def varied(self) -> tuple[str, ...]:
        """The names of the settings that were chosen, in order."""
        return tuple(dict.fromkeys(name for candidate in self.candidates for name in candidate))

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """(c,) float64: each candidate's mean over folds."""
        return np.asarray(self.accuracy.mean(axis=1))

    @property
    def spread(self) -> npt.NDArray[np.float64]:
        """(c,) float64: each candidate's standard deviation over folds (n - 1); zero with one fold."""
        n_folds = self.accuracy.shape[1]
        return np.asarray(self.accuracy.std(axis=1, ddof=1)) if n_folds > 1 else np.zeros(len(self.candidates))

    def write(self, path: Path) -> None:
        """Write CSV, atomically: one row per candidate and fold."""
        rows = [
            [c, fold, repr(float(self.accuracy[c, fold])), int(c == self.chosen), json.dumps(settings)]
            for c, settings in enumerate(self.candidates)
            for fold in range(self.accuracy.shape[1])
        ]
        write_csv(path, _HEADER, rows)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read it back.

        Raises:
            RunError: missing or damaged.
        """
        header, rows = read_csv(path)
        try:
            if header != _HEADER or not rows:
                raise ValueError(f"columns {header}")
            places = [(int(row[0]), int(row[1])) for row in rows]
            n_candidates, n_folds = 1 + max(c for c, _ in places), 1 + max(f for _, f in places)
            if sorted(places) != [(c, f) for c in range(n_candidates) for f in range(n_folds)]:
                raise ValueError("not one row for each candidate and fold")
            accuracy = np.zeros((n_candidates, n_folds))
            settings: list[dict[str, Any]] = [{}] * n_candidates
            for (candidate, fold), (_, _, value, _, text) in zip(places, rows, strict=True):
                accuracy[candidate, fold] = float(value)
                settings[candidate] = json.loads(text)
            (chosen,) = {candidate for (candidate, _), row in zip(places, rows, strict=True) if int(row[3])}
        except ValueError as error:
            raise RunError(f"{path} should say how settings were chosen and does not ({error}).") from None
        return cls(candidates=tuple(settings), accuracy=accuracy, chosen=chosen)
