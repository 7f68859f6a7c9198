"""Predictions made in code: probabilities beside labels that agree with them more or less, for tests of numbers."""

import numpy as np

from linnet.records.predictions import Predictions


def matrix(n=200, k=5, *, seed=0, skill=2.0, sharpness=1.5):
    """Make (n, k) float32 probabilities and (n,) labels: `skill` lifts the logit of the truth."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, k, n)
    logits = sharpness * generator.normal(size=(n, k))
    logits[np.arange(n), labels] += skill
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), labels


def predictions(probabilities, labels, *, names=None):
    """Put probabilities and labels into a record with made-up ids."""
    probabilities = np.asarray(probabilities, dtype=np.float32)
    return Predictions(
        ids=np.array([f"picture {i}" for i in range(len(labels))]),
        labels=np.asarray(labels, dtype=np.int64),
        probabilities=probabilities,
        class_names=tuple(names or (f"class {i}" for i in range(probabilities.shape[1]))),
    )


def made(n=200, k=5, **how):
    """Make a whole record of predictions; see `matrix`."""
    return predictions(*matrix(n, k, **how))
