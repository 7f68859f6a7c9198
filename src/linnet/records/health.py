"""How the layers of a network fared while it was trained, as health.csv in the run folder holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from linnet.errors import RunError
from linnet.records.files import read_csv, write_csv


@dataclass(frozen=True, kw_only=True)
class LayerHealth:
    """Say how one layer fared in one batch.

    Attributes:
        name: As in `named_modules`.
        mean: Of its outputs.
        std: Of its outputs, a standard deviation.
        dead_share: Of a ReLU's units (channels of maps), those that were 0 for the whole batch, 0 to 1; None elsewhere.
        gradient_norm: Euclidean norm of the gradient of its weight; None where it has none.
        update_ratio: Norm of the weight's change over the norm of the weight; about 0.001 is usual. None where there is
            no weight, or the batch made no step.
        drift: Of a batch normalization: by how much its outputs (before scale and shift) change when its running
            statistics take the place of this batch's, as in predictions: the root mean square over the batch, of the
            channel where it is largest; 0 and up, outputs themselves have a deviation of 1. None elsewhere.
    """

    name: str
    mean: float
    std: float
    dead_share: float | None = None
    gradient_norm: float | None = None
    update_ratio: float | None = None
    drift: float | None = None


@dataclass(frozen=True, kw_only=True)
class Checkup:
    """Hold how all layers fared after one round.

    Attributes:
        epoch: Counted from 1.
        layers: In the order of first use.
    """

    epoch: int
    layers: tuple[LayerHealth, ...]

    def to_plain(self) -> dict[str, Any]:
        """Return values that JSON can hold."""
        return {"epoch": self.epoch, "layers": [asdict(layer) for layer in self.layers]}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Take back what `to_plain` returned."""
        return cls(epoch=plain["epoch"], layers=tuple(LayerHealth(**layer) for layer in plain["layers"]))


@dataclass(frozen=True, kw_only=True)
class Health:
    """Hold the checkups of a training, the first one first; each has a layer at least."""

    checkups: tuple[Checkup, ...] = ()

    def write(self, path: Path) -> None:
        """Write a CSV file, atomically, a row per checkup and layer; what was not measured is an empty field."""
        rows = [[checkup.epoch, *_cells(layer)] for checkup in self.checkups for layer in checkup.layers]
        write_csv(path, _COLUMNS, rows)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            RunError: missing, damaged, or of other columns.
        """
        header, rows = read_csv(path)
        if header != _COLUMNS:
            raise RunError(f"{path} should have the columns {', '.join(_COLUMNS)}; it has {', '.join(header)}.")
        try:
            found = [(int(row[0]), _layer(row[1:])) for row in rows]
        except (TypeError, ValueError) as error:
            raise RunError(f"{path} should hold numbers and does not ({error}); the file is damaged.") from None
        rounds = groupby(found, key=lambda pair: pair[0])
        return cls(checkups=tuple(Checkup(epoch=k, layers=tuple(layer for _, layer in of)) for k, of in rounds))


_NUMBERS = [field.name for field in fields(LayerHealth) if field.name != "name"]
_COLUMNS = ["epoch", "layer", *_NUMBERS]


def _cells(layer: LayerHealth) -> list[object]:
    values = [getattr(layer, name) for name in _NUMBERS]
    return [layer.name, *("" if value is None else value for value in values)]


def _layer(cells: Sequence[str]) -> LayerHealth:
    name, *texts = cells
    numbers: dict[str, Any] = {
        field: float(text) if text else None for field, text in zip(_NUMBERS, texts, strict=True)
    }
    if numbers["mean"] is None or numbers["std"] is None:
        raise ValueError(f"layer {name} has no mean or no std")
    return LayerHealth(name=name, **numbers)
