"""Looking for a named set in one folder: by its name in any spelling, as class folders or as an archive of them."""

from collections.abc import Sequence
from pathlib import Path

from linnet.datasets.base import Source
from linnet.datasets.sources.archive import ArchiveSource
from linnet.datasets.sources.folder import FolderSource
from linnet.datasets.sources.naming import split_of

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


def is_called(path: Path, name: str) -> bool:
    """Tell whether a file or folder has a set's name, whatever the case, hyphens and underscores.

    Example:
        >>> is_called(Path("data/Fashion_MNIST"), "fashion-mnist")
        True
    """
    return _plain(path.name) == _plain(name)


def with_name(place: Path, name: str) -> list[Path]:
    """Return what lies in a folder under a set's name, also as an archive, sorted; nothing where there is no folder."""
    try:
        inside = sorted(place.iterdir())
    except OSError:
        return []
    return [path for path in inside if is_called(path, name) or _plain(_without_suffix(path.name)) == _plain(name)]


def class_folders(place: Path, name: str, class_names: Sequence[str]) -> Source | None:
    """Open class folders of a set, or an archive of them, where a folder has them under the set's name.

    Args:
        place: The folder to look in; it may be the set's own.
        name: As users write it.
        class_names: In published order, which the source takes over.

    Returns:
        The source; None where there is none. What is in an archive shows when it is read.
    """
    for path in [*with_name(place, name), *([place] if is_called(place, name) else [])]:
        if path.is_dir() and _has_class_folders(path, class_names):
            return FolderSource(path, name=name, class_names=class_names)
        if path.is_file() and _without_suffix(path.name) != path.name:
            return ArchiveSource(path, name=name, class_names=class_names)
    return None


def _has_class_folders(folder: Path, class_names: Sequence[str]) -> bool:
    try:
        inside = [path for path in folder.iterdir() if path.is_dir()]
        inside += [inner for path in inside if split_of(path.name) for inner in path.iterdir() if inner.is_dir()]
    except OSError:
        return False
    return any(path.name in class_names for path in inside)


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _without_suffix(name: str) -> str:
    suffix = next((suffix for suffix in _ARCHIVES if name.lower().endswith(suffix)), "")
    return name[: len(name) - len(suffix)]
