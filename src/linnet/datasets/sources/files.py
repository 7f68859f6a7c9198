"""What all sources made of files have in common: a light reader, and a tree that is understood once."""

import hashlib
import os
import secrets
import time
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from linnet.datasets.base import Item, Source
from linnet.datasets.sources.layout import Layout, Nested, understand
from linnet.datasets.sources.naming import listed
from linnet.datasets.sources.reading import Reader
from linnet.datasets.sources.tree import Entry
from linnet.errors import DataError

_FRESH_NANOSECONDS = 2_000_000_000


class FileSource(Source):
    """A source whose files are fetched by a reader, which can be sent to other processes without torch."""

    @abstractmethod
    def reader(self) -> Reader:
        """Return what fetches the files."""

    def read(self, item: Item, *, limit: int) -> bytes:
        """Read one file whole; see `Source.read`."""
        return self._kept_reader.read(item.id, limit=limit)

    @cached_property
    def _kept_reader(self) -> Reader:
        return self.reader()


@dataclass(eq=False)
class SourceReader(Reader):
    """Fetch files from a source that brings no reader of its own; slower to start in another process."""

    source: Source

    def read(self, file_id: str, *, limit: int) -> bytes:
        """Read one file whole."""
        return self.source.read(Item(id=file_id, label=None), limit=limit)


class TreeSource(FileSource):
    """A source that is a tree of class folders, on a disk or in an archive.

    Args:
        name: What the user called it.
        nested: What to do with folders inside class folders; see `linnet.datasets.layout.understand`.
        class_names: The published order of the classes; none: natural order.
    """

    def __init__(self, *, name: str, nested: Nested, class_names: Sequence[str]) -> None:
        self._name = name
        self._nested: Nested = nested
        self._order = tuple(class_names)

    @property
    def name(self) -> str:
        """What the user called it."""
        return self._name

    @property
    def class_names(self) -> tuple[str, ...]:
        """Every class, in published or natural order.

        Raises:
            DataError: classes were found that are not among the published ones.
        """
        found = self._layout.class_names
        unknown = [n for n in found if n not in self._order]
        if self._order and unknown:
            raise DataError(f"{self._name} has classes that do not belong to the set: {listed(unknown)}; remove them.")
        return self._order or found

    def items(self) -> tuple[Item, ...]:
        """List everything found: train, valid, test; classes in order; then what is ignored."""
        return self._layout.items

    def messages(self) -> tuple[str, ...]:
        """Say what the user should know of how the tree was understood."""
        return self._layout.messages

    @cached_property
    def _layout(self) -> Layout:
        return understand(self._entries(), name=self._name, nested=self._nested)

    @abstractmethod
    def _entries(self) -> Iterable[Entry]:
        """List what is there."""

    def _seal(self, stats: Iterable[tuple[str, os.stat_result]]) -> str:
        return seal(stats, type(self).__name__, self._nested, self._order)


def seal(stats: Iterable[tuple[str, os.stat_result]], *settings: object) -> str:
    """Make a fingerprint of files out of their paths, sizes and times of change, without reading them.

    A file that was changed within the last two seconds could be changed again without its time moving (clocks of file
    systems are that coarse), so then the fingerprint is one that never comes again, and nothing is found under it.

    Args:
        stats: Each file's path, and what the system says of it.
        settings: What else decides how the files are understood.
    """
    sealed = hashlib.sha256(repr(settings).encode())
    newest = 0
    for path, stat in stats:
        changed = max(stat.st_mtime_ns, stat.st_ctime_ns)
        newest = max(newest, changed)
        facts = (path, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)
        sealed.update(repr(facts).encode(errors="surrogatepass"))
    if abs(time.time_ns() - newest) < _FRESH_NANOSECONDS:
        sealed.update(secrets.token_bytes(16))
    return sealed.hexdigest()


def printable(name: str) -> str:
    """Write a file name that is no UTF-8 with its odd bytes in hexadecimal, so that any file can hold it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode(errors="backslashreplace")
    return name
