"""A folder of class folders, with or without train, valid and test folders around them."""

import os
import stat
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

from linnet.datasets.sources.files import TreeSource, printable
from linnet.datasets.sources.layout import Nested
from linnet.datasets.sources.reading import FolderReader
from linnet.datasets.sources.tree import DEEPEST, Entry
from linnet.errors import DataError


class FolderSource(TreeSource):
    """A folder of class folders.

    Args:
        path: The folder.
        nested: What to do with folders inside class folders: "error" asks, "join" counts what they hold to the class
            folder around them, "path" makes each a class.
        name: What the user called it; "": the path.
        class_names: The published order of the classes; none: natural order.

    Raises:
        DataError: there is no such folder, or it cannot be read.
    """

    def __init__(
        self, path: Path | str, *, nested: Nested = "error", name: str = "", class_names: Sequence[str] = ()
    ) -> None:
        self.path = Path(path)
        if not self.path.exists():
            raise DataError(
                f"There is no folder {self.path}; a folder with one folder of pictures per class was wanted."
            )
        if not self.path.is_dir():
            raise DataError(f"{self.path} is not a folder; a folder with one folder of pictures per class was wanted.")
        super().__init__(name=name or str(path), nested=nested, class_names=class_names)

    def fingerprint(self) -> str:
        """Hash paths, sizes and times of change of everything in the folder, folders too."""
        return self._seal((entry.path, found) for entry, found in _walk(self.path) if found is not None)

    def reader(self) -> FolderReader:
        """Return what fetches the files."""
        return FolderReader(
            self.path.resolve(), {entry_id: path for entry_id, path in self._paths.items() if entry_id != path}
        )

    def _entries(self) -> list[Entry]:
        return [entry._replace(path=entry_id) for entry_id, entry in self._found.items()]

    @cached_property
    def _found(self) -> dict[str, Entry]:
        return {printable(entry.path): entry for entry, _ in _walk(self.path)}

    @property
    def _paths(self) -> dict[str, str]:
        return {entry_id: entry.path for entry_id, entry in self._found.items()}


def _walk(top: Path) -> Iterator[tuple[Entry, os.stat_result | None]]:
    """List a folder, however deep, in the same order each time; links to folders are followed once."""
    start = top.stat()
    visited = {(start.st_dev, start.st_ino)}
    waiting = [(str(top), "")]
    while waiting:
        folder, prefix = waiting.pop()
        try:
            with os.scandir(folder) as listing:
                found = sorted(listing, key=lambda entry: (entry.is_symlink(), entry.name))
        except OSError as error:
            if not prefix:
                raise DataError(
                    f"The folder {top} cannot be read ({error.strerror}); give yourself the right to."
                ) from None
            yield Entry(prefix.rstrip("/"), reason=f"a folder that cannot be read: {error.strerror}"), None
            continue
        for entry in found:
            path = prefix + entry.name
            yield (listed := _entry(entry, path, visited))
            if listed[0].is_folder and path.count("/") < DEEPEST:
                waiting.append((entry.path, f"{path}/"))


def _entry(found: "os.DirEntry[str]", path: str, visited: set[tuple[int, int]]) -> tuple[Entry, os.stat_result | None]:
    try:
        facts = found.stat()
    except OSError as error:
        return Entry(path, reason="a broken link" if found.is_symlink() else f"not to be read: {error.strerror}"), None
    if stat.S_ISREG(facts.st_mode):
        return Entry(path, facts.st_size), facts
    if not stat.S_ISDIR(facts.st_mode):
        return Entry(path, reason=f"not a regular file but {_kind(facts.st_mode)}"), facts
    # Only links can lead back; on Windows a plain folder's numbers are not to be had this cheaply.
    if found.is_symlink():
        target = Path(found.path).stat()
        if (target.st_dev, target.st_ino) in visited:
            return Entry(path, reason="a link to a folder that is listed already"), facts
        visited.add((target.st_dev, target.st_ino))
    elif facts.st_ino:
        visited.add((facts.st_dev, facts.st_ino))
    return Entry(path, is_folder=True), facts


def _kind(mode: int) -> str:
    kinds = (
        (stat.S_ISFIFO, "a named pipe"),
        (stat.S_ISSOCK, "a socket"),
        (stat.S_ISCHR, "a device"),
        (stat.S_ISBLK, "a device"),
    )
    return next((name for is_kind, name in kinds if is_kind(mode)), "something else")
