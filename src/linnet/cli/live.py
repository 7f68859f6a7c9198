"""Progress on a terminal: what is done, how much, how long it still takes."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Task as Shown
from rich.table import Column
from rich.text import Text

from linnet.progress import Task

_BESIDE_THE_BAR = 96
"""Columns that a long line takes: the text of a task, its count, its times and the note of a training."""


class _NoteColumn(ProgressColumn):
    """Show what there is room for of a note, in one line: columns that could be wrapped are shortened first."""

    def render(self, task: Shown) -> Text:
        return Text(task.fields["note"], style="dim", no_wrap=True, overflow="ellipsis")


class _LiveTask:
    def __init__(self, live: Progress, task: TaskID) -> None:
        self._live = live
        self._task = task

    def advance(self, n: int = 1, note: str = "") -> None:
        """Move the bar on."""
        self._live.update(self._task, advance=n, note=note)


class LiveProgress:
    """Show tasks as bars with time left on a terminal, and one line per finished task where there is none.

    Args:
        console: Where to show; standard error, so that results on standard output stay clean.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: set[str] = set()
        self._live = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=max(8, min(24, console.width - _BESIDE_THE_BAR))),
            MofNCompleteColumn(table_column=Column(no_wrap=True)),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
            TextColumn("left"),
            TimeRemainingColumn(table_column=Column(no_wrap=True)),
            _NoteColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    @contextmanager
    def task(self, text: str, total: int | None = None) -> Iterator[Task]:
        """Show one task until the with-block ends, then say how long it took if that was noticeable."""
        task = self._live.add_task(escape(text), total=total, note="")
        started = time.monotonic()
        try:
            yield _LiveTask(self._live, task)
        finally:
            self._live.remove_task(task)
        took = time.monotonic() - started
        if took >= 1:
            self._console.print(f"{escape(text)}: {took:.1f} s", style="dim")

    def say(self, text: str) -> None:
        """Show one sentence above the bars; what several trainings of a climb say alike is shown once."""
        if text in self._said:
            return
        self._said.add(text)
        self._console.print(escape(text), style="yellow", soft_wrap=True)
