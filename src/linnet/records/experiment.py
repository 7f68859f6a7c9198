"""Everything that was asked of a run, as strict TOML: enough to ask it again."""

import math
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, Self

import tomli_w

from linnet.errors import ConfigError, RunError
from linnet.records.decode import check_keys, coerce, show_value
from linnet.records.files import read_text, write_text

FORMAT = 1
"""Version of experiment.toml; raised when an older Linnet could not read it any more."""

VIEWS = "+views"
"""Ends the name of the row of a rung that looks at several views; no entry's name can hold a plus sign."""

Drop = Literal["duplicates", "conflicting"]


@dataclass(frozen=True, kw_only=True)
class DataSpec:
    """Say which pictures, and how they are stored.

    Args:
        source: A folder, an archive, a CSV file or a name, with classes in brackets where only some are wanted.
        size: Pixels; side of the square to which pictures are brought. 0: keep one common size up to 224, else a
            square of the median shorter side, at most 224.
        fit: How a picture gets the stored shape: cut its middle out, pad it, or squash it.
        nested: What folders inside class folders mean: ask, join them to the class, or make each path a class.
        drop: What to leave out of the data instead of only listing it.
    """

    source: str
    size: int = 0
    fit: Literal["crop", "pad", "squash"] = "crop"
    nested: Literal["error", "join", "path"] = "error"
    drop: tuple[Drop, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or self.size > 4096:
            raise ConfigError(f"data.size should be 0 (automatic) or 1 .. 4096 pixels; it is {self.size}.")


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """Say how settings are chosen and how the test split is kept apart.

    Args:
        folds: Cross-validation with so many folds; 0: one validation split.
        valid_fraction: Share of all pictures for validation where the source gives no such split, in (0, 1).
        test_fraction: Share of all pictures for the test where the source gives no such split, in (0, 1).
        balance: Whether every class counts alike in training and in choosing.
        budget: Seconds for the whole climb; 0: no limit.
        views: Whether each network gets a second row, in which the same weights look at several views of a picture.
        calibrate: Whether each rung gets a temperature, fitted to its validation predictions, that makes its
            probabilities fit; no prediction changes.
        learning_curve: Whether each rung is fitted to shares of the training pictures, too, to see what more would do.
    """

    folds: int = 0
    valid_fraction: float = 0.15
    test_fraction: float = 0.2
    balance: bool = False
    budget: float = 0.0
    views: bool = False
    calibrate: bool = True
    learning_curve: bool = False

    def __post_init__(self) -> None:
        if self.folds < 0 or self.folds == 1:
            raise ConfigError(f"protocol.folds should be 0 (one validation split) or at least 2; it is {self.folds}.")
        for name in ("valid_fraction", "test_fraction"):
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"protocol.{name} should lie between 0 and 1; it is {getattr(self, name)}.")
        if self.valid_fraction + self.test_fraction >= 1:
            raise ConfigError(
                "protocol.valid_fraction and test_fraction together should leave something to learn from; "
                f"they are {self.valid_fraction} and {self.test_fraction}."
            )
        if not 0 <= self.budget < math.inf:
            raise ConfigError(f"protocol.budget should be 0 (no limit) or seconds; it is {self.budget}.")


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """Hold what was asked.

    Args:
        command: "climb" or "train".
        data: Which pictures.
        protocol: How settings are chosen.
        rungs: Names of the rungs, in the order in which they run.
        seed: Everything random is derived from it.
        settings: {rung: {setting: value}}, settings that were fixed instead of chosen.
        tensorboard: Whether rungs that are trained by rounds write events for TensorBoard.
        machine: What the numbers were made with: versions, processor, threads.
    """

    command: Literal["climb", "train"]
    data: DataSpec
    protocol: Protocol = field(default_factory=Protocol)
    rungs: tuple[str, ...] = ()
    seed: int = 0
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    tensorboard: bool = False
    machine: dict[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[str, ...]:
        """Every name that a row of the run can have: each rung's, and behind it that of the same one with views."""
        return tuple(row for rung in self.rungs for row in ((rung, rung + VIEWS) if self.protocol.views else (rung,)))

    def fixed(self, row: str) -> dict[str, Any]:
        """Return the settings of a row's rung that were given instead of chosen."""
        return dict(self.settings.get(row.removesuffix(VIEWS), {}))

    def write(self, path: Path) -> None:
        """Write TOML, atomically, defaults filled in."""
        plain = {"format": FORMAT, **asdict(self)}
        write_text(path, tomli_w.dumps(_lists(plain)))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read TOML strictly.

        Raises:
            RunError: no such file, no TOML, or a newer format.
            UnknownNameError: a key that means nothing, with the nearest one that does.
            ConfigError: a value of the wrong type or out of its range.
        """
        if not path.is_file():
            raise RunError(f"{path.parent} should be a run folder, and has no {path.name}.")
        text = read_text(path)
        try:
            plain = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise RunError(f"{path} should be TOML and is not ({error}); the run folder is damaged.") from None
        found = plain.pop("format", None)
        if not isinstance(found, int) or found > FORMAT:
            raise RunError(f"{path} has format {found}, this Linnet reads up to {FORMAT}; install a newer one.")
        data = decode(DataSpec, plain.pop("data", {}), "data")
        protocol = decode(Protocol, plain.pop("protocol", {}), "protocol")
        experiment: Self = decode(cls, {**plain, "data": data, "protocol": protocol}, "")
        return experiment

    def command_line(self) -> str:
        """Write the command that asks for the same again; data paths stand as they were given."""
        defaults = Protocol()
        words = ["linnet", self.command, shlex.quote(self.data.source)]
        words += ["--classifier", *self.rungs] if self.command == "train" else ["--rungs", ",".join(self.rungs)]
        words += ["--seed", str(self.seed)]
        words += ["--folds", str(self.protocol.folds)] if self.protocol.folds else []
        words += ["--balance"] if self.protocol.balance else []
        words += ["--budget", f"{_decimal(self.protocol.budget)}s"] if self.protocol.budget else []
        words += ["--views"] if self.protocol.views else []
        words += [] if self.protocol.calibrate else ["--no-calibrate"]
        words += ["--learning-curve"] if self.protocol.learning_curve else []
        words += ["--tensorboard"] if self.tensorboard else []
        words += ["--size", str(self.data.size)] if self.data.size else []
        words += ["--fit", self.data.fit] if self.data.fit != "crop" else []
        words += ["--nested", self.data.nested] if self.data.nested != "error" else []
        words += ["--drop", ",".join(self.data.drop)] if self.data.drop else []
        for name in ("valid_fraction", "test_fraction"):
            if getattr(self.protocol, name) != getattr(defaults, name):
                words += ["--set", f"protocol.{name}={getattr(self.protocol, name)}"]
        for rung, settings in self.settings.items():
            for name, value in settings.items():
                words += ["--set", shlex.quote(f"{rung}.{name}={show_value(value)}")]
        return " ".join(words)


def decode(record: type[Any], mapping: Mapping[str, Any], where: str) -> Any:
    """Make a record from plain values: unknown keys and wrong types are refused.

    Args:
        record: A dataclass whose fields are annotated with what `coerce` knows.
        mapping: Field names and values.
        where: The section's name ("data"), or "" at the top.
    """
    types = {field.name: field.type for field in fields(record)}
    if not isinstance(mapping, Mapping):
        raise ConfigError(f"{where} should be a section of keys; it is {mapping!r}.")
    check_keys(f"key of [{where}]" if where else "key of an experiment", mapping, types)
    values = {
        key: value
        if isinstance(value, DataSpec | Protocol)
        else coerce(types[key], value, f"{where}.{key}".lstrip("."))
        for key, value in mapping.items()
    }
    try:
        return record(**values)
    except TypeError as error:
        raise ConfigError(f"[{where or 'experiment'}] is incomplete ({error}).") from None


def _decimal(number: float) -> str:
    """Write all digits of a number, without an exponent: 90.5, 60, 12345678.25."""
    return f"{Decimal(repr(number)):f}".removesuffix(".0")


def _lists(value: Any) -> Any:
    """Turn tuples into lists, which TOML has."""
    if isinstance(value, dict):
        return {key: _lists(inner) for key, inner in value.items()}
    return [_lists(inner) for inner in value] if isinstance(value, list | tuple) else value
