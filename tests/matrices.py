"""Predictions made in code: probabilities beside labels that agree with them more or less, for tests of numbers."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from linnet.records.manifest import texts_of
from linnet.records.predictions import Predictions


def matrix(
    n: int = 200, k: int = 5, *, seed: int = 0, skill: float = 2.0
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Make (n, k) float32 probabilities and (n,) labels: `skill` lifts the logit of the truth."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, k, n)
    logits = 1.5 * generator.normal(size=(n, k))
    logits[np.arange(n), labels] += skill
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), labels


def predictions(
    probabilities: npt.ArrayLike, labels: npt.ArrayLike, *, names: Sequence[str] | None = None
) -> Predictions:
    """Put probabilities and labels into a record with made-up ids."""
    rows, truth = np.asarray(probabilities, dtype=np.float32), np.asarray(labels, dtype=np.int64)
    return Predictions(
        ids=texts_of([f"picture {i}" for i in range(len(truth))]),
        labels=truth,
        probabilities=rows,
        class_names=tuple(names or (f"class {i}" for i in range(rows.shape[1]))),
    )


def made(n: int = 200, k: int = 5, *, seed: int = 0, skill: float = 2.0) -> Predictions:
    """Make a whole record of predictions; see `matrix`."""
    return predictions(*matrix(n, k, seed=seed, skill=skill))
