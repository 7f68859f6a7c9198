"""What a classifier said of some pictures; the only thing that leaves it, and all that metrics and report read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from linnet.errors import PredictionsError
from linnet.records.files import read_csv, write_csv
from linnet.records.manifest import Texts, texts_of

_FIXED = ["id", "label", "prediction"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Predictions:
    """Hold probabilities beside the truth.

    Args:
        ids: (n,) str.
        labels: (n,) int64, 0 .. k-1; the truth.
        probabilities: (n, k) float32, rows sum to 1 within 1e-3.
        class_names: k names, in the order of the columns.

    Raises:
        PredictionsError: lengths that differ, a class named twice, labels outside the classes, rows that are no
            probabilities.
    """

    ids: Texts
    labels: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float32]
    class_names: tuple[str, ...]

    def __post_init__(self) -> None:
        n, k = len(self.ids), len(self.class_names)
        if self.labels.shape != (n,) or self.probabilities.shape != (n, k):
            raise PredictionsError(
                f"{n} ids and {k} classes want labels of shape ({n},) and probabilities of shape ({n}, {k}); "
                f"they have {self.labels.shape} and {self.probabilities.shape}."
            )
        if len(set(self.class_names)) < k:
            raise PredictionsError(f"Each class wants a name of its own; they are named {', '.join(self.class_names)}.")
        if n and (self.labels.min() < 0 or self.labels.max() >= k):
            raise PredictionsError(
                f"Labels must lie in 0 .. {k - 1}; they reach {self.labels.min()} .. {self.labels.max()}."
            )
        if n and not np.all(np.abs(self.probabilities.sum(axis=1, dtype=np.float64) - 1) < 1e-3):
            raise PredictionsError("Each row of probabilities must sum to 1; at least one does not.")
        if n and self.probabilities.min() < 0:
            raise PredictionsError(f"Probabilities must not be negative; the smallest is {self.probabilities.min()}.")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def predicted(self) -> npt.NDArray[np.int64]:
        """(n,) int64: the class of each row's largest probability, the smallest index among equals."""
        return np.asarray(np.argmax(self.probabilities, axis=1), dtype=np.int64)

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """(n,) bool: whether the prediction is the truth."""
        return np.asarray(self.predicted == self.labels, dtype=np.bool_)

    def write(self, path: Path) -> None:
        """Write CSV, atomically: id, label, prediction, then one probability column per class name."""
        names = np.array(self.class_names)
        columns = [self.ids.tolist(), names[self.labels].tolist(), names[self.predicted].tolist()]
        shown = [[np.format_float_positional(p, trim="-") for p in row] for row in self.probabilities]
        rows = ([*fixed, *row] for *fixed, row in zip(*columns, shown, strict=True))
        write_csv(path, [*_FIXED, *self.class_names], rows)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read predictions back, exactly.

        Raises:
            RunError: the file is missing or damaged.
            PredictionsError: the columns are not those of predictions, or the values are none.
        """
        header, rows = read_csv(path)
        if header[:3] != _FIXED or len(header) < 4:
            raise PredictionsError(f"{path} should have the columns id, label, prediction and one per class.")
        class_names = tuple(header[3:])
        index = {name: i for i, name in enumerate(class_names)}
        try:
            labels = np.array([index[row[1]] for row in rows], dtype=np.int64)
            probabilities = np.array([row[3:] for row in rows], dtype=np.float32).reshape(len(rows), len(class_names))
        except KeyError as error:
            raise PredictionsError(f"{path} has the label {error}, which is none of its columns.") from None
        except ValueError as error:
            raise PredictionsError(f"{path} has a probability that is no number ({error}).") from None
        ids = texts_of([row[0] for row in rows])
        return cls(ids=ids, labels=labels, probabilities=probabilities, class_names=class_names)
