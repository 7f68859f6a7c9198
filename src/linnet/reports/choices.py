"""Which pictures a report shows: examples of each class and the most confident mistakes; pure functions of records."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from linnet.records.manifest import Manifest
from linnet.records.predictions import Predictions

PER_CLASS = 8
MAX_CLASSES = 40
"""Classes whose examples are shown; the rest is counted."""
N_MISTAKES = 12


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
        Ids of the pictures that every rung is asked about, and {rung: ids of its own}.
    """
    own = {rung: tuple(str(found.ids[i]) for i in worst_mistakes(found)) for rung, found in predictions.items()}
    shared = next((tuple(map(str, found.ids[:4])) for found in predictions.values()), ())
    return shared, own


def pictures_wanted(
    manifest: Manifest, class_names: Sequence[str], predictions: Mapping[str, Predictions], *, longest_side: int = 224
) -> list[str]:
    """List the pictures that a report of these records shows, so that whoever has the pixels can store them.

    Args:
        manifest: Every picture.
        class_names: In order.
        predictions: {rung: its predictions on the split that the report shows}.
        longest_side: Pixels of the pictures as stored; small ones weigh less, so there may be more of them.

    Returns:
        Ids without repetition: examples class by class, then those that are explained.
    """
    shared, own = explained_wanted(predictions)
    samples = [image for ids in sample_ids(manifest, class_names).values() for image in ids]
    return list(dict.fromkeys([*samples, *shared, *(image for ids in own.values() for image in ids)]))
