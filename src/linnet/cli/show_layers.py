"""The layers of a network as a table in the terminal; what they are is found out elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from linnet.words import count

_COLUMNS = ("parameters", "flops", "memory", "sees", "stride")
_SCALES = ((10**12, " T"), (10**9, " G"), (10**6, " M"), (10**3, " k"))
_SIZES = ((2**30, " GiB"), (2**20, " MiB"), (2**10, " KiB"))


def layers(console: Console, name: str, found: Mapping[str, Any]) -> None:
    """Print the table of a network and its totals.

    Args:
        console: Where to.
        name: Of the rung.
        found: `Description.layers`.
    """
    shape, seen = found["picture_shape"], found["input_shape"]
    title = f"{name} for pictures of {by(shape)} and {found['n_classes']:,} classes"
    # Without lines between columns, all of it fits into the 80 columns of a plain terminal.
    table = Table(title=title, title_justify="left", header_style="bold", box=SIMPLE_HEAD)
    table.pad_edge, table.padding = False, (0, 1, 0, 0)
    table.add_column("layer", overflow="fold", min_width=8)
    table.add_column("kind", overflow="fold", min_width=6)
    table.add_column("output", no_wrap=True)
    for column in _COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for row in found["rows"]:
        table.add_row(*_cells(row))
    console.print(table)
    if seen != shape:
        console.print(f"Pictures are averaged down to {by(seen)} first (--set {name}.max_side=PIXELS).")
    console.print(
        f"In all: {count(found['parameters'], 'parameter')} and {count(found['buffers'], 'other saved number')}, "
        f"{found['n_bytes'] / 2**20:,.2f} MiB on disk; {scaled(found['flops'])} floating-point operations and "
        f"{in_bytes(found['activation_bytes'])} of outputs per picture.",
        soft_wrap=True,
    )
    console.print(
        "Flops: floating-point operations of products, a multiplication and an addition counting as two. Sees: pixels "
        "of the picture, high and wide; -: all of them, or not known. Stride: pixels between neighboring outputs.",
        style="dim",
        soft_wrap=True,
    )


def scaled(number: int) -> str:
    """Write a large number with three digits.

    Example:
        >>> scaled(650), scaled(4_718_592), scaled(275_458_048)
        ('650', '4.72 M', '275 M')
    """
    return _largest(number, _SCALES, unit="")


def in_bytes(number: int) -> str:
    """Write a size in memory or on disk.

    Example:
        >>> in_bytes(40), in_bytes(65_536), in_bytes(23_413_568)
        ('40 B', '64.0 KiB', '22.3 MiB')
    """
    return _largest(number, _SIZES, unit=" B")


def by(sides: Sequence[int]) -> str:
    """Write a shape.

    Example:
        >>> by([3, 32, 32])
        '3x32x32'
    """
    return "x".join(map(str, sides))


def _cells(row: Mapping[str, Any]) -> list[str]:
    return [
        escape(row["name"] or "(the network itself)"),
        escape(row["kind"]),
        by(row["output_shape"]) or "-",
        f"{row['parameters']:,}" if row["parameters"] else "",
        scaled(row["flops"]) if row["flops"] else "",
        in_bytes(row["output_bytes"]),
        by(row["receptive_field"] or ()) or "-",
        by(row["stride"] or ()) or "-",
    ]


def _largest(number: int, scales: Sequence[tuple[int, str]], *, unit: str) -> str:
    for size, name in scales:
        # What would be rounded up to a thousand belongs to the scale above already: 999,999 is 1.00 M.
        if number >= size * 0.9995:
            value = number / size
            return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f}{name}"
    return f"{number}{unit}"
