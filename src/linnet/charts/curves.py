"""Lines of accuracy over a setting: how a setting was chosen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linnet.charts.theme import INK, SERIES, settings, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 400, 250
"""CSS pixels at scale 1; narrow enough that texts stay legible when a phone scales the chart down."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Hold the points of one line, left to right.

    Attributes:
        x: The setting's values.
        y: Fractions, one per value.
        spread: Standard deviations drawn as error bars, one per value; zeros draw none.
    """

    x: Sequence[float]
    y: Sequence[float]
    spread: Sequence[float]


def accuracy_over(
    lines: Sequence[Line],
    *,
    name: str,
    setting: str,
    is_log: bool,
    metric: str = "accuracy",
    chosen: tuple[float, float] | None = None,
) -> str:
    """Draw accuracy in percent over a numeric setting.

    Args:
        lines: At most six, in the order of the colors.
        name: Unique among the charts of a page; letters, digits and hyphens.
        setting: What the horizontal axis says.
        is_log: Whether that axis is logarithmic; values of zero then stand on a short linear piece at the left.
        metric: What the vertical axis says: "accuracy" or "balanced accuracy".
        chosen: (x, y) of a point to ring.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), layout="constrained")
        axes = figure.subplots()
        for color, line in zip(SERIES, lines, strict=False):
            percent = [100 * value for value in line.y]
            axes.plot(line.x, percent, color=color, marker="o", markeredgewidth=0)
            if any(line.spread):
                bars = [100 * value for value in line.spread]
                axes.errorbar(line.x, percent, bars, fmt="none", ecolor=color, elinewidth=1, alpha=0.7)
        if chosen:
            axes.plot(chosen[0], 100 * chosen[1], "o", markersize=13, markerfacecolor="none", markeredgecolor=INK)
        axes.set_xlabel(setting)
        axes.set_title(f"validation {metric}, %", loc="left", fontsize=12, pad=10)
        _scale(axes, [value for line in lines for value in line.x], is_log=is_log)
        return to_svg(figure, name)


def tick_label(value: float) -> str:
    """Write a tick of a logarithmic axis: plain where that is short, else as a power of ten.

    Example:
        >>> [tick_label(value) for value in (0, 0.5, 20, 1e-6, 3e5)]
        ['0', '0.5', '20', '10⁻⁶', '3·10⁵']
    """
    if value == 0 or 0.01 <= abs(value) < 10_000:
        return f"{value:g}"
    mantissa, _, exponent = f"{value:.0e}".partition("e")
    power = "10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return power if mantissa == "1" else f"{mantissa}·{power}"


def _scale(axes: "Axes", x: Sequence[float], *, is_log: bool) -> None:
    """Set scales and ticks; a logarithmic axis shows 1, 2, 5 where it spans little, else powers of ten."""
    from matplotlib.ticker import FixedLocator, LogLocator, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5))
    positive = [value for value in x if value > 0]
    if not is_log or not positive:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=all(float(value).is_integer() for value in x)))
        return
    low, high = math.log10(min(positive)), math.log10(max(positive))
    if min(x) > 0:
        axes.set_xscale("log")
    else:
        axes.set_xscale("symlog", linthresh=min(positive))
    if high - low <= 2.5 and min(x) > 0:
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=8))
    else:
        step = max(1, round((high - low) / 5))
        decades = [10.0**exponent for exponent in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1, step)]
        axes.xaxis.set_major_locator(FixedLocator([0.0, *decades] if min(x) <= 0 else decades))
    axes.xaxis.set_major_formatter(lambda value, _: tick_label(value))
    axes.minorticks_off()
