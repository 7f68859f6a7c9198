"""What the pictures of a run are, in numbers: found when they were read, shown by the report."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from linnet.errors import RunError
from linnet.records.files import read_json, write_json

FORMAT = 2
"""Version of data.json; raised when an older Linnet could not read it any more."""


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """Describe a data set.

    Attributes:
        name: What the user called it.
        class_names: In order; a class may have no picture.
        image_shape: (c, h, w) as stored.
        geometry: How pictures get that shape, as plain values; the same when predicting.
        counts: {status: n} over every file found.
        class_counts: {split: {class name: n}}.
        files: What was found in the files: formats, modes, original sizes, how many rotated, animated, 16-bit, ...
        mean: Per channel, of the training split, pixels in [0, 1].
        std: Per channel, likewise.
        brightness: Training pictures by the mean of all their pixels, counted in equal steps from 0 to 1.
        duplicates: How many exact and near pairs there are, examples of them, and leaks between given splits, of copies
            and of groups.
        messages: Whole sentences that were shown while reading.
        split_hash: Of the test split, as in the ledger.
    """

    name: str
    class_names: tuple[str, ...]
    image_shape: tuple[int, int, int]
    geometry: dict[str, Any]
    counts: dict[str, int]
    class_counts: dict[str, dict[str, int]]
    files: dict[str, Any] = field(default_factory=dict)
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    brightness: tuple[int, ...] = ()
    duplicates: dict[str, Any] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    split_hash: str = ""

    def write(self, path: Path) -> None:
        """Write JSON, atomically."""
        write_json(path, {"format": FORMAT, **asdict(self)})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read it back.

        Raises:
            RunError: missing, damaged, or of a newer format.
        """
        plain = read_json(path)
        try:
            if plain.pop("format") > FORMAT:
                raise RunError(f"{path} was written by a newer Linnet; install that one.")
            tuples = {name: tuple(v) for name, v in plain.items() if isinstance(v, list)}
            return cls(**{**plain, **tuples})
        except (KeyError, TypeError, AttributeError) as error:
            raise RunError(f"{path} does not describe a data set ({error}); the run folder is damaged.") from None
