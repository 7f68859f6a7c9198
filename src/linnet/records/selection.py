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
            n_candidates = 1 + max(int(row[0]) for row in rows)
            accuracy = np.zeros((n_candidates, 1 + max(int(row[1]) for row in rows)))
            settings: list[dict[str, Any]] = [{}] * n_candidates
            chosen = 0
            for candidate, fold, value, is_chosen, text in rows:
                accuracy[int(candidate), int(fold)] = float(value)
                settings[int(candidate)] = json.loads(text)
                chosen = int(candidate) if int(is_chosen) else chosen
        except ValueError as error:
            raise RunError(f"{path} should say how settings were chosen and does not ({error}).") from None
        return cls(candidates=tuple(settings), accuracy=accuracy, chosen=chosen)
