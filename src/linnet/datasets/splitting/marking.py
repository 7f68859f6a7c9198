"""Mark in the manifest what checks have found, and which split each picture belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from linnet.datasets.sources.naming import listed
from linnet.datasets.splitting import sides, splits
from linnet.datasets.splitting.duplicates import Duplicates
from linnet.errors import DataError
from linnet.records.experiment import Protocol
from linnet.records.manifest import SPLITS, Manifest, Texts, texts_of
from linnet.words import agree, count

Positions = npt.NDArray[np.int64]


def note(table: Manifest, notes: Mapping[int, tuple[str, str]]) -> Manifest:
    """Set the status of some rows, and put a reason before the one they have: {row: (status, reason)}."""
    status, reason = table.status.tolist(), table.reason.tolist()
    for row, (new_status, new_reason) in notes.items():
        status[row] = new_status
        reason[row] = f"{new_reason}; {reason[row]}" if reason[row] else new_reason
    return replace(table, status=texts_of(status), reason=texts_of(reason))


def with_column(table: Manifest, name: str, rows: Positions, values: str | Texts) -> Manifest:
    """Replace some entries of a text column, however long the new ones are."""
    column = getattr(table, name).astype(object)
    column[rows] = values
    changed: dict[str, Any] = {name: texts_of(column.tolist())}
    return replace(table, **changed)


def select_classes(table: Manifest, class_names: Sequence[str]) -> Manifest:
    """Mark pictures of other classes as ignored, and take them out of their split."""
    unwanted = np.flatnonzero((table.status == "used") & ~np.isin(table.label, class_names))
    reason = "of a class that was not asked for"
    marked = note(table, dict.fromkeys(unwanted.tolist(), ("ignored", reason)))
    return with_column(marked, "split", unwanted, "")


def mark_scored(table: Manifest, scored: Positions, unknown: Positions) -> Manifest:
    """Mark pictures that a run is scored on as its test, and those of classes that it does not know as ignored.

    Args:
        table: Every file, with splits as the source gives them, which do not matter here.
        scored: (n,) int64, rows.
        unknown: (m,) int64, rows.
    """
    marked = note(table, dict.fromkeys(unknown.tolist(), ("ignored", "of a class unknown to the run")))
    unsplit = with_column(marked, "split", np.arange(len(table)), "")
    return with_column(unsplit, "split", scored, "test")


def mark_duplicates(
    table: Manifest, rows: Positions, found: Duplicates, *, drop: Sequence[str]
) -> tuple[Manifest, npt.NDArray[np.bool_]]:
    """Give copies and conflicts their status, and near copies a remark.

    Args:
        table: Every file.
        rows: (n,) int64, the rows that `found` speaks of, in its order.
        found: What is the same.
        drop: Which of "duplicates" and "conflicting" to leave out; a copy goes, its first occurrence stays; of a
            conflict all go, because nobody knows which label is right.

    Returns:
        The manifest, and (n,) bool: which are left out; their split is empty.
    """
    ids, labels = table.id[rows], table.label[rows]
    is_copy, conflicting = found.is_copy, found.conflicting
    out = (conflicting if "conflicting" in drop else np.zeros(len(rows), np.bool_)) | (
        is_copy & ~conflicting if "duplicates" in drop else np.zeros(len(rows), np.bool_)
    )
    notes: dict[int, tuple[str, str]] = {}
    for group in found.exact_groups():
        for position in group.tolist():
            other = int(group[0]) if position != group[0] else int(group[1])
            ending = "; left out" if out[position] else ""
            if conflicting[position]:
                other = next(i for i in group.tolist() if labels[i] != labels[position])
                text = f"the same picture as {ids[other]}, which is labeled {labels[other]}"
                notes[int(rows[position])] = ("conflicting", text + ending)
            elif is_copy[position]:
                notes[int(rows[position])] = ("duplicate", f"the same picture as {ids[other]}{ending}")
    for pair in found.pairs:
        row = int(rows[pair.second])
        mirrored = " in a mirror" if pair.mirrored else ""
        notes.setdefault(row, (str(table.status[row]), f"nearly the same as {ids[pair.first]}{mirrored}"))
    marked = note(table, notes)
    return with_column(marked, "split", rows[out], ""), out


@dataclass(frozen=True, eq=False, kw_only=True)
class Wanted:
    """Say what is to be split, and how.

    Attributes:
        rows: (n,) int64, rows of the manifest.
        labels: (n,) int64, their classes.
        sides: (n,) int64, what must stay together.
        class_names: For messages.
        protocol: Fractions and folds.
    """

    rows: Positions
    labels: Positions
    sides: Positions
    class_names: tuple[str, ...]
    protocol: Protocol


def split(table: Manifest, wanted: Wanted, *, seed: int) -> Manifest:
    """Give every picture its split, and its fold where folds are wanted.

    Splits that the source gives are kept. What it lacks is taken from its training pictures, stratified, never parting
    pictures that belong together.

    Raises:
        DataError: a class is too small, or the source gives no training pictures.
    """
    rows, protocol = wanted.rows, wanted.protocol
    given, hashes = table.split[rows], table.content_hash[rows]
    pool = np.flatnonzero((given == "train") | (given == ""))
    if not len(pool):
        raise DataError("The source gives splits but no training pictures; a train folder or split was wanted.")
    parts = fractions(given, protocol)
    assigned = given.astype(object)
    assigned[pool] = "train"
    if len(parts) > 1:
        assigned[pool] = splits.assign(
            wanted.labels[pool],
            wanted.sides[pool],
            hashes[pool],
            fractions=parts,
            seed=seed,
            class_names=wanted.class_names,
            # A training picture with a copy in a given split stays in training: it must not come into another one too.
            stay=np.isin(wanted.sides[pool], wanted.sides[np.isin(given, ("valid", "test"))]),
        )
    marked = with_column(table, "split", rows, texts_of(assigned.tolist()))
    if not _given(given):
        sides.check_disjoint(texts_of(assigned.tolist()), wanted.sides)
    if protocol.folds:
        inside = np.flatnonzero(assigned != "test")
        fold = marked.fold.copy()
        fold[rows[inside]] = splits.folds(
            wanted.labels[inside],
            wanted.sides[inside],
            hashes[inside],
            n_folds=protocol.folds,
            seed=seed,
            class_names=wanted.class_names,
        )
        marked = replace(marked, fold=fold)
    return marked


def fractions(given: Texts, protocol: Protocol) -> dict[str, float]:
    """Say into what the training pictures of a source are divided: the splits that it does not give itself.

    Folds need no validation split.

    Args:
        given: (n,) str, the splits that the source gives.
        protocol: Fractions and folds.
    """
    parts, has = {}, _given(given)
    if "valid" not in has and not protocol.folds:
        parts["valid"] = protocol.valid_fraction
    if "test" not in has:
        parts["test"] = protocol.test_fraction
    return {"train": 1 - sum(parts.values()), **parts}


def split_messages(given: Texts, assigned: Texts, protocol: Protocol) -> list[str]:
    """Say what was made of splits that the source gives in part.

    Args:
        given: (n,) str, the splits that the source gives.
        assigned: (n,) str, those that pictures have.
        protocol: Fractions and folds.
    """
    has = _given(given)
    if not has:
        return []
    said = []
    if n := int(np.sum(given == "")):
        count_as = agree(n, "it counts as a training picture", "they count as training pictures")
        said.append(f"{count(n, 'picture')} {agree(n, 'has', 'have')} no split where others have one; {count_as}.")
    gives = " and ".join(has)
    for name in fractions(given, protocol):
        if name != "train":
            n, word = int(np.sum(assigned == name)), {"valid": "validation", "test": "test"}[name]
            said.append(f"The source gives {gives} but no {word} split; {n:,} of its training pictures became one.")
    return said


def _given(given: Texts) -> list[str]:
    """Return the splits that occur, in their order."""
    return [name for name in SPLITS if np.any(given == name)]


@dataclass(frozen=True, kw_only=True)
class Leaks:
    """Hold how many pictures of one split have a copy, or others of their group, in another, and what to say of it."""

    counts: dict[str, int]
    messages: tuple[str, ...]


def leaks(table: Manifest, rows: Positions, found: Duplicates) -> Leaks:
    """Count the pictures of each later split that are the same as one of an earlier split, exactly or nearly."""
    split_of = table.split[rows]
    counts = {name: n for name, n in sides.leaks(split_of, found.clusters).items() if n}
    test = count(int(np.sum(split_of == "test")), "test picture")
    messages = [
        f"{n:,} of {test} {agree(n, 'has', 'have')} a copy or a near copy in {name.split('-')[0]}, "
        "as the source gives its splits; nothing was moved, but test numbers may flatter."
        for name, n in counts.items()
        if name.endswith("-test")
    ]
    return Leaks(counts=counts, messages=tuple(messages))


def group_leaks(table: Manifest, rows: Positions) -> Leaks:
    """Count the pictures of each later split whose given group stands in an earlier split, too."""
    split_of, groups = table.split[rows], table.group[rows]
    together = sides.join_sides(groups, np.arange(len(rows)))
    counts = {name: n for name, n in sides.leaks(split_of, together).items() if n}
    said = []
    for name, n in counts.items():
        if name.endswith("-test"):
            earlier = name.split("-")[0]
            parted = np.unique(groups[sides.leaked(split_of, together, earlier, "test")]).tolist()
            n_test = int(np.sum(split_of == "test"))
            said.append(
                f"{n} of {n_test} test pictures {'is' if n == 1 else 'are'} of a group that {earlier} has as well "
                f"({listed(parted, 3)}), as the source gives its splits; nothing was moved, but numbers may flatter."
            )
    return Leaks(counts=counts, messages=tuple(said))


def warnings(table: Manifest, rows: Positions, class_names: Sequence[str], found: Duplicates) -> list[str]:
    """Say what to look at before believing the numbers: files left out, empty and rare classes, copies, conflicts."""
    said = _left_out(table)
    counts = {name: int(np.sum((table.split[rows] != "") & (table.label[rows] == name))) for name in class_names}
    empty = [name for name, n in counts.items() if n == 0]
    if empty:
        stay = agree(len(empty), "has no picture and stays a class", "have no picture and stay classes")
        said.append(f"{count(len(empty), 'class')} {stay} all the same: {listed(empty)}.")
    filled = {name: n for name, n in counts.items() if n}
    most, least = max(filled, key=lambda name: filled[name]), min(filled, key=lambda name: filled[name])
    if filled[most] > 3 * filled[least]:
        said.append(
            f"Classes are unequal: {most} has {filled[most]} pictures, {least} has {filled[least]}; "
            "look at balanced accuracy, or add --balance."
        )
    if n := int(found.is_copy.sum()):
        said.append(
            f"{count(n, 'picture')} {agree(n, 'is a copy of another; it is', 'are copies of others; they are')} listed "
            f"and {agree(n, 'stays', 'stay')} on the same side of every split made here."
        )
    if n := int(found.conflicting.sum()):
        said.append(
            f"{count(n, 'picture')} {agree(n, 'has', 'have')} an exact copy with another label; at most one label of "
            "each picture can be right; see manifest.csv."
        )
    return said


def _left_out(table: Manifest) -> list[str]:
    """Count the files that should be pictures and could not be used, and name the first of them."""
    rows = np.flatnonzero(np.isin(table.status, ("unreadable", "too large"))).tolist()
    if not rows:
        return []
    named = listed([f"{table.id[row]} ({table.reason[row]})" for row in rows], 2)
    n = f"{len(rows):,} of {count(len(table), 'file')}"
    return [f"{n} could not be used and {agree(len(rows), 'is', 'are')} left out: {named}."]
