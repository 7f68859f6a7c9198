"""Flags that several commands share, as records."""

import re
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from linnet.errors import ConfigError, UsageError
from linnet.records.decode import parse_assignments
from linnet.records.experiment import DataSpec, Protocol, decode

_PLAIN = Parameter(negative=())


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class DataFlags:
    """Say how pictures are read.

    Args:
        size: Pixels; side of the square that pictures are brought to. 0 keeps one common size up to 224, and else takes
            the median shorter side, at most 224.
        fit: How a picture gets that shape: cut its middle out, pad it, or squash it.
        nested: What folders inside class folders mean: ask, join them to the class, or make each path a class.
        drop: What to leave out instead of only listing it: duplicates, conflicting, or both with a comma.
    """

    size: int = 0
    fit: Literal["crop", "pad", "squash"] = "crop"
    nested: Literal["error", "join", "path"] = "error"
    drop: Annotated[tuple[str, ...], Parameter(negative=(), consume_multiple=False)] = ()

    def spec(self, source: str, changes: dict[str, Any]) -> DataSpec:
        """Return the data that was asked for, with what `--set data.NAME=VALUE` changes."""
        asked = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = asked | {"source": source, "drop": comma_separated(self.drop)} | changes
        spec: DataSpec = decode(DataSpec, plain, "data")
        return spec


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ProtocolFlags:
    """Say how settings are chosen.

    Args:
        folds: Cross-validate with so many folds instead of one validation split.
        balance: Make every class count alike, in training and in choosing.
        budget: Time for the whole climb, such as 90s, 10m or 1h30m; a network that would not fit makes fewer
            rounds, or is skipped, as is any other rung, and named.
        views: Give each network a second row, in which it looks at every picture several times: shifted by a pixel, and
            mirrored where that keeps the label.
        calibrate: Fit a temperature to each rung's validation predictions, so that its probabilities can be believed;
            no prediction changes.
        learning_curve: Fit each rung to 1/16, 1/8, 1/4, 1/2 and all of the training pictures as well, to see what more
            of them would do; takes about twice the time.
    """

    folds: int = 0
    balance: Annotated[bool, _PLAIN] = False
    budget: str = ""
    views: Annotated[bool, _PLAIN] = False
    calibrate: bool = True
    learning_curve: Annotated[bool, _PLAIN] = False

    def protocol(self, changes: dict[str, Any]) -> Protocol:
        """Return the protocol that was asked for, with what `--set protocol.NAME=VALUE` changes."""
        asked = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = asked | {"budget": seconds(self.budget)} | changes
        protocol: Protocol = decode(Protocol, plain, "protocol")
        return protocol


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class NetworkFlags:
    """Say how networks are trained; short for `--set networks.SETTING=VALUE`, which reaches every setting they share.

    Args:
        epochs: Rounds over the pictures; each network has its own number where none is given.
        time_budget: Time after which the training of a network ends, such as 90s or 10m.
        precision: What products are computed in; auto asks the machine.
        device: What networks are trained on; auto takes a GPU where there is one.
        devices: Processes that share every batch: one for each GPU, or so many on the processor.
    """

    epochs: int = 0
    time_budget: str = ""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    devices: int = 1

    def settings(self, rungs: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        """Return the settings by rung, with what was asked of all networks under "networks"; `--set` comes first."""
        asked = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        if "time_budget" in asked:
            asked["time_budget"] = seconds(self.time_budget, "--time-budget")
        together = asked | rungs.get("networks", {})
        return rungs | ({"networks": together} if together else {})


DATA_DEFAULTS = DataFlags()
PROTOCOL_DEFAULTS = ProtocolFlags()
NETWORK_DEFAULTS = NetworkFlags()


@dataclass(frozen=True, kw_only=True)
class Assignments:
    """Hold the values of `--set`, sorted by what they change."""

    data: dict[str, Any]
    protocol: dict[str, Any]
    rungs: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, texts: tuple[str, ...]) -> "Assignments":
        """Sort "knn.k=1" to the rungs and "data.size=64", "protocol.folds=5" to the experiment.

        Raises:
            ConfigError: not of that form.
        """
        found = parse_assignments(texts)
        return cls(data=found.pop("data", {}), protocol=found.pop("protocol", {}), rungs=found)


def seconds(text: str, flag: str = "--budget") -> float:
    """Read a length of time; 0 for an empty text.

    Args:
        text: Such as 90s, 10m or 1h30m.
        flag: What stands before it in the message.

    Raises:
        ConfigError: it is none.

    Example:
        >>> seconds("90s"), seconds("10m"), seconds("1h30m"), seconds("0.5h"), seconds("45")
        (90.0, 600.0, 5400.0, 1800.0, 45.0)
    """
    if not text:
        return 0.0
    number = r"(\d+(?:\.\d+)?)"
    if re.fullmatch(number, text):
        return float(text)
    found = re.fullmatch(rf"(?:{number}h)?(?:{number}m(?:in)?)?(?:{number}s)?", text.replace(" ", ""))
    if found is None or not any(found.groups()):
        raise ConfigError(f"{flag} wants a length of time such as 90s, 10m or 1h30m; it got {text!r}.")
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + rest


def comma_separated(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Split values at commas, so that `--rungs knn,majority` and a repeated flag mean the same."""
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())


def wanted_data(data: str | None) -> str:
    """Return the data that a command must be given.

    Raises:
        UsageError: none was given.
    """
    if data is None:
        raise UsageError("DATA is missing: give a folder, an archive, a CSV file or a name such as digits.")
    return data


def refuse_data_beside_resume(data: str | None) -> None:
    """Refuse to go on with a run on other data; the flags beside --resume were looked at before.

    Raises:
        UsageError: names the data.
    """
    if data is not None:
        raise UsageError(f"--resume goes on with what the run was asked for; leave out {data}.")
