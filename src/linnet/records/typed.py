"""Write records of nested dataclasses as JSON with a format version, and read them back with their types checked."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from linnet.errors import RunError
from linnet.records.files import read_json, write_json

T = TypeVar("T")


def write_typed(path: Path, plain: Mapping[str, Any], *, version: int) -> None:
    """Write plain values as JSON, atomically, with their format version first."""
    write_json(path, {"format": version, **plain})


def read_typed(record: type[T], path: Path, *, version: int, kind: str) -> T:
    """Read a record that `write_typed` wrote; what cannot be of the type of its field is refused.

    Args:
        record: A dataclass, whose fields may be dataclasses, tuples and dictionaries of them.
        path: The JSON file.
        version: The highest format that can be read.
        kind: What the file should hold ("the numbers of an evaluation"), for messages.

    Raises:
        RunError: missing, damaged, or of a newer format.
    """
    from pydantic import TypeAdapter, ValidationError

    plain = read_json(path)
    found = plain.pop("format", None) if isinstance(plain, dict) else None
    if not isinstance(found, int):
        raise RunError(f"{path} should hold {kind} and does not; the run folder is damaged.")
    if found > version:
        raise RunError(f"{path} has format {found}, this Linnet reads up to {version}; install a newer one.")
    try:
        return TypeAdapter(record).validate_python(plain)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RunError(f"{path} should hold {kind} and does not ({where}: {first['msg']}).") from None


class Stored:
    """Give a dataclass of plain values a file of its own.

    Attributes:
        version: Of its format; raised when an older Linnet could not read it any more.
        kind: What the file should hold ("the numbers of an evaluation"), for messages.
    """

    version: ClassVar[int]
    kind: ClassVar[str]

    def write(self, path: Path) -> None:
        """Write JSON, atomically."""
        write_typed(path, asdict(self), version=self.version)  # type: ignore[call-overload] # it is a dataclass

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            RunError: missing, damaged, or of a newer format.
        """
        return read_typed(cls, path, version=cls.version, kind=cls.kind)
