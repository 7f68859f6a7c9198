"""Opening of a named set that is published as four IDX files, from wherever it lies; reading them is idx.py's."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from linnet.datasets.base import ArraySource, Source
from linnet.datasets.named.download import RemoteFile, fetch
from linnet.datasets.named.finding import class_folders, is_called, with_name
from linnet.datasets.named.idx import find_files, read_set
from linnet.progress import SILENT, Progress


@dataclass(frozen=True, kw_only=True)
class IdxFiles:
    """Say what is published.

    Attributes:
        mirrors: Addresses to put before a file's name.
        md5: {file name: hexadecimal checksum}.
    """

    mirrors: tuple[str, ...]
    md5: Mapping[str, str]

    def remote(self) -> list[RemoteFile]:
        """Return the files to fetch."""
        return [
            RemoteFile(name=name, urls=tuple(mirror + name for mirror in self.mirrors), md5=md5)
            for name, md5 in self.md5.items()
        ]


def open_idx_set(
    name: str,
    class_names: tuple[str, ...],
    files: IdxFiles,
    *,
    places: Sequence[Path],
    progress: Progress = SILENT,
) -> Source | ArraySource:
    """Find a set in the first place that has it, in any form, or download its IDX files to the last place.

    Args:
        name: As users write it.
        class_names: In published order.
        files: What is published.
        places: Folders to look in.
        progress: Where a download reports to.

    Raises:
        DataError: it was found, and is damaged.
        DownloadError: it is nowhere and cannot be fetched.
    """
    for place in places:
        for folder in _idx_folders(place, name, files):
            if found := find_files(folder):
                return read_set(found, name=name, class_names=class_names)
        if source := class_folders(place, name, class_names):
            return source
    target = places[-1] / name
    fetch(files.remote(), target, title=name, progress=progress)
    return read_set(find_files(target) or {}, name=name, class_names=class_names)


def _idx_folders(place: Path, name: str, files: IdxFiles) -> Iterator[Path]:
    """List where the files may lie: in folders of the set's name, torchvision's `raw` inside, or the place itself."""
    for folder in with_name(place, name):
        if folder.is_dir():
            yield folder
            yield folder / "raw"
    if is_called(place, name) or _is_this_set(place, files):
        yield place


def _is_this_set(folder: Path, files: IdxFiles) -> bool:
    """Tell sets apart whose files have the same names, by the checksum of the smallest."""
    labels = "t10k-labels-idx1-ubyte.gz"
    path = folder / labels
    return path.is_file() and hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() == files.md5[labels]
