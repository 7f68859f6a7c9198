"""Pictures that are arrays already, brought to the shape of a pack: nothing to decode, and hashing them is quick."""

import hashlib
from collections import Counter
from typing import Any

import numpy as np

from linnet.datasets.base import ArraySource
from linnet.datasets.packing.shelf import Stored
from linnet.datasets.packing.survey import Wanted, size_facts
from linnet.errors import DataError
from linnet.images import Geometry, Pixels, fit
from linnet.records.manifest import Manifest, Texts, texts_of


def of_arrays(source: ArraySource, wanted: Wanted) -> tuple[Stored, Pixels]:
    """Make all of a pack from arrays.

    Returns:
        What belongs to the pictures, and (n, c, h, w) uint8 pictures, of the wanted size if there is one.

    Raises:
        DataError: no pictures.
    """
    n, c, h, w = source.images.shape
    if not n:
        raise DataError(f"{source.name} holds no pictures; at least one was wanted.")
    own = Geometry(channels=c, height=wanted.size or h, width=wanted.size or w, fit=wanted.fit)
    geometry = wanted.geometry or own
    images = source.images
    if geometry.shape != (c, h, w):
        images = np.stack([fit(image.transpose(1, 2, 0), geometry).transpose(2, 0, 1) for image in images])
    stored = Stored(
        geometry=geometry,
        manifest=_manifest(source),
        rows=np.arange(n, dtype=np.int64),
        class_names=source.class_names,
        facts=_facts(source),
        messages=source.messages,
    )
    return stored, images


def _manifest(source: ArraySource) -> Manifest:
    n = len(source.images)
    return Manifest(
        id=_ids(source.splits),
        label=np.array(source.class_names)[source.labels],
        split=source.splits,
        fold=np.full(n, -1, dtype=np.int64),
        group=np.zeros(n, dtype="<U1"),
        content_hash=texts_of([hashlib.sha256(image.tobytes()).hexdigest() for image in source.images]),
        status=np.full(n, "used"),
        reason=np.zeros(n, dtype="<U1"),
    )


def _facts(source: ArraySource) -> dict[str, Any]:
    n, c, h, w = source.images.shape
    return {
        "n_files": n,
        "n_pictures": n,
        "n_bytes": source.images.nbytes,
        "formats": {"array": n},
        "modes": {"L" if c == 1 else "RGB": n},
        "extensions": {},
        **size_facts(Counter({(h, w): n})),
        "n_rotated": 0,
        "n_animated": 0,
        "n_transparent": 0,
        "n_deep": 0,
    }


def _ids(splits: Texts) -> Texts:
    """Number the pictures of each split: "train/00042"; "all/00042" where there are no splits."""
    width = max(5, len(str(len(splits) - 1)))
    ids = np.empty(len(splits), dtype=object)
    for split in np.unique(splits).tolist():
        rows = np.flatnonzero(splits == split)
        ids[rows] = [f"{split or 'all'}/{i:0{width}d}" for i in range(len(rows))]
    return texts_of(ids.tolist())
