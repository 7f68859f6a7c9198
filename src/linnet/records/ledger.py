"""Every opening of the test split, one JSON line each: how a reader knows that it was kept sealed."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from linnet.errors import RunError


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Record one opening.

    Attributes:
        when: UTC, ISO 8601, to the second.
        command: Which command opened it ("climb", "evaluate").
        rungs: Which rungs were scored.
        n: Test pictures.
        split_hash: Hexadecimal SHA-256 over the sorted content hashes of the test split.
    """

    when: str
    command: str
    rungs: tuple[str, ...]
    n: int
    split_hash: str


def append(path: Path, opening: Opening) -> None:
    """Add one line, on disk before this returns; must be called before the split is read."""
    with path.open("ab") as file:
        file.write((json.dumps(asdict(opening), ensure_ascii=False) + "\n").encode())
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> tuple[Opening, ...]:
    """Read all openings, oldest first; none where there is no file.

    Raises:
        RunError: a line that is no opening.
    """
    if not path.exists():
        return ()
    openings = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            plain = json.loads(line)
            openings.append(Opening(**{**plain, "rungs": tuple(plain["rungs"])}))
        except (ValueError, TypeError, KeyError) as error:
            raise RunError(f"{path}, line {number}, is no opening of the test split ({error}).") from None
    return tuple(openings)
