"""Counts and values of any kind as small tables, for records whose keys this report need not know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from linnet.words import setting

MAX_ROWS = 8
"""Rows of a table of counts; the rest is summed."""


@dataclass(frozen=True, kw_only=True)
class CountTable:
    """Hold counts or values by name, the biggest first; `n_more` names were left out, counting `more` together."""

    title: str
    rows: tuple[tuple[str, int | str], ...]
    n_more: int = 0
    more: int = 0


def count_tables(found: Mapping[str, Any]) -> tuple[CountTable, ...]:
    """Turn whatever was found in the files into tables: single values together, each mapping or list on its own.

    Args:
        found: Plain JSON values. A list of mappings is a table when each of them has a count `n`.
    """
    single = single_values(found)
    tables = [CountTable(title="Files", rows=single)] if single else []
    for name, value in found.items():
        counts = {_label(row): row["n"] for row in value} if _is_ranking(value) else value
        if isinstance(counts, Mapping) and counts:
            tables.append(_count_table(title(name), counts))
    return tuple(tables)


def _is_ranking(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) and "n" in row for row in value)


def _label(row: Mapping[str, Any]) -> str:
    """Name what a row of a ranking counts; a size is said the usual way round."""
    if {"width", "height"} <= set(row):
        return f"{row['width']} × {row['height']}"
    return ", ".join(str(shown(value)) for name, value in row.items() if name != "n")


def _count_table(name: str, counts: Mapping[str, Any]) -> CountTable:
    """Keep the order given, which means something; only where rows must go, the biggest ones stay."""
    rows = [(str(key), shown(value)) for key, value in counts.items()]
    if len(rows) <= MAX_ROWS + 1 or not all(isinstance(value, int) for _, value in rows):
        return CountTable(title=name, rows=tuple(rows))
    rows.sort(key=lambda row: -int(row[1]))
    rest = rows[MAX_ROWS:]
    return CountTable(title=name, rows=tuple(rows[:MAX_ROWS]), n_more=len(rest), more=sum(int(n) for _, n in rest))


def single_values(found: Mapping[str, Any]) -> tuple[tuple[str, int | str], ...]:
    """Take the single values; mappings and rankings have tables of their own, and examples are pictures."""
    return tuple(
        (title(name), f"{value / 1e6:,.1f} MB") if name == "n_bytes" else (title(name), shown(value))
        for name, value in found.items()
        if not isinstance(value, Mapping) and not _is_ranking(value) and name != "examples"
    )


def title(name: str) -> str:
    """Turn a key into words: "n_exact_pairs" becomes "Exact pairs"."""
    words = str(name).removeprefix("n_").replace("_", " ")
    return words[:1].upper() + words[1:]


def shown(value: Any) -> int | str:
    """Keep a whole number, and write any other plain value as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Mapping):
        return ", ".join(
            f"{inner} {name}" if isinstance(inner, int) else f"{name} {shown(inner)}" for name, inner in value.items()
        )
    return " × ".join(map(setting, value)) if isinstance(value, list | tuple) else setting(value)
