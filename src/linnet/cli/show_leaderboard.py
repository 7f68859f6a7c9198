"""The leaderboard as a table in the terminal; what stands in it was computed elsewhere."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from linnet.records.leaderboard import Leaderboard, LeaderboardRow
from linnet.words import count, in_1, in_100

_COLUMNS = ("accuracy", "95 %\ninterval", "bal-\nanced", "log-\nloss", "ece", "fit s", "ms per\nimage", "MB")


def rows(console: Console, found: Leaderboard) -> None:
    """Print the rows, best first.

    Args:
        console: Where to.
        found: With at least one row.
    """
    what = "test picture" if found.matching is None else "picture"
    source = f" of {escape(found.matching.source)}" if found.matching else ""
    # Without lines between columns, all of it fits into the 80 columns of a plain terminal.
    table = Table(
        title=f"Leaderboard: {count(found.rows[0].n, what)}{source}",
        title_justify="left",
        header_style="bold",
        box=SIMPLE_HEAD,
    )
    table.show_edge, table.padding = False, (0, 0, 0, 0)  # the box sets a space between columns itself
    table.add_column("rung", overflow="fold", min_width=8)
    for column in _COLUMNS:
        table.add_column(column, justify="right", no_wrap=True)
    for place, row in enumerate(found.rows):
        table.add_row(*_cells(row, is_best=place == 0), style="" if row.tied_with_best else "dim")
    console.print(table)


def settings(console: Console, found: Leaderboard, shown: Mapping[str, Sequence[str]]) -> None:
    """Print a line of settings for each row that has some to show.

    Args:
        console: Where to.
        found: The leaderboard.
        shown: {rung: names of settings}.
    """
    for row in found.rows:
        values = ", ".join(f"{name}={row.settings[name]}" for name in shown.get(row.rung, ()))
        if values:
            console.print(f"Settings of {row.rung}: {escape(values)}", soft_wrap=True)


def short(number: float) -> str:
    """Write a number of any size in few letters: two decimals below 10, one below 100, else none.

    Example:
        >>> short(0.004), short(7.856), short(30.11), short(123.4)
        ('0.00', '7.86', '30.1', '123')
    """
    return f"{number:.{2 if number < 9.995 else 1 if number < 99.95 else 0}f}"


def _cells(row: LeaderboardRow, *, is_best: bool) -> list[str]:
    return [
        escape(row.rung) + (" =" if row.tied_with_best and not is_best else ""),
        f"{in_100(row.accuracy, 2)} %",
        f"{in_100(row.accuracy_low, 1)} to {in_100(row.accuracy_high, 1)}",
        f"{in_100(row.balanced_accuracy, 2)} %",
        f"{row.log_loss:.3f}" if row.log_loss < 9.9995 else short(row.log_loss),
        in_1(row.ece),
        short(row.fit_seconds),
        f"{row.ms_per_image:.3f}" if row.ms_per_image < 9.9995 else short(row.ms_per_image),
        short(row.megabytes),
    ]
