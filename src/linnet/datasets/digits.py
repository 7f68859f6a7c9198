"""Handwritten digits of 8 x 8 pixels, which come with scikit-learn; no file and no network is needed."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from linnet.datasets.base import ArraySource, NamedSet
from linnet.progress import SILENT, Progress

_WHITEST = 16


class Digits(NamedSet):
    """The 1,797 digits of scikit-learn's `load_digits`: 8 x 8 gray, ten classes, no given splits."""

    class_names = tuple("0123456789")
    about = "1,797 handwritten digits, 8 x 8 gray (Alpaydin and Kaynak 1998); comes with scikit-learn"

    def open(self, places: Sequence[Path], *, progress: Progress = SILENT) -> ArraySource:
        """Return the digits; `places` are not looked at.

        Returns:
            Images (1797, 1, 8, 8) uint8: the values 0 .. 16 of the source times 255/16, rounded.
        """
        from sklearn.datasets import load_digits

        bunch = load_digits()
        images = np.round(bunch.images * (255 / _WHITEST)).astype(np.uint8)[:, None]  # (n, 1, 8, 8)
        return ArraySource(
            name="digits",
            images=images,
            labels=bunch.target.astype(np.int64),
            splits=np.zeros(len(images), dtype="<U1"),
            class_names=self.class_names,
        )
