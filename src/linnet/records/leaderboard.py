"""The table that a climb ends with: one row per rung, best first, and what was left out."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

from linnet.errors import RunError
from linnet.records.files import read_json, write_csv, write_json
from linnet.records.matching import Matching

FORMAT = 1
"""Version of leaderboard.json; raised when an older Linnet could not read it any more."""


@dataclass(frozen=True, kw_only=True)
class LeaderboardRow:
    """Hold one rung's numbers on the test split.

    Attributes:
        rung: Its name.
        accuracy: Fraction right; accuracy_low and accuracy_high are its 95 % interval.
        n: Test pictures.
        balanced_accuracy: Mean of the classes' fractions right, over classes that occur.
        log_loss: Mean negative log-likelihood in nats.
        ece: Expected calibration error, a fraction.
        fit_seconds: Seconds of the final fit, on all it may learn from; choosing the settings is not in it.
        ms_per_image: Milliseconds per test picture.
        parameters: Learned numbers.
        megabytes: 10**6 bytes that the rung needs to predict.
        tied_with_best: Whether a paired test cannot tell it from the first row (always true there).
        p_value: Of that paired test, corrected for all pairs of rungs; 1.0 in the first row.
        settings: The hyper-parameters it ended with.
    """

    rung: str
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    n: int
    balanced_accuracy: float
    log_loss: float
    ece: float
    fit_seconds: float
    ms_per_image: float
    parameters: int
    megabytes: float
    tied_with_best: bool
    p_value: float
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Name a rung that is not in the table, and why."""

    rung: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Leaderboard:
    """Hold the rows, best first, and the rungs that have none.

    Attributes:
        rows: One per rung.
        skipped: Rungs without a row.
        matching: How the pictures fit the run, where they are not the run's own; else None.
    """

    rows: tuple[LeaderboardRow, ...]
    skipped: tuple[Skipped, ...] = ()
    matching: Matching | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain values, as leaderboard.json holds them."""
        return {
            "format": FORMAT,
            "rows": [asdict(row) for row in self.rows],
            "skipped": [asdict(skipped) for skipped in self.skipped],
            **({"matching": self.matching.to_plain()} if self.matching is not None else {}),
        }

    def write(self, folder: Path) -> None:
        """Write leaderboard.csv and then leaderboard.json, each atomically; the second one says that all is there."""
        names = [f.name for f in fields(LeaderboardRow)]
        write_csv(folder / "leaderboard.csv", names, [_cells(row, names) for row in self.rows])
        write_json(folder / "leaderboard.json", self.to_json())

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read leaderboard.json.

        Raises:
            RunError: missing, damaged, or of a newer format.
        """
        path = folder / "leaderboard.json"
        plain = read_json(path)
        try:
            if plain["format"] > FORMAT:
                raise RunError(
                    f"{path} has format {plain['format']}, this Linnet reads up to {FORMAT}; install a newer one."
                )
            rows = tuple(LeaderboardRow(**row) for row in plain["rows"])
            skipped = tuple(Skipped(**skipped) for skipped in plain["skipped"])
            matching = Matching.from_plain(plain["matching"]) if plain.get("matching") is not None else None
            return cls(rows=rows, skipped=skipped, matching=matching)
        except (KeyError, TypeError) as error:
            raise RunError(f"{path} is no leaderboard ({error}); the run folder is damaged.") from None


def _cells(row: LeaderboardRow, names: Sequence[str]) -> list[object]:
    values = asdict(row)
    values["settings"] = json.dumps(row.settings, ensure_ascii=False)
    values["tied_with_best"] = str(row.tied_with_best).lower()
    return [values[name] for name in names]
