"""Understand what a user typed as DATA: a path, a name, and classes in brackets."""

import re
import zipfile
from pathlib import Path

from linnet import catalog
from linnet.datasets.base import ArraySource, Source
from linnet.datasets.named.places import places
from linnet.datasets.named.torchvision_sets import open_named
from linnet.datasets.sources.archive import ArchiveSource, is_archive
from linnet.datasets.sources.folder import FolderSource
from linnet.datasets.sources.table import TableSource
from linnet.errors import DataError, UnknownNameError, nearest_name
from linnet.progress import SILENT, Progress
from linnet.records.experiment import DataSpec

_ARCHIVES = (".zip", ".tar", ".gz", ".tgz")
_TABLES = (".csv", ".tsv", ".txt")


def split_classes(text: str) -> tuple[str, tuple[str, ...]]:
    """Take the class names in brackets off a source.

    Returns:
        The source, and the class names; none where all classes are wanted.

    Raises:
        DataError: empty brackets, or one class twice.

    Example:
        >>> split_classes("cifar10[bird, airplane]")
        ('cifar10', ('bird', 'airplane'))
    """
    found = re.fullmatch(r"(.+)\[(.*)\]", text)
    if found is None or Path(text).exists():
        return text, ()
    names = tuple(name.strip() for name in found[2].split(",") if name.strip())
    if len(names) < 2 or len(set(names)) < len(names):
        raise DataError(
            f"Brackets want at least two different classes, as in cifar10[bird,airplane]; they hold {found[2]!r}."
        )
    return found[1], names


def absolute(text: str) -> str:
    """Make the path in a source absolute; names stay as they are."""
    source, names = split_classes(text)
    path = Path(source).expanduser()
    if not path.exists():
        return text
    return str(path.resolve()) + (f"[{','.join(names)}]" if names else "")


def open_source(spec: DataSpec, *, progress: Progress = SILENT) -> tuple[Source | ArraySource, tuple[str, ...]]:
    """Open whatever a user typed.

    Returns:
        The source, and the classes that are wanted; none: all.

    Raises:
        DataError: no such file or folder, or one of a kind that holds no labelled pictures.
        UnknownNameError: neither a path nor a known name; names the nearest.
        DownloadError: a known set that is not on this machine and cannot be fetched.
    """
    text, names = split_classes(spec.source)
    path = Path(text).expanduser()
    if path.is_dir():
        return FolderSource(path, nested=spec.nested), names
    if path.is_file():
        return _open_file(path, spec), names
    if path.exists():
        raise DataError(
            f"{text} is neither a file nor a folder; give a folder of class folders, an archive or a CSV file."
        )
    if _looks_like_a_path(text):
        near = _path_near(path)
        guess = f"did you mean {near}? Otherwise " if near else ""
        raise DataError(
            f"There is no file or folder {text}; {guess}give a folder of class folders, a zip or tar of one, or a CSV."
        )
    try:
        return open_named(text, places(), progress=progress), names
    except UnknownNameError as error:
        hint = nearest_name(text, [*error.known, *_sources_in(Path())])
        known = f"sets are {', '.join(catalog.names('datasets'))}, and torchvision's by class name (STL10)."
        raise DataError(
            f"There is no folder or file {text!r} here, and no data set of that name; "
            f"{f'did you mean {hint!r}? Named' if hint else 'named'} {known}"
        ) from None


def _open_file(path: Path, spec: DataSpec) -> Source:
    if path.suffix.lower() in _TABLES:
        return TableSource(path)
    if is_archive(path) or zipfile.is_zipfile(path):
        return ArchiveSource(path, nested=spec.nested)
    raise DataError(f"{path} is a single file of an unknown kind; a folder, a zip or tar, or a CSV file was wanted.")


def _looks_like_a_path(text: str) -> bool:
    return any(mark in text for mark in "/\\~") or Path(text).suffix.lower() in (*_ARCHIVES, ".csv")


def _path_near(path: Path) -> Path | None:
    """Guess which path was meant: the first part that is not there is compared with what lies beside it."""
    missing = next((part for part in reversed([path, *path.parents]) if not part.exists()), path)
    hint = nearest_name(missing.name, _sources_in(missing.parent))
    near = None if hint is None else missing.parent / hint / path.relative_to(missing)
    return near if near and near.exists() else None


def _sources_in(folder: Path) -> list[str]:
    """Return the names of what may hold pictures in a folder: folders, archives and tables, by their names."""
    try:
        return sorted(
            entry.name
            for entry in folder.iterdir()
            if not entry.name.startswith(".") and (entry.suffix.lower() in (*_ARCHIVES, *_TABLES) or entry.is_dir())
        )
    except OSError:  # no folder, or one that may not be listed: then there is no guess
        return []
