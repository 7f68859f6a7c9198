"""Which pictures of a data set are the same: exact copies, near ones, and copies with two labels."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from linnet.datasets.base import gather
from linnet.datasets.splitting.perceptual import Looks, batch_size_for, join_looks, looks_of
from linnet.progress import SILENT, Progress
from linnet.records.manifest import Texts

_Job = TypeVar("_Job")
_Result = TypeVar("_Result")
Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

FARTHEST = 0.3
"""Distance between the standardized thumbnails of rich pictures up to which they are the same; unrelated ones: 1.4."""
RICH = 100.0
"""Effective number of details (`richness_of`) from which a picture counts as rich; poorer ones must be more alike."""
_N_REFERENCES = 32
_ROWS_PER_SPAN = 512
_N_EXAMPLES = 48


class NearPair(NamedTuple):
    """Two pictures that look alike.

    Attributes:
        first: Position of the one.
        second: Position of the other, larger.
        distance: Between standardized gray thumbnails: 0 equal, 1.4 unrelated.
        mirrored: One looks like the other in a mirror.
    """

    first: int
    second: int
    distance: float
    mirrored: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class Duplicates:
    """Hold which of m pictures are the same; positions count in the order in which the pictures were given.

    Attributes:
        exact: (m,) int64, the first position with the same bytes or the same pixels; its own where it is the first.
        clusters: (m,) int64, the first position of the cluster: joined by exact and near pairs, also through others.
        conflicting: (m,) bool, an exact copy has another label.
        pairs: Near pairs between pictures that are no exact copies, nearest first, at most as many as asked for.
        n_pairs: How many near pairs there are, listed or not.
        n_flat: Pictures with nothing on them, which are never near any other.
    """

    exact: Positions
    clusters: Positions
    conflicting: npt.NDArray[np.bool_]
    pairs: tuple[NearPair, ...]
    n_pairs: int
    n_flat: int

    @property
    def is_copy(self) -> npt.NDArray[np.bool_]:
        """(m,) bool: the same picture stands further ahead."""
        return np.not_equal(self.exact, np.arange(len(self.exact)))

    def exact_groups(self) -> list[Positions]:
        """Return the positions of each picture that occurs more than once, ascending."""
        return _groups(self.exact)

    def groups(self) -> list[Positions]:
        """Return the positions of each cluster of more than one picture, ascending."""
        return _groups(self.clusters)

    def to_json(self, ids: Texts) -> dict[str, Any]:
        """Return counts, and examples as [id, id, kind]: conflicts first, then exact copies, then the nearest pairs."""
        groups = self.groups()
        return {
            "exact_copies": int(self.is_copy.sum()),
            "near_pairs": self.n_pairs,
            "groups": len(groups),
            "largest_group": max(map(len, groups), default=0),
            "conflicting": int(self.conflicting.sum()),
            "examples": [
                [str(ids[first]), str(ids[second]), kind] for first, second, kind in self._examples(_N_EXAMPLES // 3)
            ],
        }

    def _examples(self, n_each: int) -> Iterator[tuple[int, int, str]]:
        copies = [(int(self.exact[i]), int(i)) for i in np.flatnonzero(self.is_copy)]
        conflicts = [pair for pair in copies if self.conflicting[pair[0]]]
        agreeing = [pair for pair in copies if not self.conflicting[pair[0]]]
        yield from ((*pair, "same picture, two labels") for pair in conflicts[:n_each])
        yield from ((*pair, "same picture") for pair in agreeing[:n_each])
        for pair in self.pairs[:n_each]:
            yield pair.first, pair.second, "near, mirrored" if pair.mirrored else "near"


def find(
    images: Tensor,
    rows: Tensor,
    content_hashes: Texts,
    labels: Positions,
    *,
    max_pairs: int = 1_000,
    progress: Progress = SILENT,
) -> Duplicates:
    """Find copies of pictures, exact and near ones, also mirrored; in memory of about 600 bytes a picture.

    Near is what re-encoding, small changes of size, brightness or contrast, and mirroring leave. Two pictures are near
    when at most 8 signs of their hashes differ, and then their thumbnails correlate so well that the distance of the
    standardized thumbnails is below a limit, and their colors agree. The limit falls with what can be told of a
    picture: in proportion to its details, and to how far pictures of its class usually lie apart. Otherwise all
    handwritten ones, T-shirts, or parts before a fixed camera would be the same.

    Args:
        images: (n, c, h, w) uint8, may be memory-mapped; read in batches.
        rows: (m,) int64, which of them to look at.
        content_hashes: (m,) str, equal for files of equal bytes.
        labels: (m,) int64.
        max_pairs: Near pairs to list; all are counted.
        progress: Told of the reading and of the comparing.

    Source:
        Hash: Zauner 2010; see `linnet.datasets.splitting.perceptual`. Limits: own; tuned so that MNIST and
        Fashion-MNIST keep few pairs, against the pairs of CIFAR-10 that Barz and Denzler 2020 (arXiv:1902.00423)
        judged by eye.
    """
    m = len(rows)
    looks, digests = _look(images, rows, progress)
    exact = _components(m, _links(_firsts(content_hashes)), _links(_firsts(digests)))
    comparable = np.flatnonzero((exact == np.arange(m)) & ~looks.is_flat)
    limits = _limits(looks, comparable, content_hashes, labels)
    found, links, n_pairs = _scan(looks, comparable, limits, max_pairs, progress)
    nearest = found[np.lexsort((found[:, 1], found[:, 0], found[:, 2]))][:max_pairs]
    return Duplicates(
        exact=exact,
        clusters=_components(m, _links(exact), links),
        conflicting=_conflicting(exact, labels),
        pairs=tuple(
            NearPair(int(comparable[int(a)]), int(comparable[int(b)]), distance, mirrored > 0)
            for a, b, distance, mirrored in nearest.tolist()
        ),
        n_pairs=n_pairs,
        n_flat=int(looks.is_flat.sum()),
    )


def _look(images: Tensor, rows: Tensor, progress: Progress) -> tuple[Looks, Texts]:
    """Read all pictures once."""

    def look_at(chosen: Tensor) -> tuple[Looks, list[str]]:
        batch = gather(images, chosen).numpy()
        return looks_of(batch), [hashlib.blake2b(image, digest_size=16).hexdigest() for image in batch]

    looks, digests = [looks_of(images[:0].numpy())], []
    with progress.task("Looking for duplicates: reading", len(rows)) as task:
        for part, names in _in_threads(look_at, torch.split(rows, batch_size_for(images))):
            looks.append(part)
            digests += names
            task.advance(len(names))
    return join_looks(looks), np.array(digests, dtype="<U32")


def _in_threads(work: Callable[[_Job], _Result], jobs: Iterable[_Job]) -> Iterator[_Result]:
    """Do the same to many things, as many at a time as torch would use threads; results come in order."""
    pool = ThreadPoolExecutor(torch.get_num_threads())
    try:
        yield from pool.map(work, jobs)
    finally:
        pool.shutdown(cancel_futures=True)


def _firsts(names: npt.NDArray[Any]) -> Positions:
    """Return for each name the position where it stands first."""
    _, first, inverse = np.unique(names, return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)


def _components(m: int, *links: Positions) -> Positions:
    """Join positions along links, each (2, l) int64; return the smallest position of each one's component."""
    if m == 0:
        return np.zeros(0, np.int64)
    starts, ends = np.concatenate(links, axis=1)
    graph = coo_array((np.ones(len(starts), np.int8), (starts, ends)), shape=(m, m))
    return _firsts(connected_components(graph, directed=False)[1])


