"""The classes of the places of a plane, as areas of color that are paler where they are less sure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linnet.charts.scatter import SIDE, Points, dots, draw_points, strokes
from linnet.charts.theme import GRID, INK, settings, to_svg

SHADES = (0.14, 0.28, 0.42, 0.56)
"""Opacity by how sure an answer is, from a guess to certain."""

_LEFT, _BOTTOM, _REST = 30, 30, 6
"""CSS pixels around the plane."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Plane:
    """Hold what is said at the places of a grid.

    Attributes:
        classes: (r, s) int, what is said in the middle of each cell; row 0 is the lowest.
        confidences: (r, s) float, 0 .. 1: how sure that is, from a guess to certain.
        corners: (left, bottom, right, top) of the grid, in the unit of the points.
    """

    classes: npt.NDArray[np.int64]
    confidences: npt.NDArray[np.floating]
    corners: tuple[float, float, float, float]


def regions(plane: Plane, points: Points, *, name: str, colors: Sequence[str]) -> str:
    """Draw which class is said where, and points on top.

    Args:
        plane: The areas, in the colors of their classes.
        points: Those outside the grid are left out.
        name: Unique among the charts of a page; letters, digits and hyphens.
        colors: One for each class, see `linnet.charts.palette`.

    Returns:
        An SVG element as text; see `linnet.charts.theme`. A grid of 50 x 50 is at most 150 KB.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    left, bottom, right, top = plane.corners
    n_rows = len(plane.classes)
    length = SIDE - _BOTTOM - _REST
    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(SIDE / 72, SIDE / 72))
        axes = figure.add_axes((_LEFT / SIDE, _BOTTOM / SIDE, (SIDE - _LEFT - _REST) / SIDE, length / SIDE))
        axes.set_xlim(left, right)
        axes.set_ylim(bottom, top)
        axes.grid(visible=False)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel("first direction →")
        axes.set_ylabel("second direction →")
        for (group, shade), lines in _runs(plane).items():
            strokes(axes, lines, color=colors[group], width=length / n_rows, alpha=SHADES[shade], cap="butt")
        inside = (points.places >= (left, bottom)).all(axis=1) & (points.places <= (right, top)).all(axis=1)
        shown = Points(places=points.places[inside], groups=points.groups[inside])
        dots(axes, shown.places, color=INK, size=6.5)
        draw_points(axes, shown, colors=colors, size=5.0)
        axes.spines[:].set(visible=True, color=GRID)
        return to_svg(figure, name)


def _runs(plane: Plane) -> dict[tuple[int, int], npt.NDArray[np.float64]]:
    """Gather neighboring cells of a row that look alike into one line through their middles, by class and shade."""
    left, bottom, right, top = plane.corners
    n_rows, n_columns = plane.classes.shape
    shades = np.clip((plane.confidences * len(SHADES)).astype(np.int64), 0, len(SHADES) - 1)
    found: dict[tuple[int, int], list[tuple[tuple[float, float], tuple[float, float]]]] = {}
    for row in range(n_rows):
        y = bottom + (top - bottom) * (row + 0.5) / n_rows
        looks = np.stack([plane.classes[row], shades[row]], axis=1)
        starts = [0, *(np.flatnonzero((looks[1:] != looks[:-1]).any(axis=1)) + 1).tolist(), n_columns]
        for start, stop in itertools.pairwise(starts):
            a, b = (left + (right - left) * column / n_columns for column in (start, stop))
            found.setdefault((int(looks[start, 0]), int(looks[start, 1])), []).append(((a, y), (b, y)))
    return {key: np.array(lines) for key, lines in sorted(found.items())}
