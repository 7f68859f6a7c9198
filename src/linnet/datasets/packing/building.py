"""How a pack is made: read, hash and decode every file on all cores, then put the result in its place at once."""

import contextlib
import gc
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from linnet.datasets.base import Item, Source
from linnet.datasets.packing import shelf as shelves
from linnet.datasets.packing.decoding import Job, Outcome
from linnet.datasets.packing.shelf import PIXELS, Shelf, Stored
from linnet.datasets.packing.survey import Wanted, choose_geometry, summarize
from linnet.datasets.packing.workers import Workers
from linnet.datasets.sources.files import FileSource, SourceReader
from linnet.datasets.sources.naming import listed
from linnet.datasets.sources.reading import Reader
from linnet.errors import DataError, UnreadableImageError
from linnet.images import LIMITS, Facts, Geometry, inspect
from linnet.progress import Progress
from linnet.records.manifest import Manifest, texts_of
from linnet.words import count

_JOB_FILES = 256
_JOB_BYTES = 2**24
_PROBED = slice(0, 64, 8)


class Built(NamedTuple):
    """Say where a pack stands.

    Attributes:
        key: On the shelf.
        lasting: Whether reading the same files again would make the same pack: no file failed for a while only.
    """

    key: str
    lasting: bool


def build(source: Source, shelf: Shelf, wanted: Wanted, *, progress: Progress) -> Built:
    """Make the pack of a source, unless one of the same content stands in the cache.

    Raises:
        DataError: no readable picture, or files change while they are read.
        OSError: the pack cannot be written.
    """
    with Workers() as workers, shelf.building() as folder:
        workers.start(1)  # it comes up while the source is listed
        with _uncollected():
            making = _Making(source, workers, folder / PIXELS, progress)
        workers.start(len(making.chosen) // 64)
        guess = _guess(making.reader, [making.items[i] for i in making.chosen[_PROBED]], wanted)
        outcomes = making.run(making.chosen, guess, exact=not wanted.is_settled, text="Reading pictures")
        key = _key(source, making.items, outcomes, wanted)
        if shelves.load(shelf.place(key)) is not None:
            return Built(key, _is_lasting(outcomes))
        readable = [i for i in making.chosen if _facts(outcomes[i]) is not None]
        if not readable:
            raise DataError(_nothing(source.name, outcomes))
        geometry = choose_geometry([f for o in outcomes if (f := _facts(o))], wanted)
        order = making.chosen
        if geometry != guess or not all(o.stored for i in readable if (o := outcomes[i])):
            order = readable
            _merge(outcomes, making.run(readable, geometry, exact=False, text="Decoding pictures"), source.name)
            key = _key(source, making.items, outcomes, wanted)  # the second reading of a file may have failed
        with _uncollected():
            kept = np.array([row for row, i in enumerate(order) if (o := outcomes[i]) and o.stored], dtype=np.int64)
            if not len(kept):
                raise DataError(_nothing(source.name, outcomes))
            _close_gaps(folder / PIXELS, kept, int(np.prod(geometry.shape)))
            rows = np.array(order, dtype=np.int64)[kept]
            shelves.save(folder, _stored(source, making.items, outcomes, rows, geometry))
        shelf.keep(folder, key)
        return Built(key, _is_lasting(outcomes))


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Put off the search for garbage while many small things are made that all stay: it took a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Making:
    """What stays the same while one pack is made."""

    def __init__(self, source: Source, workers: Workers, path: Path, progress: Progress) -> None:
        self.items = source.items()
        self.chosen = [i for i, item in enumerate(self.items) if not item.reason]
        self.reader: Reader = source.reader() if isinstance(source, FileSource) else SourceReader(source)
        self._workers = workers
        self._path = path
        self._progress = progress

    def run(
        self, positions: Sequence[int], geometry: Geometry | None, *, exact: bool, text: str
    ) -> list[Outcome | None]:
        """Read some items, store the pixels of the first in row 0 and so on, and return what became of every item."""
        self._path.write_bytes(b"")
        outcomes: list[Outcome | None] = [None] * len(self.items)
        parts = list(_parts(positions, self.items, geometry))
        first_rows = np.cumsum([0] + [len(part) for part in parts]).tolist()
        jobs = [
            Job(
                ids=tuple(self.items[i].id for i in part),
                first_row=first_row,
                geometry=geometry,
                exact=exact,
                path=self._path,
            )
            for part, first_row in zip(parts, first_rows, strict=False)
        ]
        with self._progress.task(text, total=len(positions)) as task:
            for number, found in self._workers.run(jobs, self.reader):
                for i, outcome in zip(parts[number], found, strict=True):
                    outcomes[i] = outcome
                task.advance(len(found))
        return outcomes


def _is_lasting(outcomes: Iterable[Outcome | None]) -> bool:
    return all(outcome.lasting for outcome in outcomes if outcome is not None)


def _facts(outcome: Outcome | None) -> Facts | None:
    return None if outcome is None else outcome.facts


def _parts(positions: Sequence[int], items: Sequence[Item], geometry: Geometry | None) -> Iterable[list[int]]:
    """Divide files so that a part needs little memory, read or decoded."""
    row_bytes = int(np.prod(geometry.shape)) if geometry else 0
    part: list[int] = []
    n_bytes = 0
    for i in positions:
        part.append(i)
        n_bytes += max(row_bytes, items[i].size)
        if len(part) == _JOB_FILES or n_bytes >= _JOB_BYTES:
            yield part
            part, n_bytes = [], 0
    if part:
        yield part


def _guess(reader: Reader, items: Sequence[Item], wanted: Wanted) -> Geometry | None:
    """Guess the geometry from a few headers, so that in most cases one reading is enough; None if they differ."""
    found = []
    for item in items:
        try:
            found.append(inspect(reader.read(item.id, limit=LIMITS.n_bytes)).facts)
        except UnreadableImageError:
            continue
    if not found or (not wanted.is_settled and len({(facts.height, facts.width) for facts in found}) > 1):
        return None
    guess = choose_geometry(found, wanted)
    keeps_size = (guess.height, guess.width) == (found[0].height, found[0].width)
    return guess if wanted.is_settled or keeps_size else None


def _merge(outcomes: list[Outcome | None], again: Sequence[Outcome | None], name: str) -> None:
    """Take over what the second reading found.

    Raises:
        DataError: a file is not what it was at the first reading.
    """
    for i, outcome in enumerate(again):
        first = outcomes[i]
        if outcome is None or first is None:
            continue
        if outcome.content_hash and outcome.content_hash != first.content_hash:
            raise DataError(f"Files of {name} change while they are read; wait until all are in place and try again.")
        outcomes[i] = outcome


def _close_gaps(path: Path, kept: npt.NDArray[np.int64], row_bytes: int) -> None:
    """Move rows down over those of files that could not be decoded; in place, since a set may be larger than memory."""
    most = max(1, _JOB_BYTES // row_bytes)
    with path.open("r+b") as file:
        for run in np.split(kept, np.flatnonzero(np.diff(kept) != 1) + 1):
            for start in range(0, len(run), most):
                part = run[start : start + most]
                target = int(np.searchsorted(kept, part[0]))
                if target == part[0]:
                    continue
                file.seek(int(part[0]) * row_bytes)
                data = file.read(len(part) * row_bytes)
                file.seek(target * row_bytes)
                file.write(data)
        file.truncate(len(kept) * row_bytes)


def _key(source: Source, items: Sequence[Item], outcomes: Sequence[Outcome | None], wanted: Wanted) -> str:
    """Name a pack by the content of all files and everything else that it holds or that shapes it."""
    key = hashlib.sha256(repr((wanted.seal(), source.class_names, tuple(source.messages()))).encode())
    for item, outcome in zip(items, outcomes, strict=True):
        content_hash = outcome.content_hash if outcome else b""
        key.update(repr((item.id, item.label, item.split, item.group, item.reason, content_hash)).encode())
    return key.hexdigest()


def _nothing(name: str, outcomes: Sequence[Outcome | None]) -> str:
    reasons = Counter(outcome.reason for outcome in outcomes if outcome is not None)
    said = listed([f"{n:,} {reason}" for reason, n in reasons.most_common()], 3)
    files = count(sum(reasons.values()), "file")
    return f"{name} has no readable picture among its {files} ({said}); put pictures there."


def _stored(
    source: Source,
    items: Sequence[Item],
    outcomes: Sequence[Outcome | None],
    rows: npt.NDArray[np.int64],
    geometry: Geometry,
) -> Stored:
    manifest = _manifest(items, outcomes, rows)
    filled = set(manifest.label[rows].tolist())
    labels = {item.label for item in items if not item.reason}
    lost = [name for name in source.class_names if name in labels and name not in filled]
    said = [f"Without a single readable picture, and kept as classes all the same: {listed(lost)}."] if lost else []
    return Stored(
        geometry=geometry,
        manifest=manifest,
        rows=rows,
        class_names=source.class_names,
        facts=summarize(items, outcomes),
        messages=(*source.messages(), *said),
    )


def _manifest(items: Sequence[Item], outcomes: Sequence[Outcome | None], rows: npt.NDArray[np.int64]) -> Manifest:
    notes = {facts: facts.notes() for facts in {o.facts for o in outcomes if o and o.facts}}
    split = np.zeros(len(items), dtype="<U5")
    split[rows] = [items[i].split for i in rows.tolist()]
    reasons = [
        item.reason if o is None else notes[o.facts] if o.facts else o.reason
        for item, o in zip(items, outcomes, strict=True)
    ]
    return Manifest(
        id=texts_of([item.id for item in items]),
        label=texts_of([item.label or "" for item in items]),
        split=split,
        fold=np.full(len(items), -1, dtype=np.int64),
        group=texts_of([item.group for item in items]),
        content_hash=texts_of([o.content_hash.hex() if o else "" for o in outcomes]),
        status=texts_of([o.status if o else "ignored" for o in outcomes]),
        reason=texts_of(reasons),
    )
