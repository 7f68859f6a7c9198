"""What a report says of rungs against each other: the difference of every pair, and which cannot be told apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from linnet.records.comparisons import Comparison
from linnet.reports.evidence import Evidence
from linnet.words import count, in_100

MAX_NAMED = 6


@dataclass(frozen=True, kw_only=True)
class PairRow:
    """Hold one pair; `is_told_apart` says whether chance alone would hardly make such a difference."""

    pair: Comparison
    is_told_apart: bool


@dataclass(frozen=True, kw_only=True)
class PairsPart:
    """Hold all pairs of rungs.

    Attributes:
        rungs: Best first; the rows and columns of a matrix of pairs.
        pairs: Each pair once.
        n: Pictures on which they were compared.
        confidence: Of the intervals.
        sentences: What can be told apart, in words.
    """

    rungs: tuple[str, ...]
    pairs: tuple[PairRow, ...]
    n: int
    confidence: float
    sentences: tuple[str, ...]

    def between(self, first: str, second: str) -> PairRow | None:
        """Return the row of two rungs, whichever of them is better; None where they were not compared."""
        return next((row for row in self.pairs if {row.pair.first, row.pair.second} == {first, second}), None)


def describe_pairs(evidence: Evidence) -> PairsPart | None:
    """Say which rungs differ; None where nothing was compared."""
    found = evidence.comparisons
    if found is None or not found.pairs:
        return None
    rows = tuple(PairRow(pair=pair, is_told_apart=pair.p_value <= 1 - found.confidence) for pair in found.pairs)
    met = dict.fromkeys(name for pair in found.pairs for name in (pair.first, pair.second))
    rungs = tuple(dict.fromkeys([*(rung for rung in evidence.rungs if rung in met), *met]))
    return PairsPart(rungs=rungs, pairs=rows, n=found.n, confidence=found.confidence, sentences=_sentences(rows))


def _sentences(rows: Sequence[PairRow]) -> tuple[str, ...]:
    alike = [row.pair for row in rows if not row.is_told_apart]
    if not alike:
        return ("Every two rungs can be told apart.",) if len(rows) > 1 else ("The two can be told apart.",)
    names = [f"{pair.first} and {pair.second}" for pair in alike[:MAX_NAMED]]
    rest = [count(len(alike) - MAX_NAMED, "more pair")] if len(alike) > MAX_NAMED else []
    return (
        f"Cannot be told apart on these pictures: {'; '.join([*names, *rest])}.",
        "That is not proof that they are equal: more test pictures might tell them apart.",
    )


def points(pair: Comparison, rung: str) -> str:
    """Write by how many points a rung of a pair is better than the other, with the interval.

    Example:
        >>> from linnet.records.comparisons import Comparison
        >>> pair = Comparison(first="a", second="b", n_only_first=9, n_only_second=3, difference=0.0212, low=-0.001,
        ...                   high=0.0423, p_value=0.1)
        >>> points(pair, "a"), points(pair, "b")
        ('+2.1 (−0.1 to +4.2)', '−2.1 (−4.2 to +0.1)')
    """
    low, high = (pair.low, pair.high) if rung == pair.first else (-pair.high, -pair.low)
    middle = pair.difference if rung == pair.first else -pair.difference
    return f"{_signed(middle)} ({_signed(low)} to {_signed(high)})"


def _signed(share: float) -> str:
    text = in_100(abs(share), 1)
    return text if text == "0" else f"{'+' if share > 0 else '−'}{text}"
