"""The course of a training, one row per epoch, as history.csv in the run folder holds it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from linnet.errors import RunError
from linnet.records.files import read_csv, write_csv
from linnet.records.health import Health
from linnet.records.training import Computing


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """Hold what one round over the training pictures came to.

    Attributes:
        epoch: Counted from 1.
        step: Steps made since the start.
        learning_rate: Of the last step.
        train_loss: Mean over the round, with augmentation and smoothing as they were.
        train_accuracy: Share in [0, 1] of the augmented pictures that were right when their turn came.
        valid_loss: Mean cross-entropy on validation data after the round; None without validation data.
        valid_accuracy: Share in [0, 1]; None without validation data.
        images_per_second: Training pictures per second, validation left out.
        seconds: Since the start, those before an interruption counted.
    """

    epoch: int
    step: int
    learning_rate: float
    train_loss: float
    train_accuracy: float
    valid_loss: float | None
    valid_accuracy: float | None
    images_per_second: float
    seconds: float

    def to_plain(self) -> dict[str, Any]:
        """Return plain values by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class History:
    """Hold all rounds of a training, the first one first.

    Attributes:
        epochs: The rounds.
        health: How the layers fared, where that was measured; it has a file of its own.
        computing: How it was computed; None after reading, since training.json and not history.csv holds it.
    """

    epochs: tuple[Epoch, ...]
    health: Health = field(default_factory=Health)
    computing: Computing | None = field(default=None, compare=False)

    def write(self, path: Path) -> None:
        """Write a CSV file, atomically; what was not measured is an empty field."""
        rows = [["" if value is None else value for value in epoch.to_plain().values()] for epoch in self.epochs]
        write_csv(path, _NAMES, rows)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            RunError: missing, damaged, of other columns, or with rows that are not the epochs 1, 2, ...
        """
        header, rows = read_csv(path)
        if header != _NAMES:
            raise RunError(f"{path} should have the columns {', '.join(_NAMES)}; it has {', '.join(header)}.")
        try:
            epochs = tuple(_epoch(row) for row in rows)
        except ValueError as error:
            raise RunError(f"{path} should hold numbers and does not ({error}); the file is damaged.") from None
        for number, epoch in enumerate(epochs, start=1):
            if epoch.epoch != number or any(getattr(epoch, name) is None for name in _ALWAYS):
                raise RunError(f"{path}, row {number + 1}, is not a whole row of epoch {number}; the file is damaged.")
        return cls(epochs=epochs)


_NAMES = [column.name for column in fields(Epoch)]
_ALWAYS = [name for name in _NAMES if not name.startswith("valid_")]


def _epoch(row: Sequence[str]) -> Epoch:
    values: dict[str, Any] = {name: None if text == "" else float(text) for name, text in zip(_NAMES, row, strict=True)}
    return Epoch(**{**values, "epoch": int(row[0]), "step": int(row[1])})