def _links(partners: Positions) -> Positions:
    """Return (2, l) int64: each position whose partner is another one, and that partner."""
    linked = np.flatnonzero(partners != np.arange(len(partners)))
    return np.stack([linked, partners[linked]])


def _groups(firsts: Positions) -> list[Positions]:
    order = np.argsort(firsts, kind="stable")
    cuts = np.flatnonzero(np.diff(firsts[order])) + 1
    return [group for group in np.split(order, cuts) if len(group) > 1]


def _conflicting(exact: Positions, labels: Positions) -> npt.NDArray[np.bool_]:
    differs = labels != labels[exact]
    mixed = np.zeros(len(exact), np.bool_)
    mixed[exact[differs]] = True
    return mixed[exact]


def _limits(looks: Looks, comparable: Positions, content_hashes: Texts, labels: Positions) -> Floats:
    """Return what `near_pairs.scan` wants of each comparable picture: norm, least correlation, most color."""
    spread = _spread(looks, comparable, content_hashes, labels)
    distance = FARTHEST * np.minimum(1, looks.richness[comparable] / RICH) * np.minimum(1, spread)
    least_correlation = 1 - distance**2 / 2  # of vectors of length 1, whose squared distance is 2 - 2 r
    n_cells = looks.color.shape[1] // 2
    most_color = n_cells * (FARTHEST * looks.contrast[comparable]) ** 2
    return np.stack([looks.norms[comparable], least_correlation, most_color], 1).astype(np.float32)


def _spread(looks: Looks, comparable: Positions, content_hashes: Texts, labels: Positions) -> Floats:
    """Return the median distance of each comparable picture to others of its class, at most 1.4 or so.

    The others are those of the class with the smallest content hashes: a choice by chance that is always the same.
    """
    spread = np.ones(len(comparable), np.float32)
    order = np.lexsort((content_hashes[comparable], labels[comparable]))
    for members in np.split(order, np.flatnonzero(np.diff(labels[comparable][order])) + 1):
        if len(members) < 4:
            continue
        unit = looks.gray[comparable[members]] / looks.norms[comparable[members], None]
        correlation = unit @ unit[:_N_REFERENCES].T
        np.fill_diagonal(correlation, np.nan)  # the first members are the references
        spread[members] = np.sqrt(2 - 2 * np.nanmedian(correlation, axis=1).clip(max=1))
    return spread


def _scan(
    looks: Looks, comparable: Positions, limits: Floats, max_pairs: int, progress: Progress
) -> tuple[npt.NDArray[np.float64], Positions, int]:
    """Compare all comparable pictures.

    Returns:
        (p, 4) float64, the near pairs kept, as from `near_pairs.scan`; (2, l) int64, links that join all of them; the
        number of near pairs.
    """
    from linnet.neighbors.near_pairs import scan  # compiled: a second that only those pay who need it

    words = np.ascontiguousarray(looks.words[comparable].T)
    gray, color = looks.gray[comparable], looks.color[comparable]
    n = len(comparable)

    def scan_from(start: int) -> tuple[npt.NDArray[np.float64], Positions, int]:
        parents, pairs = np.arange(n), np.zeros((max_pairs, 4))
        n_found = scan(words, gray, color, limits, (start, min(n, start + _ROWS_PER_SPAN)), parents, pairs)
        return pairs[:n_found].copy(), _links(parents), int(n_found)

    starts = range(0, n, _ROWS_PER_SPAN)
    found, links, n_pairs = [np.zeros((0, 4))], [np.zeros((2, 0), np.int64)], 0
    with progress.task("Looking for duplicates: comparing", len(starts)) as task:
        for pairs, joined, n_found in _in_threads(scan_from, starts):
            found.append(pairs)
            links.append(comparable[joined])
            n_pairs += n_found
            task.advance()
    return np.concatenate(found), np.concatenate(links, axis=1), n_pairs
