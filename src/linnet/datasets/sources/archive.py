"""A zip or tar archive of class folders, read without unpacking it to disk."""

import lzma
import stat
import tarfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeVar

from linnet.datasets.base import Item
from linnet.datasets.sources.files import TreeSource, printable
from linnet.datasets.sources.layout import Nested
from linnet.datasets.sources.reading import Reader, TarMember, TarReader, ZipMember, ZipReader, open_stream
from linnet.datasets.sources.tree import Entry
from linnet.errors import DataError
from linnet.words import count

_Member = TypeVar("_Member", ZipMember, TarMember)

_COMPRESSIONS = ((b"\x1f\x8b", "gz"), (b"BZh", "bz2"), (b"\xfd7zXZ\x00", "xz"))


@dataclass(frozen=True, kw_only=True)
class _Listing:
    """Hold what an archive's directory says.

    Attributes:
        entries: By id, in the order in which they lie.
        reader: Knows where the members lie.
        message: What is wrong with the archive, as a sentence, or "".
    """

    entries: Mapping[str, Entry]
    reader: Reader
    message: str = ""


class ArchiveSource(TreeSource):
    """A zip or tar (plain, gzip, bzip2, xz) of class folders; names in it are only names, nothing is ever unpacked.

    Args:
        path: The archive.
        nested: What to do with folders inside class folders; see `linnet.datasets.sources.folder.FolderSource`.
        name: What the user called it; "": the path.
        class_names: The published order of the classes; none: natural order.

    Raises:
        DataError: there is no such file.
    """

    def __init__(
        self, path: Path | str, *, nested: Nested = "error", name: str = "", class_names: Sequence[str] = ()
    ) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise DataError(f"There is no archive {self.path}; a zip or tar of class folders was wanted.")
        super().__init__(name=name or str(path), nested=nested, class_names=class_names)

    def fingerprint(self) -> str:
        """Hash the archive's path, size and times of change."""
        path = self.path.resolve()
        return self._seal([(str(path), path.stat())])

    def reader(self) -> Reader:
        """Return what fetches the members."""
        return self._listing.reader

    def items(self) -> tuple[Item, ...]:
        """List everything found: as in a folder, but a compressed tar as it lies, since it is read forwards only."""
        items = super().items()
        if isinstance(self._listing.reader, TarReader) and self._listing.reader.compression:
            place = {entry_id: i for i, entry_id in enumerate(self._listing.entries)}
            return tuple(sorted(items, key=lambda item: place[item.id]))
        return items

    def messages(self) -> tuple[str, ...]:
        """Say what the user should know of how the archive was understood."""
        said = self._listing.message
        return (*super().messages(), said) if said else tuple(super().messages())

    def _entries(self) -> Sequence[Entry]:
        return tuple(self._listing.entries.values())

    @cached_property
    def _listing(self) -> _Listing:
        return _list_zip(self.path) if zipfile.is_zipfile(self.path) else _list_tar(self.path)


def is_archive(path: Path) -> bool:
    """Tell whether a file is a zip or a tar, by content."""
    if zipfile.is_zipfile(path):
        return True
    try:
        return tarfile.is_tarfile(path)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return False


def _list_zip(path: Path) -> _Listing:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise DataError(f"The archive {path} cannot be read ({error}); download or pack it again.") from None
    found = [
        (
            Entry(_tidy(info.filename), info.file_size, _zip_reason(info), info.is_dir()),
            ZipMember(info.header_offset, info.compress_size, info.file_size, info.compress_type, info.CRC),
        )
        for info in infos
    ]
    entries, members = _by_id(found)
    return _Listing(entries=entries, reader=ZipReader(path.resolve(), members))


def _zip_reason(info: zipfile.ZipInfo) -> str:
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a link inside an archive"
    return "encrypted; unpack it and pack it without a password" if info.flag_bits & 1 else ""


def _list_tar(path: Path) -> _Listing:
    found: list[tuple[Entry, TarMember]] = []
    compression = message = ""
    try:
        with path.open("rb") as file:
            start = file.read(8)
        compression = next((name for magic, name in _COMPRESSIONS if start.startswith(magic)), "")
        with open_stream(path, compression) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            while (member := archive.next()) is not None:
                entry = Entry(_tidy(member.name), member.size, _tar_reason(member), member.isdir())
                found.append((entry, TarMember(member.offset_data, member.size)))
    except (OSError, EOFError, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
        if not found:
            raise DataError(f"The archive {path} cannot be read ({error}); download or pack it again.") from None
        message = (
            f"{path} is damaged behind its first {count(len(found), 'member')} ({error}); the rest could not be listed."
        )
    entries, members = _by_id(found)
    return _Listing(entries=entries, reader=TarReader(path.resolve(), compression, members), message=message)


def _tar_reason(member: tarfile.TarInfo) -> str:
    if member.isdir() or (member.isreg() and not member.issparse()):
        return ""
    return "a link inside an archive" if member.issym() or member.islnk() else "not a regular file"


def _tidy(name: str) -> str:
    """Make a relative path with forward slashes of whatever an archive says, on any system."""
    folder, _, base = name.rpartition("/")
    if "\\" in base or base in ("", "."):
        folder, base = _tidy_folder(name), ""
    else:
        folder = _tidy_folder(folder)
    return printable(f"{folder}/{base}" if folder and base else folder or base)


@lru_cache
def _tidy_folder(path: str) -> str:
    return "/".join(part for part in path.replace("\\", "/").split("/") if part not in ("", "."))


def _by_id(found: Iterable[tuple[Entry, _Member]]) -> tuple[dict[str, Entry], dict[str, _Member]]:
    """Give every entry an id of its own; of several of one name the last counts, as when unpacking."""
    entries: dict[str, Entry] = {}
    members: dict[str, _Member] = {}
    times: Counter[str] = Counter()
    for entry, member in found:
        path = entry.path
        if not path or (entry.is_folder and path in entries):
            continue
        if path in entries:
            times[path] += 1
            earlier = f"{path}#{times[path]}"
            entries[earlier] = entries[path]._replace(
                path=earlier, reason="replaced by a later member of the same name"
            )
            members[earlier] = members[path]
        if ".." in path.split("/"):
            entry = entry._replace(reason="its path leads out of the archive")  # noqa: PLW2901
        entries[path], members[path] = entry, member
    return entries, members
