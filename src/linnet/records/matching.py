"""How other pictures fit a run that scores them: which of their classes it knows, and which pictures are left out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from linnet.words import count


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Say what of another source was scored. Classes are matched by name, never by place.

    Attributes:
        source: What the user called it.
        n_scored: Pictures of classes that the run knows.
        unknown: {class name: pictures} of the source's classes that the run does not know; none of them is scored.
        missing: Classes of the run without a picture here, in the run's order.
        n_unreadable: Files that should be pictures and could not be read, of whatever class.
        n_learned_from: Scored pictures that the run itself was fitted to or chosen on; these tell nothing new.
        n_of_test: Scored pictures of the run's own test split, which is opened again by scoring them.
    """

    source: str
    n_scored: int
    unknown: dict[str, int]
    missing: tuple[str, ...]
    n_unreadable: int = 0
    n_learned_from: int = 0
    n_of_test: int = 0

    def sentences(self, most: int = 20) -> tuple[str, ...]:
        """Say, as whole sentences, what is not as it should be; none where all classes fit and nothing is left out.

        Args:
            most: Classes that are named; those behind them are counted.
        """
        said = []
        if self.unknown:
            named = [f"{name} ({n:,})" for name, n in self.unknown.items()]
            total = sum(self.unknown.values())
            said.append(f"Not scored, of classes unknown to the run: {count(total, 'picture')}, {_some(named, most)}.")
        if self.missing:
            said.append(f"Classes of the run without a picture here: {_some(self.missing, most)}.")
        if self.n_unreadable:
            said.append(f"Not scored, as they could not be read: {count(self.n_unreadable, 'file')}.")
        if self.n_learned_from:
            said.append(
                f"The run has learned from {self.n_learned_from:,} of the "
                f"{count(self.n_scored, 'scored picture')}, so these numbers are better than those of new "
                "ones would be."
            )
        if self.n_of_test:
            said.append(f"Of the run's own test split: {count(self.n_of_test, 'picture')}.")
        return tuple(said)

    def to_plain(self) -> dict[str, Any]:
        """Return plain values, as leaderboard.json holds them."""
        return {**asdict(self), "missing": list(self.missing)}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """Take plain values back.

        Raises:
            TypeError: values are missing, or there are others.
            KeyError: the missing classes are missing.
        """
        return cls(**{**plain, "missing": tuple(plain["missing"])})


def _some(names: Sequence[str], most: int) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
