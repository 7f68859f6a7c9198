"""How long work tells that it goes on; the library only speaks through this, the command line shows it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Task(Protocol):
    """One piece of work with a known or unknown number of steps."""

    def advance(self, n: int = 1, note: str = "") -> None:
        """Say that `n` more steps are done, with an optional short note (a loss, an accuracy)."""


class Progress(Protocol):
    """Where long work reports to."""

    def task(self, text: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Open a task of `total` steps (None: unknown) for the length of a with-block."""

    def say(self, text: str) -> None:
        """Tell the user one thing that should not be overlooked, as a whole sentence."""


class _SilentTask:
    def advance(self, n: int = 1, note: str = "") -> None:
        """Do nothing."""


class SilentProgress:
    """Swallow everything; the default wherever progress can be given."""

    @contextmanager
    def task(self, text: str, total: int | None = None) -> Iterator[Task]:
        """Open a task that shows nothing."""
        yield _SilentTask()

    def say(self, text: str) -> None:
        """Say nothing."""


SILENT = SilentProgress()
