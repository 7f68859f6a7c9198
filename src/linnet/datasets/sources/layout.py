"""What a tree of folders means: splits, classes, and what belongs to none; disks and archives are not known here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from linnet.datasets.base import Item
from linnet.datasets.sources.naming import listed, natural_key, split_of
from linnet.datasets.sources.tree import Entry, Folder, grow, look_through, outside
from linnet.errors import DataError
from linnet.records.manifest import SPLITS
from linnet.words import count

Nested = Literal["error", "join", "path"]

_OUTSIDE = "outside the class folders"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Hold what a tree of folders was understood to be.

    Attributes:
        items: Everything found: train, valid, test; classes in natural order; names in order; then what is ignored.
        class_names: In natural order.
        messages: What the user should know, as whole sentences.
    """

    items: tuple[Item, ...]
    class_names: tuple[str, ...]
    messages: tuple[str, ...]


@dataclass(eq=False)
class _Found:
    """Collect what the class folders hold.

    Attributes:
        items: Labelled, also those that cannot be read.
        ignored: Without a label.
        classes: The class names of each split, in natural order.
        questions: Folders inside class folders that need a decision.
    """

    items: list[Item]
    ignored: list[Item]
    classes: dict[str, list[str]]
    questions: list[str]


def understand(entries: Iterable[Entry], *, name: str, nested: Nested = "error") -> Layout:
    """Find splits and classes in a tree of folders.

    Args:
        entries: All files, and at least the empty folders.
        name: What the user called the tree, for messages.
        nested: What to do with folders inside class folders. "error": ask; "join": what they hold belongs to the
            class folder around them; "path": each is a class of its own, named by its path.

    Raises:
        DataError: empty, no class folders, or a decision is needed.
    """
    top, litter = grow(entries)
    root = look_through(top)
    splits = _split_folders(root, name)
    stray = outside(top, root) + (_beside(root, splits) if splits else [])
    found = _Found([], [_ignored(e) for e in litter] + [_ignored(e, _OUTSIDE) for e in stray], {}, [])
    for split, folder in (splits or {"": root}).items():
        found.ignored += [_ignored(entry, _OUTSIDE) for entry in folder.sorted_files()]
        found.classes[split] = []
        for class_name, class_folder in folder.sorted_folders():
            _add_class(found, class_name, class_folder, split, nested)
    _refuse(found, name)
    class_names = tuple(sorted({n for names in found.classes.values() for n in names}, key=natural_key))
    messages = [f"{name} holds one folder only, {root.path}; it was looked into."] if root is not top else []
    messages += _messages(found, class_names)
    return Layout(items=(*found.items, *found.ignored), class_names=class_names, messages=tuple(messages))


def _ignored(entry: Entry, reason: str = "") -> Item:
    return Item(id=entry.path, label=None, reason=entry.reason or reason, size=entry.size)


def _labelled(entries: Iterable[Entry], label: str, split: str) -> list[Item]:
    return [Item(id=e.path, label=label, split=split, reason=e.reason, size=e.size) for e in entries]


def _split_folders(root: Folder, name: str) -> dict[str, Folder]:
    """Return the folders of the splits, train first; none where the folders are classes."""
    found = [(split_of(folder_name), folder_name, folder) for folder_name, folder in root.sorted_folders()]
    inner = [any(not inside.is_empty for inside in folder.folders.values()) for _, _, folder in found]
    certain = any(
        split and has and not folder.holds_pictures for (split, _, folder), has in zip(found, inner, strict=True)
    )
    # A class may be called "train", among cars and ships; but not where every folder has the name of a split.
    if not certain and not (any(inner) and all(split for split, _, _ in found)):
        return {}
    for split in SPLITS:
        same = [folder_name for found_split, folder_name, _ in found if found_split == split]
        if len(same) > 1:
            raise DataError(
                f"{name} has the folders {' and '.join(same)}, which mean the same split; keep one of them."
            )
    others = [folder_name for split, folder_name, folder in found if not split and folder.holds_pictures_below]
    if others:
        known = listed([folder_name for split, folder_name, _ in found if split])
        raise DataError(
            f"{name} has the split folders {known} and beside them folders with pictures ({listed(others)}); "
            "move the ones or the others away."
        )
    return {split: folder for split in SPLITS for found_split, _, folder in found if found_split == split}


def _beside(root: Folder, splits: dict[str, Folder]) -> list[Entry]:
    others = [folder for _, folder in root.sorted_folders() if folder not in splits.values()]
    return root.sorted_files() + [entry for folder in others for entry in folder.below()]


def _add_class(found: _Found, name: str, folder: Folder, split: str, nested: Nested) -> None:
    """Add a class folder's items, and the classes that it makes."""
    if nested == "join":
        found.items += _labelled(folder.below(), name, split)
        found.classes[split].append(name)
        return
    found.items += _labelled(folder.sorted_files(), name, split)
    if nested == "error" or folder.files or not folder.folders:
        found.classes[split].append(name)
    for inner_name, inner in folder.sorted_folders():
        if nested == "path":
            _add_class(found, f"{name}/{inner_name}", inner, split, nested)
            continue
        found.ignored += [_ignored(entry, "in a folder inside a class folder") for entry in inner.below()]
        if inner.holds_pictures_below:
            found.questions.append(inner.path)


def _refuse(found: _Found, name: str) -> None:
    if found.questions:
        raise DataError(
            f"{name} has folders inside class folders ({listed(found.questions, 3)}); choose nested=join, where all "
            "they hold belongs to the class folder, or nested=path, where each is a class of its own."
        )
    class_names = [class_name for names in found.classes.values() for class_name in names]
    n_outside = sum(item.reason == _OUTSIDE for item in found.ignored)
    if not class_names and n_outside:
        raise DataError(
            f"{name} holds {count(n_outside, 'file')} but no class folders; "
            "put the pictures of each class into a folder of their own."
        )
    if not class_names:
        raise DataError(f"{name} is empty; a folder with one folder of pictures per class was wanted.")
    if all(item.reason for item in found.items):
        raise DataError(f"{name} has class folders ({listed(class_names)}) with no file in them; put pictures there.")


def _messages(found: _Found, class_names: tuple[str, ...]) -> list[str]:
    said = []
    for split, names in found.classes.items():
        missing = [class_name for class_name in class_names if class_name not in names]
        if missing:
            said.append(
                f"The {split} split has no folder for {listed(missing)}, which another split has; "
                "classes are matched by name."
            )
    filled = {item.label for item in found.items if not item.reason}
    empty = [class_name for class_name in class_names if class_name not in filled]
    if empty:
        said.append(f"Without a single file, and kept as classes all the same: {listed(empty)}.")
    return said
