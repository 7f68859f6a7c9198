"""Every opening of the test split, one JSON line each: how a reader knows that it was kept sealed."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from linnet.errors import RunError
from linnet.records.files import read_text


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Record one opening.

    Attributes:
        when: UTC, ISO 8601, to the second.
        command: Which command opened it ("climb", "evaluate").
        rungs: Which rungs were scored.
        n: Test pictures that were scored.
        split_hash: Hexadecimal SHA-256 over the sorted content hashes of the test split.
        continues: Whether it finishes the one before, which was interrupted before any number was shown.
    """

    when: str
    command: str
    rungs: tuple[str, ...]
    n: int
    split_hash: str
    continues: bool = False


def append(path: Path, opening: Opening) -> None:
    """Add one line, on disk before this returns; must be called before the split is read.

    What a power cut left of a line is taken away first: its opening was not on disk, so the split was never read.
    """
    before = path.read_bytes() if path.exists() else b""
    with path.open("ab") as file:
        if not before.endswith(b"\n"):
            file.truncate(before.rfind(b"\n") + 1)
        file.write((json.dumps(_plain(opening), ensure_ascii=False) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


def _plain(opening: Opening) -> dict[str, Any]:
    """Leave out `continues` where it says nothing: an older Linnet does not know it."""
    return {key: value for key, value in asdict(opening).items() if key != "continues" or value}


def read(path: Path) -> tuple[Opening, ...]:
    """Read all openings, oldest first; none where there is no file.

    A last line without its line feed was cut off before its opening took place, and does not count.

    Raises:
        RunError: a line that is no opening.
    """
    if not path.exists():
        return ()
    openings = []
    # Not splitlines: it would also split at the rare separators that JSON may hold within a text.
    for number, line in enumerate(read_text(path).split("\n")[:-1], start=1):
        try:
            plain = json.loads(line)
            openings.append(Opening(**{**plain, "rungs": tuple(plain["rungs"])}))
        except (ValueError, TypeError, KeyError) as error:
            raise RunError(f"{path}, line {number}, is no opening of the test split ({error}).") from None
    return tuple(openings)
