"""The picture of a sweep over learning rates: the loss over the rate, and the rate that it suggests."""

import math
from collections.abc import Sequence

from linnet.charts.curves import HEIGHT, WIDTH, tick_label
from linnet.charts.theme import INK, SERIES, settings, to_svg


def loss_over_rate(
    rates: Sequence[float],
    losses: Sequence[float],
    *,
    name: str,
    smooth: Sequence[float] = (),
    suggestion: float | None = None,
) -> str:
    """Draw the training loss over the learning rate.

    The axis ends a little above the highest loss of the first half of the sweep: where the loss runs away it leaves
    the picture, and the fall before that stays visible.

    Args:
        rates: Rising, above 0, at least one.
        losses: One per rate; those that are no number are left out.
        name: Unique among the charts of a page; letters, digits and hyphens.
        smooth: The losses without their noise, one for each of the first rates; none draws no line for them.
        suggestion: The rate to mark.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator

    seen = [(rate, loss) for rate, loss in zip(rates, losses, strict=True) if math.isfinite(loss)]
    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), layout="constrained")
        axes = figure.subplots()
        axes.set_xscale("log")
        if smooth:
            axes.plot(*zip(*seen, strict=True), "o", color=SERIES[0], markersize=3, markeredgewidth=0, alpha=0.5)
            axes.plot(rates[: len(smooth)], smooth, color=SERIES[0])
        elif seen:
            axes.plot(*zip(*seen, strict=True), color=SERIES[0])
        if suggestion is not None:
            axes.axvline(suggestion, color=INK, linewidth=1, linestyle="--")
            axes.annotate(
                f"{suggestion:.2g}" if suggestion >= 1e-4 else tick_label(suggestion),
                (suggestion, 0.02),
                xycoords=("data", "axes fraction"),
                xytext=(5, 0),
                textcoords="offset points",
            )
        axes.set_ylim(*_limits([loss for _, loss in seen]))
        first, last = math.floor(math.log10(rates[0]) + 1e-9), math.ceil(math.log10(rates[-1]) - 1e-9)
        every = max(1, round((last - first) / 5))
        axes.xaxis.set_major_locator(FixedLocator([10.0**power for power in range(first, last + 1, every)]))
        axes.xaxis.set_major_formatter(lambda value, _: tick_label(value))
        axes.minorticks_off()
        axes.set_xlabel("learning rate")
        axes.set_title("training loss", loc="left", fontsize=12, pad=10)
        return to_svg(figure, name)


def _limits(losses: Sequence[float]) -> tuple[float, float]:
    """Return the lowest and highest loss to show, with room around them."""
    if not losses:
        return 0.0, 1.0
    lowest, highest = min(losses), max(losses[: max(1, len(losses) // 2)])
    room = 0.15 * (highest - lowest) or max(abs(highest), 1.0) * 0.1
    return lowest - room, highest + room
