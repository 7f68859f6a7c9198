"""What a training resolved to, as training.json in the run folder holds it: nothing in it is automatic any more."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Self, get_type_hints

from linnet.errors import ConfigError, RunError, UnknownNameError
from linnet.records.decode import check_keys, coerce
from linnet.records.files import read_json, write_json

FORMAT = 1
"""Version of training.json; raised when an older Linnet could not read it any more."""


@dataclass(frozen=True, kw_only=True)
class Computing:
    """Say how a training computed.

    Attributes:
        products: "float32" or "bfloat16": what products were computed in; weights are float32 always.
        channels_last: Whether pictures lay in memory pixel by pixel instead of channel by channel.
        reason: Why, as a clause: "asked for", "this processor has matrix units for it (AMX)".
        device: "cpu", "cuda" or "mps".
        n_processes: On all hosts together.
    """

    products: str
    channels_last: bool
    reason: str
    device: str
    n_processes: int

    def sentence(self) -> str:
        """Say it to whoever waits for the training."""
        processes = "" if self.n_processes == 1 else f", in {self.n_processes} processes"
        return f"Networks are trained with {self.products} products on {self.device}{processes}: {self.reason}."


@dataclass(frozen=True, kw_only=True)
class Training:
    """Hold what a training resolved to.

    Attributes:
        recipe: Every setting of the recipe as it was followed: the augmentation that a probe decided, the size of
            batches, the number of rounds that were planned.
        n_images: Training pictures.
        n_epochs: Rounds that were made: fewer than planned where patience or a time budget ended them.
        computing: How.
    """

    recipe: dict[str, Any]
    n_images: int
    n_epochs: int
    computing: Computing

    def write(self, path: Path) -> None:
        """Write JSON, atomically."""
        write_json(path, {"format": FORMAT, **asdict(self)})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            RunError: missing, damaged, or of a newer format.
        """
        plain = read_json(path)
        found = plain.pop("format", None) if isinstance(plain, dict) else None
        if not isinstance(found, int):
            raise RunError(f"{path} should say what a training resolved to and does not; the run folder is damaged.")
        if found > FORMAT:
            raise RunError(f"{path} has format {found}, this Linnet reads up to {FORMAT}; install a newer one.")
        try:
            computing = _record(Computing, plain.pop("computing", None))
            training: Self = _record(cls, {**plain, "computing": computing})
        except (ConfigError, UnknownNameError, TypeError) as error:
            raise RunError(
                f"{path} should say what a training resolved to and does not ({error}); train it again."
            ) from None
        return training


def _record(record: type[Any], plain: Any) -> Any:
    """Make a record from plain values; TypeError where something is missing."""
    if not isinstance(plain, dict):
        raise TypeError(f"{record.__name__.lower()} is {plain!r}")
    check_keys(f"key of {record.__name__.lower()}", plain, [field.name for field in fields(record)])
    types = get_type_hints(record)
    return record(**{key: coerce(types[key], value, key) for key, value in plain.items()})
