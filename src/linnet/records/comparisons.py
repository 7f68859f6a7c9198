"""Every rung against every other on the same test pictures, as comparisons.json in the run folder holds it."""

from dataclasses import dataclass
from typing import ClassVar

from linnet.records.typed import Stored

FORMAT = 1
"""Version of comparisons.json; raised when an older Linnet could not read it any more."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Hold how two rungs differ on the pictures that both have seen.

    Attributes:
        first: The better one, or the one that comes first among equals.
        second: The other.
        n_only_first: Pictures that only the first one has right.
        n_only_second: Pictures that only the second one has right.
        difference: Accuracy of the first less that of the second, a fraction.
        low: Lower end of the difference's interval, by paired bootstrap.
        high: Upper end.
        p_value: Of the exact McNemar test, corrected for all comparisons of the run.
    """

    first: str
    second: str
    n_only_first: int
    n_only_second: int
    difference: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, kw_only=True)
class Comparisons(Stored):
    """Hold all pairs of a run's rungs.

    Attributes:
        n: Test pictures.
        confidence: Of the intervals.
        n_draws: Bootstrap draws behind them.
        pairs: Each pair once.
    """

    version: ClassVar[int] = FORMAT
    kind: ClassVar[str] = "comparisons of rungs"

    n: int
    confidence: float
    n_draws: int
    pairs: tuple[Comparison, ...]
