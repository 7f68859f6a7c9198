"""Which pictures a report shows, and which of them are explained; pure functions of records."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from linnet.records.manifest import Manifest
from linnet.records.predictions import Predictions
from linnet.reports.dealing import deal

PER_CLASS = 8
MAX_CLASSES = 40
"""Classes whose examples are shown; the rest is counted."""
N_MISTAKES, N_UNSURE = 12, 8
MAX_PAIRS = 12
"""Pairs of equal pictures that are shown; all of them are counted."""
N_SHARED, N_AGREED = 8, 3
"""Pictures that every rung is asked about, and how many of them all rungs should have right."""
SMALL = 64
"""Pixels of a side up to which a picture is small."""
N_SMALL, N_LARGE = 1500, 500
"""Test pictures in a report: small ones weigh less than 1 KB each, thumbnails of large ones a few."""


def worst_mistakes(predictions: Predictions, n: int = N_MISTAKES) -> npt.NDArray[np.int64]:
    """Find the wrong predictions with the highest probability.

    Args:
        predictions: Of one rung.
        n: At most so many.

    Returns:
        (m,) int64: positions, the most confident one first, the earlier one among equals.
    """
    wrong = np.flatnonzero(~predictions.correct)
    if not len(wrong):
        return wrong.astype(np.int64)
    confidence = predictions.probabilities[wrong].max(axis=1)
    return np.asarray(wrong[np.argsort(-confidence, kind="stable")[:n]], dtype=np.int64)


def least_sure(predictions: Predictions, n: int = N_UNSURE) -> npt.NDArray[np.int64]:
    """Find the right predictions with the lowest probability.

    Args:
        predictions: Of one rung.
        n: At most so many.

    Returns:
        (m,) int64: positions, the least sure one first, the earlier one among equals.
    """
    right = np.flatnonzero(predictions.correct)
    if not len(right):
        return right.astype(np.int64)
    confidence = predictions.probabilities[right].max(axis=1)
    return np.asarray(right[np.argsort(confidence, kind="stable")[:n]], dtype=np.int64)


def sample_ids(
    manifest: Manifest, class_names: Sequence[str], per_class: int = PER_CLASS, *, max_classes: int = MAX_CLASSES
) -> dict[str, list[str]]:
    """Choose examples of each class from the training split.

    They are taken in the order of their content hashes: as good as random, so no burst fills a row, and the same for
    the same pictures whatever their names. Of pictures with the same content only one is taken.

    Args:
        manifest: Every picture; only rows of the split "train" are looked at.
        class_names: In order.
        per_class: At most so many of each.
        max_classes: Only the first so many classes.

    Returns:
        {class name: ids}; a class without pictures has none.
    """
    train = manifest.take(manifest.rows(split="train"))
    chosen: dict[str, list[str]] = {}
    for name in class_names[:max_classes]:
        rows = np.flatnonzero(train.label == name)
        by_content: dict[str, str] = {}
        for row in rows:
            by_content.setdefault(str(train.content_hash[row]) or str(train.id[row]), str(train.id[row]))
        chosen[name] = [by_content[content] for content in sorted(by_content)[:per_class]]
    return chosen


def explained_wanted(predictions: Mapping[str, Predictions]) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """List the pictures for which a report wants to know what the rungs looked at.

    Args:
        predictions: {rung: its predictions on the split that the report shows}.

    Returns:
        Ids of the pictures that every rung is asked about: a few that all have right, then those on which they
        disagree most, of as many classes as possible; and {rung: ids of its own}: its worst mistakes, then the right
        answers of which it was least sure.
    """
    own = {
        rung: tuple(str(found.ids[i]) for i in [*worst_mistakes(found), *least_sure(found)])
        for rung, found in predictions.items()
    }
    return _shared(predictions), own


def _shared(predictions: Mapping[str, Predictions]) -> tuple[str, ...]:
    if not predictions:
        return ()
    everywhere = set.intersection(*(set(found.ids.tolist()) for found in predictions.values()))
    # A rung that always gives the same answer agrees with nobody; it has no say unless it is alone.
    told = [found for found in predictions.values() if len(np.unique(found.predicted)) > 1]
    rows = [_by_id(found, everywhere) for found in told or predictions.values()]
    n_right = np.sum([found.correct[row] for found, row in rows], axis=0)
    truth_chance = np.sum([found.probabilities[row, found.labels[row]] for found, row in rows], axis=0)
    found, row = rows[0]
    ids, labels = found.ids[row], found.labels[row]
    agreed = np.lexsort((-truth_chance, n_right != len(rows)))
    split = np.minimum(n_right, len(rows) - n_right)
    disputed = np.lexsort((truth_chance, n_right == len(rows), -split))
    chosen = _of_all_classes(agreed[: int(np.sum(n_right == len(rows)))], labels, N_AGREED, [])
    chosen = _of_all_classes(disputed, labels, N_SHARED, chosen)
    return tuple(str(ids[i]) for i in chosen)


def _by_id(found: Predictions, wanted: set[str]) -> tuple[Predictions, npt.NDArray[np.int64]]:
    """Return the positions of the wanted pictures in the order of their ids, which is the same for every rung."""
    order = np.argsort(found.ids, kind="stable")
    return found, np.array([i for i in order if found.ids[i] in wanted], dtype=np.int64)


def _of_all_classes(
    candidates: npt.NDArray[np.int64], labels: npt.NDArray[np.int64], n: int, chosen: list[int]
) -> list[int]:
    """Add candidates until there are n, each time the first one of a class that was chosen least."""
    chosen, left = list(chosen), [int(i) for i in candidates if int(i) not in chosen]
    while len(chosen) < n and left:
        used = Counter(int(labels[i]) for i in chosen)
        best = min(left, key=lambda i: used[int(labels[i])])  # the first one among equals
        left.remove(best)
        chosen.append(best)
    return chosen


def pictures_wanted(
    manifest: Manifest,
    class_names: Sequence[str],
    predictions: Mapping[str, Predictions],
    *,
    pairs: Sequence[Sequence[str]] = (),
    longest_side: int = 224,
) -> list[str]:
    """List the pictures that a report of these records shows, so that whoever has the pixels can store them.

    Args:
        manifest: Every picture.
        class_names: In order.
        predictions: {rung: its predictions on the split that the report shows}.
        pairs: Pictures that are equal, as data.json has them: two ids and what kind of equality it is.
        longest_side: Pixels of the pictures as stored; small ones weigh less, so there may be more of them.

    Returns:
        Ids without repetition: examples class by class, the first pairs, those that `explained_wanted` names, then what
        stands behind the cells of the confusion matrices.
    """
    samples = [image for ids in sample_ids(manifest, class_names).values() for image in ids]
    shared, own = explained_wanted(predictions)
    named = [*shared, *(image for ids in own.values() for image in ids)]
    n = N_SMALL if longest_side <= SMALL else N_LARGE
    equal = [image for pair in pairs[:MAX_PAIRS] for image in pair[:2]]
    return list(dict.fromkeys([*samples, *equal, *named, *deal(predictions, n, first=named)]))
