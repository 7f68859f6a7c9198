"""How every chart looks and becomes SVG text; what is drawn stands in the other files.

Charts are drawn in sentinel colors, which then become CSS variables with a fallback: inside a page they follow its
light or dark theme, as a file on its own they are legible on white and on black. Texts stay texts in the page's font.
"""

import io
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK, GRID = "#010101", "#020202"
SERIES = tuple(f"#0{i}0{i}03" for i in range(1, 7))
"""Sentinel colors for up to six lines; a page may show its own legend with the variables --series-1 .. --series-6."""

_FALLBACKS = ("#2f8396", "#c4506a", "#b3811f", "#7a6cc4", "#4f9153", "#7d8087")
_VARIABLES = {INK: "var(--chart-ink, #7d8087)", GRID: "var(--chart-grid, #a9acb155)"} | {
    sentinel: f"var(--series-{i}, {fallback})"
    for i, (sentinel, fallback) in enumerate(zip(SERIES, _FALLBACKS, strict=True), start=1)
}
_PLAIN = dict(zip((INK, *SERIES), ("#7d8087", *_FALLBACKS), strict=True))
_NO_METADATA = dict.fromkeys(("Date", "Creator", "Format", "Type"))
_NAMESPACE = ' xmlns="http://www.w3.org/2000/svg"'


def settings(name: str) -> dict[Any, Any]:
    """Return matplotlib's settings for one chart.

    Args:
        name: Salt of the identifiers inside the SVG, so that two charts of a page share none.
    """
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.family": ["DejaVu Sans"],  # ships with matplotlib: the same layout on every machine, never a warning
        "font.size": 12,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "text.color": INK,
        "axes.edgecolor": GRID,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.spines.left": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": GRID,
        "grid.linewidth": 1,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.minor.size": 0,
        "ytick.major.size": 0,
        "lines.linewidth": 2,
        "lines.markersize": 5,
    }


def to_svg(figure: "Figure", name: str) -> str:
    """Draw a figure as an SVG element that stands in a page or in a file of its own.

    The same figure gives the same text: no date, no random identifiers, no addresses but the namespace.

    Args:
        figure: What was drawn under `settings(name)`.
        name: As given there; letters, digits and hyphens.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata=_NO_METADATA)
    width, height = (72 * side for side in figure.get_size_inches())
    text = buffer.getvalue().partition("</defs>")[2]  # what stands before is the frame, and styles for the whole page
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    text = re.sub(r"<[^>]*>", lambda tag: re.sub(r"(\d\.\d\d)\d+", r"\1", tag[0]), text)  # pixels; half the bytes
    text = re.sub(r' transform="rotate\(-0 [^"]*"', "", text)
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text.replace("xlink:href", "href"))
    text = re.sub(r"#[0-9a-f]{6}\b", lambda found: _VARIABLES.get(found[0], found[0]), text)
    text = re.sub(r"\s*\n\s*", " ", text).replace("> <", ">\n<")
    frame = f'<svg{_NAMESPACE} viewBox="0 0 {width:g} {height:g}" style="stroke-linejoin: round" aria-hidden="true">'
    return frame + text.strip() + "\n"


def css(color: str) -> str:
    """Return what a color of a chart is in the page: the legend beside a chart shows the same."""
    return _VARIABLES.get(color, color)


def fallback(color: str) -> str:
    """Return a color of a chart as "#rrggbb", as it is where no page gives another one."""
    return _PLAIN.get(color, color)


def inline(svg: str) -> str:
    """Return an SVG element for the inside of an HTML page, where the namespace and the colors go without saying."""
    text = re.sub(r"var\((--[\w-]+), #[0-9a-f]+\)", r"var(\1)", svg.replace(_NAMESPACE, "", 1))
    return re.sub(r'<g id="[^"]*"', "<g", text)  # nothing refers to a group
