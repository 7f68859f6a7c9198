"""A tree of folders as data, with the litter picked out; what its folders mean is not known here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from linnet.datasets.sources.naming import litter_reason, may_be_picture, natural_key, split_of

DEEPEST = 64
"""Folders inside folders; what lies deeper is listed and not looked at, so that a hostile archive cannot exhaust us."""


class Entry(NamedTuple):
    """One thing found in a folder or an archive.

    Attributes:
        path: Relative to the top, with forward slashes.
        size: Bytes, or -1.
        reason: Why it is no picture ("a broken link", "system litter"); "" for files to try, and for folders.
        is_folder: A folder; only empty ones need to be listed.
    """

    path: str
    size: int = -1
    reason: str = ""
    is_folder: bool = False

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(eq=False)
class Folder:
    """Hold one folder of a tree.

    Attributes:
        path: Relative to the top; "" is the top.
        files: What lies in it directly, folders and litter aside.
        folders: The folders in it, by name.
    """

    path: str
    files: list[Entry] = field(default_factory=list)
    folders: "dict[str, Folder]" = field(default_factory=dict)

    def sorted_files(self) -> list[Entry]:
        """Return its own files in the order of their names."""
        return sorted(self.files)

    def sorted_folders(self) -> "list[tuple[str, Folder]]":
        """Return (name, folder) in natural order."""
        return sorted(self.folders.items(), key=lambda pair: natural_key(pair[0]))

    def below(self) -> Iterator[Entry]:
        """Go through all files of this folder and of those inside it."""
        yield from self.sorted_files()
        for _, folder in self.sorted_folders():
            yield from folder.below()

    @property
    def is_empty(self) -> bool:
        """There is no file in it, however deep."""
        return not self.files and all(folder.is_empty for folder in self.folders.values())

    @property
    def holds_pictures(self) -> bool:
        """A file in it may be a picture, by its name."""
        return any(may_be_picture(entry.name) for entry in self.files)

    @property
    def holds_pictures_below(self) -> bool:
        """A file in it may be a picture, however deep."""
        return self.holds_pictures or any(folder.holds_pictures_below for folder in self.folders.values())


def grow(entries: Iterable[Entry]) -> tuple[Folder, list[Entry]]:
    """Arrange entries as folders.

    Returns:
        The top folder, and the litter: all entries that are hidden or a system's own, or inside such folders.
    """
    top = Folder("")
    # A text instead of a folder says why all below that path is litter.
    known: dict[str, Folder | str] = {"": top}
    litter: list[Entry] = []
    for entry in entries:
        if entry.path.count("/") > DEEPEST:
            litter.append(entry._replace(reason=f"more than {DEEPEST} folders deep"))
            continue
        if entry.is_folder:
            _folder_at(entry.path, known)
            continue
        parent = _folder_at(entry.path.rpartition("/")[0], known)
        if isinstance(parent, Folder) and not (reason := litter_reason(entry.name)):
            parent.files.append(entry)
        else:
            litter.append(entry._replace(reason=entry.reason or (parent if isinstance(parent, str) else reason)))
    return top, sorted(litter)


def _folder_at(path: str, known: dict[str, Folder | str]) -> Folder | str:
    found = known.get(path)
    if found is None:
        parent_path, _, name = path.rpartition("/")
        parent = _folder_at(parent_path, known)
        if isinstance(parent, str):
            found = parent
        else:
            found = litter_reason(name) or parent.folders.setdefault(name, Folder(path))
        known[path] = found
    return found


def look_through(top: Folder) -> Folder:
    """Go down while there is nothing but one folder of folders, as archives often have."""
    folder = top
    while len(folder.folders) == 1 and not folder.holds_pictures:
        ((name, only),) = folder.folders.items()
        if split_of(name) or only.holds_pictures or all(inner.is_empty for inner in only.folders.values()):
            break
        folder = only
    return folder


def outside(top: Folder, root: Folder) -> list[Entry]:
    """Return the files between the top and the folder that was looked through to."""
    found: list[Entry] = []
    while top is not root:
        found += top.sorted_files()
        (top,) = top.folders.values()
    return found
