"""Loaded data made in code, for tests of what comes after loading."""

import hashlib

import numpy as np

from linnet.datasets.loading import Loaded
from linnet.images import Geometry
from linnet.records.manifest import Manifest


def loaded_of(data, split, fold=None):
    """Make loaded data from a data set in memory and the split of each picture."""
    n = len(data)
    fold = np.full(n, -1, dtype=np.int64) if fold is None else fold
    c, h, w = data.image_shape
    names = np.array(data.class_names)
    manifest = Manifest(
        id=data.ids,
        label=names[data.labels.numpy()],
        split=split,
        fold=fold,
        group=data.groups,
        content_hash=np.array([hashlib.sha256(image.numpy().tobytes()).hexdigest() for image in data.images]),
        status=np.full(n, "used"),
        reason=np.zeros(n, dtype="<U1"),
    )
    return Loaded(
        name="toy",
        everything=data,
        split=split,
        fold=fold,
        manifest=manifest,
        geometry=Geometry(channels=c, height=h, width=w),
        files={},
        duplicates={},
        messages=(),
    )
