"""Accuracy beside cost: numbered points and the front of those that no other one beats in both."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linnet.charts.curves import HEIGHT, WIDTH, tick_label
from linnet.charts.theme import INK, SERIES, settings, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTER = (8.0, 13.0)
"""Width of a digit and height of a number, in pixels, with a little room."""
DOT = 7.0
"""Room that a point takes, in pixels."""
_DIRECTIONS = ((-0.75, 0.75), (0.75, -0.75), (0, 1), (1, 0), (-1, 0), (0, -1), (0.75, 0.75), (-0.75, -0.75))
"""Up and left first: of a point on the front nothing stands there, for it would be better and cheaper."""
_DISTANCES = (13.0, 18.0, 25.0, 33.0, 42.0, 52.0)

Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class CostPoint:
    """Hold one rung's cost and accuracy.

    Attributes:
        number: What stands beside the point; a legend outside says whose it is.
        cost: Above 0.
        accuracy: A fraction; low and high are its interval.
        is_on_front: Whether no other point is both cheaper and better.
    """

    number: int
    cost: float
    accuracy: float
    low: float
    high: float
    is_on_front: bool


def accuracy_over_cost(points: Sequence[CostPoint], *, name: str, cost: str) -> str:
    """Draw accuracy in percent over a cost, on a logarithmic axis, and the front as a staircase.

    Args:
        points: At least one.
        name: Unique among the charts of a page; letters, digits and hyphens.
        cost: What the horizontal axis says.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), layout="constrained")
        axes = figure.subplots()
        axes.set_xscale("log")
        costs = [point.cost for point in points]
        axes.set_xlim(min(costs) / 2.5, max(costs) * 2.5)
        front = sorted((point for point in points if point.is_on_front), key=lambda point: point.cost)
        staircase = [(point.cost, 100 * point.accuracy) for point in front]
        if staircase:
            steps = [*staircase, (axes.get_xlim()[1], staircase[-1][1])]
            axes.plot(*zip(*steps, strict=True), color=SERIES[0], linewidth=1, drawstyle="steps-post")
        for point in points:
            color = SERIES[0] if point.is_on_front else SERIES[5]
            axes.vlines(point.cost, 100 * point.low, 100 * point.high, colors=color, linewidth=1, alpha=0.7)
            axes.plot(point.cost, 100 * point.accuracy, "o", color=color, markersize=6, markeredgewidth=0)
        axes.margins(y=0.12)
        axes.yaxis.set_major_locator(MaxNLocator(5))
        axes.set_xlabel(cost)
        axes.set_title("accuracy, %", loc="left", fontsize=12, pad=10)
        _set_ticks(axes)
        figure.canvas.draw()  # so that places are known in pixels
        _number(axes, points)
        return to_svg(figure, name)


def _set_ticks(axes: "Axes") -> None:
    from matplotlib.ticker import LogLocator

    low, high = axes.get_xlim()
    spread = high / low
    between = (1, 2, 5) if spread < 60 else (1, 3) if spread < 2000 else (1,)
    axes.xaxis.set_major_locator(LogLocator(subs=between, numticks=8))
    axes.xaxis.set_major_formatter(lambda value, _: tick_label(value) if value < 1e-3 else f"{value:g}")
    axes.minorticks_off()


def _number(axes: "Axes", points: Sequence[CostPoint]) -> None:
    """Write each number where neither a point nor another number is; far ones hang on a thin line."""
    # The figure's own unit is a 72nd of an inch, in which sizes are given above.
    scale = 72 / axes.figure.dpi
    places = [
        tuple(scale * value for value in axes.transData.transform((point.cost, 100 * point.accuracy)))
        for point in points
    ]
    frame = axes.bbox
    inside = (scale * frame.x0, scale * frame.y0, scale * frame.x1, scale * frame.y1)
    whiskers = [_whisker(axes, point, scale) for point in points]
    chosen = offsets([(x, y) for x, y in places], [p.number for p in points], inside, obstacles=whiskers)
    for point, offset in zip(points, chosen, strict=True):
        is_far = max(map(abs, offset)) > _DISTANCES[1]
        axes.annotate(
            str(point.number),
            (point.cost, 100 * point.accuracy),
            xytext=offset,
            textcoords="offset points",
            ha="center",
            va="center",
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 0.75, "shrinkA": 6, "shrinkB": 3}
            if is_far
            else None,
        )


def _whisker(axes: "Axes", point: CostPoint, scale: float) -> Box:
    (x, low), (_, high) = axes.transData.transform(
        [(point.cost, 100 * point.low), (point.cost, 100 * point.high)]
    ).tolist()
    return (scale * x - 1.5, scale * low, scale * x + 1.5, scale * high)


def offsets(
    places: Sequence[tuple[float, float]], numbers: Sequence[int], inside: Box, *, obstacles: Sequence[Box] = ()
) -> list[tuple[float, float]]:
    """Choose where the number of each point stands: the nearest place that is free.

    Args:
        places: (x, y) of the points, in pixels.
        numbers: What is written beside each.
        inside: (left, bottom, right, top) that no number leaves.
        obstacles: What else no number may cover, likewise.

    Returns:
        (dx, dy) from each point to the middle of its number. Where all places are taken, the number stands above.
    """
    taken: list[Box] = [*obstacles, *(_box(x, y, DOT, DOT) for x, y in places)]
    found = []
    for (x, y), number in zip(places, numbers, strict=True):
        width = LETTER[0] * len(str(number))
        free = (
            (dx, dy)
            for dx, dy in _candidates()
            if _holds(inside, box := _box(x + dx, y + dy, width, LETTER[1]))
            and not any(_overlap(box, other) for other in taken)
        )
        dx, dy = next(free, (0.0, _DISTANCES[0]))
        taken.append(_box(x + dx, y + dy, width, LETTER[1]))
        found.append((dx, dy))
    return found


def _candidates() -> Iterator[tuple[float, float]]:
    return ((distance * x, distance * y) for distance in _DISTANCES for x, y in _DIRECTIONS)


def _box(x: float, y: float, width: float, height: float) -> Box:
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _holds(frame: Box, box: Box) -> bool:
    return frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3]
