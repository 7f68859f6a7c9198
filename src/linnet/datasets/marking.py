"""Mark in the manifest what checks have found, and which split each picture belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from linnet.datasets import splits
from linnet.errors import DataError
from linnet.records.experiment import Protocol
from linnet.records.manifest import SPLITS, Manifest, Texts, texts_of

Positions = npt.NDArray[np.int64]


def note(table: Manifest, notes: Mapping[int, tuple[str, str]]) -> Manifest:
    """Set status and reason of some rows: {row: (status, reason)}."""
    status, reason = table.status.tolist(), table.reason.tolist()
    for row, (new_status, new_reason) in notes.items():
        status[row], reason[row] = new_status, new_reason
    return replace(table, status=texts_of(status), reason=texts_of(reason))


def select_classes(table: Manifest, class_names: Sequence[str]) -> Manifest:
    """Mark pictures of other classes as ignored, and take them out of their split."""
    unwanted = (table.status == "used") & ~np.isin(table.label, class_names)
    marked = note(table, {int(row): ("ignored", "of a class that was not asked for") for row in np.flatnonzero(unwanted)})
    return with_column(marked, "split", np.flatnonzero(unwanted), "")


def with_column(table: Manifest, name: str, rows: Positions, values: str | Texts) -> Manifest:
    """Replace some entries of a text column, however long the new ones are."""
    column = getattr(table, name).astype(object)
    column[rows] = values
    return replace(table, **{name: texts_of(column.tolist())})


def split(
    table: Manifest, rows: Positions, labels: Positions, class_names: Sequence[str], sides: Positions,
    protocol: Protocol, seed: int,
) -> tuple[Manifest, list[str]]:
    """Give every picture its split, and its fold where folds are wanted.

    Splits that the source gives are kept. What it lacks is taken from its training pictures, stratified, never parting
    pictures that belong together.

    Args:
        table: Every file; the split column as the source gave it.
        rows: (n,) int64, the rows to split.
        labels: (n,) int64, their classes.
        class_names: For messages.
        sides: (n,) int64, what must stay together.
        protocol: Fractions and folds.
        seed: Decides the split.

    Returns:
        The manifest with splits, and what the user should know.

    Raises:
        DataError: a class is too small, or the source gives no training pictures.
    """
    given = table.split[rows]
    hashes = table.content_hash[rows]
    has = {name: bool(np.any(given == name)) for name in SPLITS}
    said = []
    if any(has.values()) and not (has["train"] or np.any(given == "")):
        raise DataError("The source gives a split but no training pictures; a train/ folder or split was wanted.")
    pool = np.flatnonzero((given == "train") | (given == "")) 
    wanted = fractions(has, protocol)
    if any(has.values()) and np.any(given == ""):
        said.append(f"{int(np.sum(given == ''))} pictures have no split where others do; they count as training pictures.")
    assigned = given.astype(object)
    assigned[pool] = splits.assign(labels[pool], sides[pool], hashes[pool], fractions=wanted, seed=seed, class_names=class_names) if len(wanted) > 1 else "train"
    if any(has.values()):
        said += [_made(name, assigned, has) for name in wanted if name != "train"]
    marked = with_column(table, "split", rows, texts_of(assigned.tolist()))
    if not protocol.folds:
        return marked, said
    pool = np.flatnonzero(assigned != "test")
    fold = marked.fold.copy()
    fold[rows[pool]] = splits.folds(labels[pool], sides[pool], hashes[pool], n_folds=protocol.folds, seed=seed)
    return replace(marked, fold=fold), said


def fractions(has: Mapping[str, bool], protocol: Protocol) -> dict[str, float]:
    """Say into what the training pictures of a source are divided: the splits it does not give itself.

    Folds need no validation split.
    """
    wanted = {}
    if not has["valid"] and not protocol.folds:
        wanted["valid"] = protocol.valid_fraction
    if not has["test"]:
        wanted["test"] = protocol.test_fraction
    return {"train": 1 - sum(wanted.values()), **wanted}


def take_over(table: Manifest, expected: Manifest) -> Manifest:
    """Give every picture the split and fold that it had when a run was made.

    Raises:
        DataError: files have changed, are gone, or are new since.
    """
    was = {i: (h, s, f, st, r) for i, h, s, f, st, r in zip(expected.id.tolist(), expected.content_hash.tolist(), expected.split.tolist(), expected.fold.tolist(), expected.status.tolist(), expected.reason.tolist(), strict=True)}
    now = dict(zip(table.id.tolist(), table.content_hash.tolist(), strict=True))
    used = {i for i, facts in was.items() if facts[1]}
    gone = sorted(i for i in used if not now.get(i))
    changed = sorted(i for i in used if now.get(i) and now[i] != was[i][0])
    new = sorted(i for i in now if now[i] and i not in was)
    if gone or changed or new:
        parts = [_some(names, word) for names, word in ((changed, "changed"), (gone, "gone"), (new, "new")) if names]
        raise DataError(f"The files are not those of the run any more: {'; '.join(parts)}; bring them back, or climb again.")
    order = [was[i] for i in table.id.tolist()]
    return replace(
        table,
        split=texts_of([facts[1] for facts in order]),
        fold=np.array([facts[2] for facts in order], dtype=np.int64),
        status=texts_of([facts[3] for facts in order]),
        reason=texts_of([facts[4] for facts in order]),
    )


def _made(name: str, assigned: npt.NDArray[np.object_], has: Mapping[str, bool]) -> str:
    n = int(np.sum(assigned == name))
    given = ", ".join(split for split in SPLITS if has[split])
    word = {"valid": "validation", "test": "test"}[name]
    return f"The source gives {given} but no {word} split; {n} of its training pictures became one."


def _some(names: Sequence[str], word: str) -> str:
    shown = ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
    return f"{len(names)} {word} ({shown})"
