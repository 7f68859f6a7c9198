"""Receiver operating characteristics and precision-recall curves; which classes are drawn is decided elsewhere."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from linnet.charts.theme import INK, SERIES, settings, to_svg

WIDTH, HEIGHT = 320, 310
"""CSS pixels at scale 1."""
COARSE = 0.004
"""What moves a curve by less than such a share of the picture, about a pixel, is left out of it."""


@dataclass(frozen=True, kw_only=True)
class OperatingLine:
    """Hold the points of one curve, left to right; fractions."""

    x: Sequence[float]
    y: Sequence[float]


def receiver_operating_characteristics(lines: Sequence[OperatingLine], *, name: str) -> str:
    """Draw the rate of found pictures over that of false alarms, and the diagonal of guessing.

    Args:
        lines: At most six, in the order of the colors.
        name: Unique among the charts of a page; letters, digits and hyphens.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    return _draw(lines, name=name, title="found, %", below="false alarms, %", has_diagonal=True)


def precision_over_recall(lines: Sequence[OperatingLine], *, name: str) -> str:
    """Draw precision over recall; all else is as in `receiver_operating_characteristics`, without the diagonal."""
    return _draw(lines, name=name, title="precision, %", below="recall, %", has_diagonal=False)


def _draw(lines: Sequence[OperatingLine], *, name: str, title: str, below: str, has_diagonal: bool) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), layout="constrained")
        axes = figure.subplots()
        if has_diagonal:
            axes.plot((0, 100), (0, 100), color=INK, linewidth=1, linestyle=":")
        for color, line in zip(SERIES, lines, strict=False):
            places = [(100 * line.x[i], 100 * line.y[i]) for i in kept_points(line)]
            axes.plot(*zip(*places, strict=True), color=color, linewidth=1.75, clip_on=False)
        for limits, ticks in ((axes.set_xlim, axes.set_xticks), (axes.set_ylim, axes.set_yticks)):
            limits(0, 101)
            ticks(range(0, 101, 20))
        axes.set_title(title, loc="left", fontsize=12, pad=10)
        axes.set_xlabel(below)
        return to_svg(figure, name)


def kept_points(line: OperatingLine, *, coarse: float = COARSE) -> list[int]:
    """Choose the points of a curve that a drawing needs: no other one is farther than `coarse` from the line left.

    Returns:
        Their indices, rising; the first and the last point are always among them.

    Source:
        Ramer 1972; Douglas and Peucker 1973: keep the point farthest from the chord, and split there.
    """
    last = len(line.x) - 1
    kept, spans = {0, last}, [(0, last)]
    while spans:
        first, end = spans.pop()
        distances = [(_distance(line, i, first, end), i) for i in range(first + 1, end)]
        farthest, i = max(distances, default=(0.0, 0))
        if farthest > coarse:
            kept.add(i)
            spans += [(first, i), (i, end)]
    return sorted(kept)


def _distance(line: OperatingLine, i: int, first: int, end: int) -> float:
    """Return the distance of point i from the straight line through two others, or from the point where they meet."""
    dx, dy = line.x[end] - line.x[first], line.y[end] - line.y[first]
    x, y = line.x[i] - line.x[first], line.y[i] - line.y[first]
    length = math.hypot(dx, dy)
    return abs(dx * y - dy * x) / length if length else math.hypot(x, y)
