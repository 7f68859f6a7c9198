"""How far a measured number may be from the true one: Wilson's interval of a fraction, the bootstrap of all others."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.stats import binomtest
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from linnet.seeds import numpy_generator

CONFIDENCE = 0.95
"""Share of intervals that hold the true number, unless said otherwise."""

N_DRAWS = 1000
"""How many times pictures are drawn anew, unless said otherwise."""

_BLOCK = 2_000_000
"""Weights that are held at once: 16 MB of float64."""

Values = npt.NDArray[np.float64]
Table = Values | csr_array
"""(f, n) float64: f columns of numbers of n pictures, lying; sparse where most are 0."""


def wilson(n_right: int, n: int, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the interval of a fraction that was measured on n independent pictures.

    Args:
        n_right: 0 .. n.
        n: At least 1.
        confidence: Share of such intervals that hold the true fraction, in (0, 1).

    Returns:
        Lower and upper end, fractions in [0, 1].

    Source:
        Wilson 1927; the score interval without continuity correction.
    """
    interval = binomtest(n_right, n).proportion_ci(confidence_level=confidence, method="wilson")
    return float(interval.low), float(interval.high)


def resampled(tables: Sequence[Table], *, seed: int = 0, n_draws: int = N_DRAWS) -> list[Values]:
    """Draw n of n pictures with replacement, many times, and sum numbers of theirs over each draw.

    All tables see the same draws. How often each picture is in a draw is a weight, so the sums of many draws are one
    matrix product; any number that depends on sums is then computed of all draws at once.

    Args:
        tables: Each (f, n) float64 with the same n >= 1.
        seed: The same seed and n give the same draws.
        n_draws: At least 1.

    Returns:
        For each table its sums, (n_draws, f) float64.

    Source:
        Efron 1979, section 2.
    """
    # One thread: products as narrow as these gain nothing from more, and sums do not depend on how many there are.
    with threadpool_limits(limits=1, user_api="blas"):
        blocks = [
            [np.asarray(table @ weights) for table in tables] for weights in _weights(tables[0].shape[1], n_draws, seed)
        ]
    return [np.concatenate(parts, axis=1).T for parts in zip(*blocks, strict=True)]


def _weights(n: int, n_draws: int, seed: int) -> Iterator[Values]:
    """Yield blocks (n, b) float64 of how often each picture is in each draw."""
    random = numpy_generator(seed, "bootstrap")
    step = max(1, _BLOCK // n)
    for start in range(0, n_draws, step):
        n_block = min(step, n_draws - start)
        counts = [np.bincount(random.integers(0, n, size=n), minlength=n) for _ in range(n_block)]
        yield np.ascontiguousarray(np.stack(counts).T, dtype=np.float64)


def percentile(value: float, draws: Values, *, confidence: float = CONFIDENCE) -> tuple[float | None, float | None]:
    """Return the percentile interval of a number, stretched where it must be so that it holds the number.

    Stretching matters for calibration errors: resampling adds noise to every bin, each of which counts without its
    sign, so that the error of a draw is larger on average and may be larger in nearly all draws.

    Args:
        value: Of the pictures as they are; nan where it is not defined.
        draws: (n_draws,) float64; nan where a draw does not define it, which is left out.
        confidence: Share between the ends, in (0, 1).

    Returns:
        Lower and upper end; (None, None) where the number is not defined.

    Source:
        Efron and Tibshirani 1993, section 13.3.
    """
    defined = draws[~np.isnan(draws)]
    if np.isnan(value) or not len(defined):
        return None, None
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return min(float(low), value), max(float(high), value)
