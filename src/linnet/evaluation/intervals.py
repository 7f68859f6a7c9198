"""How far a measured fraction may be from the true one."""

from scipy.stats import binomtest


def wilson(n_right: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
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
