"""Learning curves: accuracy over the number of training pictures; what they mean is said elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linnet.charts.curves import HEIGHT, WIDTH
from linnet.charts.theme import SERIES, settings, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_TICKS = 6


@dataclass(frozen=True, kw_only=True)
class LearningLine:
    """Hold one rung's points, by rising number of training pictures.

    Attributes:
        n_images: Training pictures, at least 1.
        accuracy: Fractions.
        low: Lower ends of their intervals.
        high: Upper ends.
    """

    n_images: Sequence[int]
    accuracy: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


def accuracy_over_size(lines: Sequence[LearningLine], *, name: str) -> str:
    """Draw accuracy in percent over training pictures, on a logarithmic axis with a tick for each size.

    Args:
        lines: In the order of the colors; from the seventh on the colors come again, dashed.
        name: Unique among the charts of a page; letters, digits and hyphens.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), layout="constrained")
        axes = figure.subplots()
        axes.set_xscale("log")
        for i, line in enumerate(lines):
            color, style = SERIES[i % len(SERIES)], "-" if i < len(SERIES) else (0, (3, 1.5))
            percent = [100 * value for value in line.accuracy]
            axes.vlines(
                line.n_images,
                [100 * value for value in line.low],
                [100 * value for value in line.high],
                colors=color,
                linewidth=1,
                alpha=0.7,
            )
            axes.plot(line.n_images, percent, color=color, linestyle=style, marker="o", markeredgewidth=0)
        _set_ticks(axes, sorted({n for line in lines for n in line.n_images}))
        axes.set_xlabel("training pictures")
        axes.set_title("accuracy, %", loc="left", fontsize=12, pad=10)
        return to_svg(figure, name)


def _set_ticks(axes: "Axes", sizes: Sequence[int]) -> None:
    """Put ticks at the sizes themselves; of many, at every second or third one, the largest always among them."""
    from matplotlib.ticker import FixedLocator, MaxNLocator

    every = max(1, -(-len(sizes) // MOST_TICKS))
    axes.xaxis.set_major_locator(FixedLocator(list(sizes[::-1][::every])))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.minorticks_off()
