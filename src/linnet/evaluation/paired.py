"""Whether one rung is really better than another on the same pictures, or whether it is luck."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from linnet.evaluation.intervals import CONFIDENCE, N_DRAWS, percentile
from linnet.seeds import numpy_generator

Correct = npt.NDArray[np.bool_]


def mcnemar(correct: Correct, other: Correct) -> float:
    """Test whether two classifiers are right equally often, on the pictures where just one of them is.

    Under the null hypothesis each such picture is a fair coin, so the test is an exact two-sided binomial one.

    Args:
        correct: (n,) bool, whether the one is right on each picture.
        other: (n,) bool, the other, on the same pictures in the same order.

    Returns:
        The p-value, in (0, 1]; 1 where they never differ.

    Source:
        McNemar 1947; exact form as in Dietterich 1998, section 3.1.
    """
    only_one = int(np.sum(correct & ~other))
    only_other = int(np.sum(other & ~correct))
    if only_one + only_other == 0:
        return 1.0
    return float(binomtest(only_one, only_one + only_other, 0.5).pvalue)


def difference_interval(
    correct: Correct, other: Correct, *, seed: int = 0, n_draws: int = N_DRAWS, confidence: float = CONFIDENCE
) -> tuple[float, float]:
    """Return the percentile interval of the difference of two accuracies, drawing pictures with what both said.

    A draw of n pictures with replacement matters only by how many it has of each of three kinds: the one alone is
    right, the other alone is, or they agree. These counts are multinomial, so they are drawn instead of the pictures.

    Args:
        correct: (n,) bool, whether the one is right on each picture.
        other: (n,) bool, the other, on the same pictures in the same order; n = 0 gives (0, 0).
        seed: The same seed and counts give the same interval.
        n_draws: At least 1.
        confidence: Share between the ends, in (0, 1).

    Returns:
        Lower and upper end of accuracy less other accuracy, in [-1, 1].

    Source:
        Efron and Tibshirani 1993, section 13.3; paired as in Koehn 2004, section 3.
    """
    n = len(correct)
    if n == 0:
        return 0.0, 0.0
    ahead, behind = int(np.sum(correct & ~other)), int(np.sum(other & ~correct))
    shares = np.array([ahead, behind, n - ahead - behind]) / n
    drawn = numpy_generator(seed, "paired bootstrap").multinomial(n, shares, size=n_draws)
    low, high = percentile((ahead - behind) / n, (drawn[:, 0] - drawn[:, 1]) / n, confidence=confidence)
    return float(low or 0), float(high or 0)


def all_pairs(correct: Mapping[str, Correct]) -> dict[frozenset[str], float]:
    """Test every two of several classifiers, corrected for all pairs, so that each pair has one p-value everywhere.

    The best is chosen on the same pictures, so any pair could have been the one of the best and another. Correcting
    for the comparisons with it alone would pay for fewer tests than were made: among 8 classifiers that are equally
    good, a false alarm would come in one test of ten.

    Args:
        correct: {name: (n,) bool}, whether each is right on each picture, all in the same order.

    Returns:
        {the names of two: the corrected p-value}.
    """
    pairs = list(combinations(correct, 2))
    p_values = holm([mcnemar(correct[one], correct[other]) for one, other in pairs])
    return {frozenset(pair): p_value for pair, p_value in zip(pairs, p_values, strict=True)}


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p-values for having made several tests, so that one false alarm in twenty is one in twenty of such sets.

    Args:
        p_values: In any order.

    Returns:
        Corrected p-values in the same order, at most 1.

    Source:
        Holm 1979: the i-th smallest of m is multiplied by m - i + 1, and made no smaller than the one before.
    """
    order = np.argsort(p_values, kind="stable")
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, position in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[position]))
        corrected[position] = largest
    return corrected
