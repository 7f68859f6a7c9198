"""Reliability diagrams: how often a rung is right over how sure it was; how that is counted stands elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linnet.charts.theme import INK, SERIES, settings, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 320, 350
"""CSS pixels at scale 1."""
FEW = 10
"""Pictures below which a bin's accuracy is mostly chance; such a point is hollow, and no line leads to it."""
_DASHED = (0, (3, 1.5))


@dataclass(frozen=True, kw_only=True)
class ReliabilityBin:
    """Hold the pictures whose confidence lies in (low, high].

    Attributes:
        low: Lower edge, a fraction.
        high: Upper edge.
        n: How many there are; with none, the two means are not looked at.
        confidence: Mean of their largest probabilities.
        accuracy: Share that was right.
    """

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


def accuracy_over_confidence(
    bins: Sequence[ReliabilityBin], *, name: str, before: Sequence[ReliabilityBin] = ()
) -> str:
    """Draw accuracy over confidence, the diagonal of honest confidence, and below the share of pictures per bin.

    Args:
        bins: Adjoining, from low to high confidence; the whole line, in the first color.
        name: Unique among the charts of a page; letters, digits and hyphens.
        before: The same without a temperature; the dashed line, in the second color. None draws no second line.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), layout="constrained")
        diagram, strip = figure.subplots(2, 1, sharex=True, height_ratios=(5, 1))
        diagram.plot((0, 100), (0, 100), color=INK, linewidth=1, linestyle=":")
        if before:
            _draw(diagram, before, color=SERIES[1], style=_DASHED)
            _share(strip, before, color=SERIES[1], is_filled=False)
        _draw(diagram, bins, color=SERIES[0], style="-")
        _share(strip, bins, color=SERIES[0], is_filled=True)
        diagram.set_xlim(0, 101)
        diagram.set_ylim(0, 101)
        diagram.set_xticks(range(0, 101, 20))
        diagram.set_yticks(range(0, 101, 20))
        strip.set_ylim(bottom=0)
        strip.set_yticks([])
        diagram.set_title("right, %", loc="left", fontsize=12, pad=10)
        strip.set_title("share of pictures", loc="left", fontsize=12, pad=4)
        strip.set_xlabel("confidence, %")
        return to_svg(figure, name)


def _draw(
    axes: "Axes", bins: Sequence[ReliabilityBin], *, color: str, style: str | tuple[int, tuple[float, ...]]
) -> None:
    many = [(100 * found.confidence, 100 * found.accuracy) for found in bins if found.n >= FEW]
    few = [(100 * found.confidence, 100 * found.accuracy) for found in bins if 0 < found.n < FEW]
    if many:
        axes.plot(*zip(*many, strict=True), color=color, linestyle=style, marker="o", markeredgewidth=0, clip_on=False)
    if few:
        axes.plot(
            *zip(*few, strict=True), "o", markersize=4, markerfacecolor="none", markeredgecolor=color, clip_on=False
        )


def _share(axes: "Axes", bins: Sequence[ReliabilityBin], *, color: str, is_filled: bool) -> None:
    total = sum(found.n for found in bins)
    if not total:
        return
    edges = [100 * bins[0].low, *(100 * found.high for found in bins)]
    shares = [found.n / total for found in bins]
    style = {"alpha": 0.7, "linewidth": 0} if is_filled else {"linewidth": 1.5, "linestyle": _DASHED}
    axes.stairs(shares, edges, fill=is_filled, color=color, **style)
