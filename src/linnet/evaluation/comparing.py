"""Every rung against every other on the same pictures, corrected for how many pairs that makes."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from linnet.errors import PredictionsError
from linnet.evaluation import paired
from linnet.evaluation.intervals import CONFIDENCE, N_DRAWS
from linnet.records.comparisons import Comparison, Comparisons
from linnet.records.manifest import Texts
from linnet.records.predictions import Predictions


def compare(predictions: Mapping[str, Predictions], *, seed: int = 0) -> Comparisons:
    """Compare all pairs of rungs: an interval of the difference of accuracies, and a corrected p-value.

    Args:
        predictions: {rung: what it said}, all of the same pictures in the same order; one rung has no pair.
        seed: Of the bootstrap; the same predictions give the same intervals.

    Raises:
        PredictionsError: predictions of other pictures, or in another order.
    """
    names = list(predictions)
    for name in names[1:]:
        _refuse_others(names[0], predictions[names[0]], name, predictions[name])
    right = {name: said.correct for name, said in predictions.items()}
    # A sort is stable: among equals the one that comes first stays first.
    pairs = [sorted(pair, key=lambda name: -int(right[name].sum())) for pair in combinations(names, 2)]
    p_values = paired.all_pairs(right)
    return Comparisons(
        n=len(predictions[names[0]]) if names else 0,
        confidence=CONFIDENCE,
        n_draws=N_DRAWS,
        pairs=tuple(
            _comparison(first, second, right, p_value=p_values[frozenset({first, second})], seed=seed)
            for first, second in pairs
        ),
    )


def label_names(said: Predictions) -> Texts:
    """Return the true class name of each picture, (n,) str: runs may have their classes in another order."""
    return np.array(said.class_names, dtype=np.str_)[said.labels]


def _comparison(
    first: str, second: str, right: Mapping[str, paired.Correct], *, p_value: float, seed: int
) -> Comparison:
    one, other = right[first], right[second]
    low, high = paired.difference_interval(one, other, seed=seed)
    n_only_first, n_only_second = int(np.sum(one & ~other)), int(np.sum(other & ~one))
    return Comparison(
        first=first,
        second=second,
        n_only_first=n_only_first,
        n_only_second=n_only_second,
        difference=(n_only_first - n_only_second) / max(1, len(one)),
        low=low,
        high=high,
        p_value=p_value,
    )


def _refuse_others(name: str, said: Predictions, other_name: str, other: Predictions) -> None:
    """Refuse predictions that do not lie picture beside picture."""
    if np.array_equal(said.ids, other.ids) and np.array_equal(label_names(said), label_names(other)):
        return
    raise PredictionsError(
        f"Rungs can be compared on the same pictures in the same order only; {name} has {len(said)} pictures and "
        f"{other_name} {len(other)}, and their ids or labels differ; evaluate both on the same data."
    )
