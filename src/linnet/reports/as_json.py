"""The report as JSON: the same tree as the page shows, with a format version; pictures stand in it by their names."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from linnet.records.files import write_json
from linnet.reports.comparing import RunsReport
from linnet.reports.content import Report

FORMAT = 1
"""Version of report.json; raised when a key changes its name or its meaning, not when one is added."""

PAGE_ONLY = frozenset({"galleries"})
"""Parts that only lay out pictures of the page, and would make up most of the file."""


def write(report: Report | RunsReport, path: Path) -> None:
    """Write a report as JSON, atomically."""
    write_json(path, to_json(report))


def to_json(report: Report | RunsReport) -> dict[str, Any]:
    """Return a report as plain values, the format version first."""
    return {"format": FORMAT} | {key: _plain(value) for key, value in asdict(report).items() if key not in PAGE_ONLY}


def _plain(value: Any) -> Any:
    """Make a value one that JSON can hold; what is no number or has no end becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
