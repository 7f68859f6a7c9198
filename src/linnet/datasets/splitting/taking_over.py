"""Take over the splits of a run for data that must be as they were; what became of them in the meantime is refused."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from linnet.datasets.sources.naming import listed
from linnet.datasets.splitting.marking import Wanted, fractions, with_column
from linnet.errors import DataError
from linnet.records.manifest import Manifest

_LISTED = 3


@dataclass(frozen=True, eq=False, kw_only=True)
class Before:
    """Hold what the data were when a run was made.

    Attributes:
        manifest: Every file.
        class_names: In order; empty where the run does not tell yet.
        geometry: What pictures were brought to, as plain values; empty likewise.
    """

    manifest: Manifest
    class_names: tuple[str, ...] = ()
    geometry: Mapping[str, Any] = field(default_factory=dict)


def take_over(table: Manifest, wanted: Wanted, before: Before) -> Manifest:
    """Give every picture the split, fold and status that it had when a run was made.

    Args:
        table: Every file, with splits as the source gives them.
        wanted: Which pictures would be split today.
        before: Of the run.

    Raises:
        DataError: files have changed, are gone or new, or a label, a group, a given split or the order is another.
    """
    differences = list(_differences(table, wanted, before))
    if differences:
        raise DataError(
            f"The data are not those of the run any more: {'; '.join(differences)}; "
            "bring them back as they were, or start a new run."
        )
    was = before.manifest
    position = {name: i for i, name in enumerate(was.id.tolist())}
    order = np.array([position.get(name, -1) for name in table.id.tolist()], dtype=np.int64)
    known = np.flatnonzero(order >= 0)
    for name in ("split", "status", "reason"):
        table = with_column(table, name, known, getattr(was, name)[order[known]])
    fold = table.fold.copy()
    fold[known] = was.fold[order[known]]
    return replace(table, fold=fold)


def _differences(table: Manifest, wanted: Wanted, before: Before) -> Iterator[str]:
    """Say what is not as it was, and name the first of each kind."""
    was = before.manifest
    hash_now, hash_then = _by_id(table, "content_hash"), _by_id(was, "content_hash")
    used = was.id[was.split != ""].tolist()
    gone = sorted(name for name in used if not hash_now.get(name))
    changed = sorted(name for name in used if hash_now.get(name) and hash_now[name] != hash_then[name])
    new = sorted(name for name, content in hash_now.items() if content and name not in hash_then)
    for some, word in ((changed, "changed"), (gone, "gone"), (new, "new")):
        if some:
            yield f"{len(some)} {word} ({listed(some, _LISTED)})"
    # What would be used today counts too: a picture of a class that was not asked for may have got another label.
    both = dict.fromkeys([*used, *table.id[wanted.rows].tolist()])
    asked = [name for name in both if hash_now.get(name) and name in hash_then]
    for column in ("label", "group"):
        yield from _moved(column, asked, _by_id(table, column), _by_id(was, column))
    # One that could not be read then and can be now was given a split, too, and had none.
    there = [name for name in used if hash_now.get(name)]
    yield from _moved("split", there, *_splits(table, wanted, was))
    if before.class_names and before.class_names != wanted.class_names:
        yield f"the classes are {listed(list(wanted.class_names))} and were {listed(list(before.class_names))}"
    kept = set(asked)
    now, then = ([name for name in names.tolist() if name in kept] for names in (table.id, was.id))
    if now != then:
        first = next(name for name, other in zip(now, then, strict=True) if name != other)
        yield f"the order is another from {first} on"


def _moved(column: str, names: list[str], now: dict[str, str], then: dict[str, str]) -> Iterator[str]:
    """Say how many have another value in a column of the manifest, and what the first ones had."""
    moved = [
        f"{name} from {then[name] or 'none'} to {now[name] or 'none'}" for name in names if now[name] != then[name]
    ]
    if moved:
        yield f"{len(moved)} with another {column} ({listed(moved, _LISTED)})"


def _splits(table: Manifest, wanted: Wanted, was: Manifest) -> tuple[dict[str, str], dict[str, str]]:
    """Return each picture's split as it is given and as it was; one that Linnet made of what is given is as it was."""
    parts = fractions(table.split[wanted.rows], wanted.protocol)
    now, then = _by_id(table, "split"), _by_id(was, "split")
    for name, split in then.items():
        if now.get(name) in ("train", "") and split in parts:
            now[name] = split
    return now, then


def _by_id(table: Manifest, column: str) -> dict[str, str]:
    return dict(zip(table.id.tolist(), getattr(table, column).tolist(), strict=True))
