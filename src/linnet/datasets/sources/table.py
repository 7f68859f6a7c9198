"""A CSV table of path, label and, where wanted, split and group; read as tolerantly as people write such tables."""

import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from linnet.datasets.base import Item
from linnet.datasets.sources.files import FileSource, seal
from linnet.datasets.sources.naming import SPLIT_WORDS, listed, natural_key, split_of
from linnet.datasets.sources.reading import FolderReader
from linnet.errors import DataError
from linnet.words import agree, count

COLUMNS = ("path", "label", "split", "group")
"""The columns that are read; the first two are needed, others are passed over."""

_MISSING = frozenset({"", "nan", "<na>"})  # what pandas writes for a value that is not there


@dataclass(frozen=True, kw_only=True)
class _Row:
    line: int
    values: Mapping[str, str]
    reason: str = ""

    def __getitem__(self, column: str) -> str:
        return self.values.get(column, "")


@dataclass(frozen=True, kw_only=True)
class _Table:
    items: tuple[Item, ...]
    paths: Mapping[str, str]
    messages: tuple[str, ...]


class TableSource(FileSource):
    """A CSV table of `path,label[,split][,group]`.

    Columns may stand in any order and case, among others; fields may be quoted and have spaces around them; commas,
    semicolons, tabs and bars may separate them; a byte-order mark and blank lines are passed over. Paths are relative
    to the table's folder, or absolute. A row that names no path or no label, or repeats one, is listed with its line as
    the reason. A path that comes again with another label stays, under an id with its line, so that the conflict is
    found by content like any other.

    Args:
        path: The CSV file.
        name: What the user called it; "": the path.
        class_names: The published order of the classes; none: natural order.

    Raises:
        DataError: there is no such file.
    """

    def __init__(self, path: Path | str, *, name: str = "", class_names: Sequence[str] = ()) -> None:
        self.path = Path(path)
        self._name = name or str(path)
        self._order = tuple(class_names)
        if not self.path.is_file():
            raise DataError(f"There is no table {self.path}; a CSV file with the columns path and label was wanted.")

    @property
    def name(self) -> str:
        """What the user called it."""
        return self._name

    @property
    def class_names(self) -> tuple[str, ...]:
        """Every label that occurs, in published or natural order."""
        found = {item.label for item in self.items() if item.label is not None and not item.reason}
        return self._order or tuple(sorted(found, key=natural_key))

    def fingerprint(self) -> str:
        """Hash path, size and times of change of the table and of all files in it."""
        folder = self._folder
        paths = [self.path.resolve(), *(folder / path for path in self._table.paths.values())]
        found = ((str(path), _stat(path)) for path in paths)
        return seal(((path, facts) for path, facts in found if facts), type(self).__name__, self._order)

    def items(self) -> tuple[Item, ...]:
        """List every row that is not blank, in order."""
        return self._table.items

    def messages(self) -> tuple[str, ...]:
        """Say what the user should know of how the table was understood."""
        return self._table.messages

    def reader(self) -> FolderReader:
        """Return what fetches the files."""
        return FolderReader(self._folder, self._table.paths)

    @property
    def _folder(self) -> Path:
        return self.path.resolve().parent

    @cached_property
    def _table(self) -> _Table:
        rows = list(_rows(_text(self.path), self._name))
        items, paths = _items(rows, self._folder)
        if not any(not item.reason for item in items):
            raise DataError(f"{self._name} has no row with a path and a label; one row per picture was wanted.")
        _refuse_unknown_splits(rows, self._name)
        _refuse_missing(paths, self._folder, self._name)
        n_skipped = sum(bool(item.reason) for item in items)
        were = agree(n_skipped, "was skipped; it", "were skipped; each")
        said = f"{n_skipped:,} of {count(len(items), 'row')} of {self._name} {were} is listed."
        return _Table(items=tuple(items), paths=paths, messages=(said,) if n_skipped else ())


