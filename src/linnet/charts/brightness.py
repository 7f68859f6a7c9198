"""The picture of how bright the pictures of a data set are."""

from collections.abc import Sequence

from linnet.charts.curves import WIDTH
from linnet.charts.theme import SERIES, settings, to_svg

_HEIGHT = 170


def pictures_over_brightness(counts: Sequence[int], *, name: str) -> str:
    """Draw how many pictures have which mean brightness.

    Args:
        counts: Pictures in equal steps from black to white, at least one step.
        name: Unique among the charts of a page; letters, digits and hyphens.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(WIDTH / 72, _HEIGHT / 72), layout="constrained")
        axes = figure.subplots()
        places = [(step + 0.5) / len(counts) for step in range(len(counts))]
        axes.bar(places, counts, width=0.9 / len(counts), color=SERIES[0])
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["black", "25%", "50%", "75%", "white"])
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.set_xlabel("mean brightness")
        axes.set_title("training pictures", loc="left", fontsize=12, pad=10)
        return to_svg(figure, name)
