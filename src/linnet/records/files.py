"""Write files so that a power cut leaves the old one or the new one, never half of one."""

import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from linnet.errors import RunError


@contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Open a temporary file that takes the place of `path` when the with-block ends well.

    The bytes reach the disk before the rename; after an error the temporary file is gone and `path` is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes) -> None:
    """Write a whole file atomically."""
    with replacing(path) as file:
        file.write(data)


def write_text(path: Path, text: str) -> None:
    """Write a whole UTF-8 text file atomically, with line feeds as they stand.

    Names of files that are no Unicode (Python holds them as lone surrogates) are written all the same, and
    `read_text` gives them back.
    """
    write_bytes(path, text.encode("utf-8", "surrogatepass"))


def read_text(path: Path) -> str:
    """Read a whole text file that `write_text` wrote, with line feeds as they stand.

    Raises:
        RunError: the file is missing, cannot be read or is no UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8", "surrogatepass")
    except FileNotFoundError:
        raise RunError(f"{path} was wanted and is not there; the run folder is incomplete.") from None
    except OSError as error:
        raise RunError(f"{path} cannot be read ({error.strerror}); check the run folder.") from None
    except UnicodeDecodeError as error:
        raise RunError(f"{path} should be UTF-8 text and is not ({error}); the run folder is damaged.") from None


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, indented, with keys in the order given."""
    write_text(path, json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises:
        RunError: the file is missing or no JSON.
    """
    text = read_text(path)
    try:
        return json.loads(text)
    except ValueError as error:
        raise RunError(f"{path} should hold JSON and does not ({error}); the run folder is damaged.") from None


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a CSV file atomically: UTF-8, commas, line feeds, quotes only where needed."""
    lines = _Lines()
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_text(path, "".join(lines))


class _Lines(list[str]):
    """Take a CSV writer's lines and end each with a line feed alone.

    Python before 3.13 quotes a carriage return in a field only where the line ends hold one too; a bare one would
    be read back as the end of a row.
    """

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n") + "\n")


def read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
    """Read a CSV file that `write_csv` wrote.

    Returns:
        The header and the rows, every field as text.

    Raises:
        RunError: the file is missing, empty, or a row has another number of fields than the header.
    """
    text = read_text(path)
    try:
        header, *rows = list(csv.reader(io.StringIO(text, newline="")))
    except (ValueError, csv.Error) as error:
        raise RunError(f"{path} should be a CSV file with a header and is not ({error}).") from None
    short = next((i for i, row in enumerate(rows) if len(row) != len(header)), None)
    if short is not None:
        raise RunError(
            f"{path}, row {short + 2}, has {len(rows[short])} fields where the header has {len(header)}; "
            "the file is damaged."
        )
    return header, rows
