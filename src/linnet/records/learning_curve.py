"""How a rung's accuracy grew with the number of training pictures, as learning-curve.csv in the run folder holds it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from linnet.errors import RunError
from linnet.records.files import read_csv, write_csv


@dataclass(frozen=True, kw_only=True)
class LearningPoint:
    """Hold what a rung came to with so many training pictures.

    Attributes:
        n_images: Training pictures.
        accuracy: Share of the validation pictures that were right, in [0, 1].
        low: Lower end of its 95 % interval (Wilson), and high the upper one.
        n_valid: Validation pictures.
        seconds: Of the fit.
    """

    n_images: int
    accuracy: float
    low: float
    high: float
    n_valid: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class LearningCurve:
    """Hold the points of one rung, the one with the fewest pictures first.

    Attributes:
        rung: Its name.
        points: One per number of training pictures; each number's pictures are among the next one's.
    """

    rung: str
    points: tuple[LearningPoint, ...] = ()

    def with_point(self, point: LearningPoint) -> Self:
        """Return the curve with one more point, in its place; one with as many pictures gives way to it."""
        others = [other for other in self.points if other.n_images != point.n_images]
        ordered = sorted([*others, point], key=lambda each: each.n_images)
        return type(self)(rung=self.rung, points=tuple(ordered))

    def write(self, path: Path) -> None:
        """Write a CSV file, atomically, one row per point."""
        write_csv(path, _HEADER, [[self.rung, *asdict(point).values()] for point in self.points])

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            RunError: missing, damaged, empty, of several rungs, or with numbers that do not rise.
        """
        header, rows = read_csv(path)
        try:
            if header != _HEADER or not rows:
                raise ValueError(f"columns {', '.join(header)} and {len(rows)} rows")
            (rung,) = {row[0] for row in rows}
            points = tuple(_point(row[1:]) for row in rows)
            n_images = [point.n_images for point in points]
            if sorted(set(n_images)) != n_images:
                raise ValueError(f"numbers of pictures {n_images}")
        except ValueError as error:
            raise RunError(f"{path} should hold the learning curve of a rung and does not ({error}).") from None
        return cls(rung=rung, points=points)


_HEADER = ["rung", *(column.name for column in fields(LearningPoint))]


def _point(row: Sequence[str]) -> LearningPoint:
    n_images, accuracy, low, high, n_valid, seconds = row
    return LearningPoint(
        n_images=int(n_images),
        accuracy=float(accuracy),
        low=float(low),
        high=float(high),
        n_valid=int(n_valid),
        seconds=float(seconds),
    )
