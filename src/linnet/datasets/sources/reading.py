"""How the bytes of one file are fetched from a folder, a zip or a tar; light enough for processes that only decode.

Nothing here imports torch, directly or not: a reader is sent to other processes, which must start in no time.
"""

import bz2
import gzip
import lzma
import struct
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from linnet.errors import UnreadableImageError
from linnet.images import may_pass, read_file

_LOCAL_HEADER = struct.Struct("<26xHH")  # a zip member's own header: lengths of its name and its extra field
_BUFFER = 2**18


class Reader(ABC):
    """Fetch files by their id; may be pickled and used in another process."""

    @abstractmethod
    def read(self, file_id: str, *, limit: int) -> bytes:
        """Read one file whole.

        Raises:
            UnreadableImageError: not a regular file, more than `limit` bytes, damaged in its archive, or gone.
        """


@dataclass(eq=False)
class FolderReader(Reader):
    """Read files below a folder.

    Attributes:
        folder: Where ids start from.
        renamed: The relative path of each file whose id is not its path: names that are no UTF-8, rows of a table.
    """

    folder: Path
    renamed: Mapping[str, str] = field(default_factory=dict)

    def read(self, file_id: str, *, limit: int) -> bytes:
        """Read one file whole."""
        return read_file(self.folder / self.renamed.get(file_id, file_id), limit=limit)


@dataclass(eq=False)
class _ArchiveReader(Reader):
    """Keep an archive open between members; another process opens it for itself."""

    _file: IO[bytes] | None = field(default=None, init=False, repr=False)

    def close(self) -> None:
        """Close the archive; the next reading opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __del__(self) -> None:
        """Close the archive with its reader."""
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        """Leave the open file behind."""
        return {**self.__dict__, "_file": None}


class ZipMember(NamedTuple):
    """Say where a member's bytes lie; numbers as in the archive's directory."""

    offset: int
    compressed_size: int
    size: int
    method: int
    crc: int


@dataclass(eq=False)
class ZipReader(_ArchiveReader):
    """Read members of a zip archive at their known places.

    Opening an archive anew in each process would parse its whole directory again, half a second for 60,000 members,
    and the standard library spends several times a small member's reading time around it.

    Attributes:
        path: The archive.
        members: By id.
    """

    path: Path
    members: Mapping[str, ZipMember]

    def read(self, file_id: str, *, limit: int) -> bytes:
        """Read one member whole."""
        member = self.members[file_id]
        if max(member.size, member.compressed_size) > limit:
            raise UnreadableImageError(f"{member.size:,} bytes, more than {limit:,}", status="too large")
        try:
            if member.method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                return self._read_slowly(member, limit)
            data = _unpacked(self._stored(member), member)
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error, struct.error, lzma.LZMAError) as error:
            raise _damaged(error) from None
        except (NotImplementedError, RuntimeError) as error:
            raise UnreadableImageError(f"packed in a way that cannot be read: {error}") from None
        if len(data) != member.size or zlib.crc32(data) != member.crc:
            raise UnreadableImageError("damaged in its archive: its checksum is another")
        return data

    def _stored(self, member: ZipMember) -> bytes:
        if self._file is None:
            self._file = self.path.open("rb", buffering=_BUFFER)
        self._file.seek(member.offset)
        header = self._file.read(30)
        if not header.startswith(b"PK\x03\x04"):
            raise UnreadableImageError("damaged in its archive: there is no member where one should be")
        self._file.seek(sum(_LOCAL_HEADER.unpack(header)), 1)
        return self._file.read(member.compressed_size)

    def _read_slowly(self, member: ZipMember, limit: int) -> bytes:
        with zipfile.ZipFile(self.path) as archive:
            info = next(info for info in archive.infolist() if info.header_offset == member.offset)
            with archive.open(info) as file:
                return file.read(limit + 1)


def _damaged(error: Exception) -> UnreadableImageError:
    if may_pass(error):
        return UnreadableImageError(f"its archive cannot be read: {error}", lasting=False)
    return UnreadableImageError(f"damaged in its archive: {error}")


def _unpacked(data: bytes, member: ZipMember) -> bytes:
    if member.method == zipfile.ZIP_STORED:
        return data
    # No more than it claims to hold, and one byte to see that it lied: a bomb never unfolds.
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, member.size + 1)


class TarMember(NamedTuple):
    """Say where a member's bytes lie in the unpacked stream."""

    offset: int
    size: int


@dataclass(eq=False)
class TarReader(_ArchiveReader):
    """Read members of a tar archive at their known places.

    A compressed one can only be read forwards: members are asked for in the order in which they lie, and going back
    begins anew.

    Attributes:
        path: The archive.
        compression: "", "gz", "bz2" or "xz".
        members: By id.
    """

    path: Path
    compression: str
    members: Mapping[str, TarMember]

    def read(self, file_id: str, *, limit: int) -> bytes:
        """Read one member whole."""
        member = self.members[file_id]
        if member.size > limit:
            raise UnreadableImageError(f"{member.size:,} bytes, more than {limit:,}", status="too large")
        try:
            if self._file is None:
                self._file = open_stream(self.path, self.compression)
            self._file.seek(member.offset)
            data = self._file.read(member.size)
        except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
            self.close()
            raise _damaged(error) from None
        if len(data) != member.size:
            raise UnreadableImageError("damaged in its archive: it ends too early")
        return data


def open_stream(path: Path, compression: str) -> IO[bytes]:
    """Open a file that may be compressed, unpacking as it is read."""
    if compression == "gz":
        return cast(IO[bytes], gzip.open(path, "rb"))
    if compression == "bz2":
        return cast(IO[bytes], bz2.open(path, "rb"))
    if compression == "xz":
        return cast(IO[bytes], lzma.open(path, "rb"))
    return path.open("rb", buffering=_BUFFER)
