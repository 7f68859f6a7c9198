"""Points in a plane, in the colors of their classes; where they come from is decided elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from linnet.charts.theme import INK, settings, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIDE = 400
"""CSS pixels of a side at scale 1; narrow enough for a phone."""

_MARGIN = 8
"""CSS pixels around the points."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Points:
    """Hold points and what they are.

    Attributes:
        places: (n, 2) float, finite, in any unit.
        groups: (n,) int, which of the colors each has.
        ringed: (n,) bool, which ones have a ring around them; None: none.
    """

    places: npt.NDArray[np.floating]
    groups: npt.NDArray[np.int64]
    ringed: npt.NDArray[np.bool_] | None = None


def scatter(points: Points, *, name: str, colors: Sequence[str]) -> str:
    """Draw points without axes: for maps whose directions and units mean nothing.

    Args:
        points: What is drawn; one unit is as long to the right as upwards.
        name: Unique among the charts of a page; letters, digits and hyphens.
        colors: One for each group, see `linnet.charts.palette`.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(SIDE / 72, SIDE / 72))
        room = _MARGIN / SIDE
        axes = figure.add_axes((room, room, 1 - 2 * room, 1 - 2 * room))
        axes.set_axis_off()
        low, high = square(points.places)
        axes.set_xlim(low[0], high[0])
        axes.set_ylim(low[1], high[1])
        size = dot_size(len(points.places))
        draw_points(axes, points, colors=colors, size=size)
        if points.ringed is not None:
            dots(axes, points.places[points.ringed], color=INK, size=size + 7)
            for group, color in enumerate(colors):
                dots(axes, points.places[points.ringed & (points.groups == group)], color=color, size=size + 3)
        return to_svg(figure, name)


def square(places: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the lower left and the upper right corner of the smallest square around all points, with some room."""
    if not len(places):
        return np.zeros(2), np.ones(2)
    low, high = places.min(axis=0).astype(np.float64), places.max(axis=0).astype(np.float64)
    half = 0.52 * float((high - low).max()) or 1.0
    return (low + high) / 2 - half, (low + high) / 2 + half


def dot_size(n_points: int) -> float:
    """Return the diameter in CSS pixels at which so many points still leave some paper white."""
    return float(np.clip(120 / max(1, n_points) ** 0.5, 3.0, 8.0))


def draw_points(axes: "Axes", points: Points, *, colors: Sequence[str], size: float) -> None:
    """Draw every point as a dot of its group's color."""
    for group, color in enumerate(colors):
        dots(axes, points.places[points.groups == group], color=color, size=size)


def dots(axes: "Axes", places: npt.NDArray[np.floating], *, color: str, size: float) -> None:
    """Draw round dots of one color as one path: a line of no length with round ends is a disk, in 40 bytes each."""
    strokes(axes, np.stack([places, places], axis=1), color=color, width=size, cap="round")


def strokes(
    axes: "Axes",
    ends: npt.NDArray[np.floating],
    *,
    color: str,
    width: float,
    cap: str,
    alpha: float = 1.0,
) -> None:
    """Draw lines of one color as one path.

    Args:
        axes: What is drawn on.
        ends: (n, 2, 2) float, the two ends of each line.
        color: Of all.
        width: CSS pixels.
        cap: How ends look: "round" or "butt".
        alpha: Of the path as a whole: where lines cross, nothing becomes darker.
    """
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    if not len(ends):
        return
    codes = np.tile(np.array([Path.MOVETO, Path.LINETO], dtype=np.uint8), len(ends))
    path = Path(ends.reshape(-1, 2), codes)
    path.should_simplify = False  # would take lines of no length away
    patch = PathPatch(path, facecolor="none", edgecolor=color, linewidth=width, alpha=alpha)
    patch.set_capstyle(cap)  # type: ignore[arg-type]
    axes.add_patch(patch)
