"""Which color a class has in a drawing of many points; how drawings are made stands elsewhere."""

from collections.abc import Sequence

from linnet.charts.theme import INK, SERIES, css, fallback

MANY = (
    "#3f66e8", "#dd760a", "#22a33a", "#e23038", "#9140e0", "#84702c",
    "#ea3fd6", "#06869c", "#a98aa6", "#2b94ea", "#b35a52", "#c0187f",
)  # fmt: skip
"""For seven to twelve classes: far from each other, and each at least 3 : 1 in contrast to white and to near-black."""

OTHERS = INK
"""For the classes beyond those: nobody tells thirteen hues apart."""


def class_colors(counts: Sequence[int]) -> tuple[str, ...]:
    """Give each class the color that it is drawn in.

    Args:
        counts: Pictures of each class, in the order of the classes; one without pictures needs no color of its own.

    Returns:
        One color for each class, for the drawings here: of up to six classes those that follow the page, of up to
        twelve `MANY`, and of more the most frequent twelve have one of their own.

    Example:
        >>> class_colors([3, 0, 5])[1] == OTHERS
        True
    """
    present = [k for k, count in enumerate(counts) if count > 0]
    colored = sorted(sorted(present, key=lambda k: (-counts[k], k))[: len(MANY)])
    scale = SERIES if len(present) <= len(SERIES) else MANY
    given = dict(zip(colored, scale, strict=False))
    return tuple(given.get(k, OTHERS) for k in range(len(counts)))


def class_legend(counts: Sequence[int], class_names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """List what a page writes beside a drawing: a CSS color, and the name of the class that has it.

    Args:
        counts: As given to `class_colors`.
        class_names: One for each class.
    """
    colors = class_colors(counts)
    named = [(css(color), class_names[k]) for k, color in enumerate(colors) if counts[k] > 0 and color != OTHERS]
    n_others = sum(count > 0 and color == OTHERS for count, color in zip(counts, colors, strict=True))
    rest = [(css(OTHERS), f"{n_others} more {'classes' if n_others > 1 else 'class'}")] if n_others else []
    return (*named, *rest)


def levels(color: str) -> tuple[int, int, int]:
    """Return a color of a drawing as red, green and blue, 0 .. 255, for pictures, which follow no page."""
    plain = fallback(color)
    return int(plain[1:3], 16), int(plain[3:5], 16), int(plain[5:7], 16)
