"""Lines of loss or accuracy over the epochs of a training; which epoch was kept is decided elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from linnet.charts.curves import HEIGHT, WIDTH
from linnet.charts.theme import INK, SERIES, settings, to_svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_MARKERS = 15
"""Points up to which each one is marked; above, markers would touch. A single point is no line, so it needs one."""
WILD = 2.0
"""Times the first training loss above which a loss leaves the picture: the first one is about that of guessing, and one
bad epoch with a loss of a thousand would press all others flat onto the axis."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """Hold one quantity over the epochs, measured on training and on validation pictures.

    Attributes:
        epochs: Rising.
        train: One value per epoch; None where there is none.
        valid: Likewise; all None without validation pictures.
    """

    epochs: Sequence[int]
    train: Sequence[float | None]
    valid: Sequence[float | None]

    @property
    def lines(self) -> tuple[Sequence[float | None], ...]:
        """Training, then validation, in the order of the colors."""
        return (self.train, self.valid)


def loss_over_epochs(course: Course, *, name: str, kept: int | None = None) -> str:
    """Draw losses over epochs, from zero; training is dashed, validation a whole line.

    Args:
        course: Finite losses, at least 0.
        name: Unique among the charts of a page; letters, digits and hyphens.
        kept: The epoch to mark.

    Returns:
        An SVG element as text; see `linnet.charts.theme`.
    """
    return _draw(course, name=name, title="loss", kept=kept, top=_highest_loss(course))


def accuracy_over_epochs(course: Course, *, name: str, kept: int | None = None) -> str:
    """Draw accuracies in percent over epochs; all else is as in `loss_over_epochs`."""
    in_percent = [[None if value is None else 100 * value for value in line] for line in course.lines]
    course = Course(epochs=course.epochs, train=in_percent[0], valid=in_percent[1])
    return _draw(course, name=name, title="accuracy, %", kept=kept, top=None)


def _draw(course: Course, *, name: str, title: str, kept: int | None, top: float | None) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(settings(name)):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), layout="constrained")
        axes = figure.subplots()
        if kept is not None:
            axes.axvline(kept, color=INK, linewidth=1, linestyle=":")
        marker = "o" if len(course.epochs) <= MOST_MARKERS else ""
        for color, line, style in zip(SERIES, course.lines, ((0, (3, 1.5)), "-"), strict=False):
            seen = [(epoch, value) for epoch, value in zip(course.epochs, line, strict=True) if value is not None]
            if seen:
                axes.plot(*zip(*seen, strict=True), color=color, linestyle=style, marker=marker, markeredgewidth=0)
        ringed = [(x, y) for x, y in zip(course.epochs, course.valid, strict=True) if x == kept and y is not None]
        for x, y in ringed:
            is_outside = top is not None and y > top
            axes.plot(x, y, "o", markersize=13, markerfacecolor="none", markeredgecolor=INK, clip_on=is_outside)
        low, high = axes.get_ylim()
        axes.set_ylim(*((0, top) if top is not None else (max(low, -1), min(high, 101))))  # no share above 100 %
        axes.set_xlabel("epoch")
        axes.set_title(title, loc="left", fontsize=12, pad=10)
        _set_ticks(axes, course.epochs)
        return to_svg(figure, name)


def _set_ticks(axes: "Axes", epochs: Sequence[int]) -> None:
    from matplotlib.ticker import FixedLocator, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 2.5, 5, 10)))  # so that 100 % gets a tick
    if len(epochs) <= 1:
        axes.xaxis.set_major_locator(FixedLocator(list(epochs)))
    else:
        axes.set_xlim(left=max(axes.get_xlim()[0], epochs[0] - 0.5))  # no tick where there was no epoch
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _highest_loss(course: Course) -> float:
    """Return where the axis of losses ends: a little above the highest one that is not wild."""
    values = [value for line in course.lines for value in line if value is not None]
    highest = max(values, default=0.0)
    first = next((value for value in course.train if value is not None), 0.0)
    if first > 0:
        highest = min(highest, WILD * first)
    return 1.06 * highest if highest > 0 else 1.0