def _text(path: Path) -> str:
    """Decode a table: UTF-8 with or without a mark, UTF-16 with one, else as Western spreadsheets write it."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"The table {path} cannot be read ({error.strerror}); give yourself the right to.") from None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(text: str, name: str) -> Iterator[_Row]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(",;\t|", key=first.count)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
    header: list[str] = []
    try:
        for fields in lines:
            tidy = [field.strip() for field in fields]
            if not any(tidy):
                continue
            if header:
                yield _row(lines.line_num, header, tidy)
            else:
                header = _header(tidy, name)
    except csv.Error as error:
        raise DataError(f"{name} is no CSV table from line {lines.line_num} on ({error}); mend that line.") from None
    if not header:
        raise DataError(f"{name} is empty; a CSV table with the columns path and label was wanted.")


def _header(fields: list[str], name: str) -> list[str]:
    header = [field.casefold() for field in fields]
    for column in COLUMNS[:2]:
        if column not in header:
            raise DataError(
                f"{name} should have the columns path and label, and may have split and group; its first line has "
                f"{listed(fields)}; name the columns there."
            )
    twice = next((column for column in COLUMNS if header.count(column) > 1), None)
    if twice:
        raise DataError(f"{name} has the column {twice} more than once; keep one of them.")
    return header


def _row(line: int, header: list[str], fields: list[str]) -> _Row:
    values = {column: value for column, value in zip(header, fields, strict=False) if column in COLUMNS}
    values = {column: "" if value.casefold() in _MISSING else value for column, value in values.items()}
    if any(fields[len(header) :]):
        return _Row(
            line=line, values=values, reason=f"line {line} has {len(fields)} fields where the header has {len(header)}"
        )
    if not values.get("path"):
        return _Row(line=line, values=values, reason=f"no path in line {line}")
    return _Row(line=line, values=values, reason="" if values.get("label") else f"no label in line {line}")


def _items(rows: Sequence[_Row], folder: Path) -> tuple[list[Item], dict[str, str]]:
    """Make an item of each row, and say where the file of each id lies."""
    items: list[Item] = []
    paths: dict[str, str] = {}
    lines: dict[tuple[str, str], int] = {}
    taken: set[str] = set()
    for row in rows:
        path = _path(row["path"], folder)
        reason = row.reason
        earlier = lines.setdefault((path, row["label"]), row.line)
        if not reason and earlier != row.line:
            reason = f"line {row.line} repeats line {earlier}"
        item_id = path if path and path not in taken else f"{path}#line {row.line}".lstrip("#")
        taken.add(item_id)
        label = row["label"] or None
        items.append(Item(id=item_id, label=label, split=split_of(row["split"]), group=row["group"], reason=reason))
        if not reason:
            paths[item_id] = path
    return items, paths


def _path(text: str, folder: Path) -> str:
    """Read a path as written on any system: backslashes are slashes unless there is a file of that very name."""
    if "\\" in text and not os.path.lexists(folder / text):
        text = text.replace("\\", "/")
    return text.removeprefix("./")


def _refuse_unknown_splits(rows: Sequence[_Row], name: str) -> None:
    unknown = [row for row in rows if row["split"] and not split_of(row["split"])]
    if unknown:
        raise DataError(
            f"{name} has the split {unknown[0]['split']!r} in line {unknown[0].line}; "
            f"a split is one of {', '.join(SPLIT_WORDS)}, or empty."
        )


def _refuse_missing(paths: Mapping[str, str], folder: Path, name: str) -> None:
    missing = [path for path in dict.fromkeys(paths.values()) if _stat(folder / path) is None]
    if missing:
        do = agree(len(missing), "does", "do")
        raise DataError(
            f"{name} names {count(len(missing), 'file')} that {do} not exist ({listed(missing, 3)}); "
            f"paths start from {folder}, or are absolute."
        )


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):  # gone, or no path at all: too long, a null byte
        return None
