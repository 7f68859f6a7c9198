"""Who is told how a training goes, round by round: the user of what ails the layers, a watcher of everything."""

import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor, nn

from linnet.datasets.base import gather
from linnet.progress import SILENT, Progress, Task
from linnet.records.health import Checkup, LayerHealth
from linnet.records.history import Epoch
from linnet.training.checkup import augmented, check_up, sample_rows
from linnet.training.due import is_time_to_check_up
from linnet.training.health import diagnose
from linnet.training.initialization import warn_of_symmetry
from linnet.training.starting import Parts
from linnet.training.state import State

N_SAMPLES = 16


@dataclass(frozen=True, eq=False, kw_only=True)
class Samples:
    """Hold some training pictures, to be shown.

    Attributes:
        images: (n, c, h, w) uint8, at most 16.
        augmented: (n, c, h, w) uint8, as the first round sees them; None where nothing is augmented.
    """

    images: Tensor
    augmented: Tensor | None


class Watcher(Protocol):
    """Whoever wants to know how a training goes.

    It is told in the process of rank 0 only. Networks are those that are trained: to be read, and left as they are.
    """

    def begun(self, network: nn.Module, samples: Samples, *, n_steps: int) -> None:
        """Training begins, or goes on after so many steps of finished rounds; what came after them is made again."""

    def judged(self, row: Epoch, network: nn.Module) -> None:
        """Note that a round is over."""

    def fared(self, row: Epoch, layers: Sequence[LayerHealth], network: nn.Module) -> None:
        """Look at the layers: once the first round is over, and once the last is."""

    def ended(self) -> None:
        """Training is over, or was interrupted; also after an error."""


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Be a progress with a watcher beside it: a training tells both.

    Args:
        progress: Is passed on whatever is said.
        watcher: Is told of rounds and layers by trainings; other work does not know it.
    """

    progress: Progress = SILENT
    watcher: Watcher

    def task(self, text: str, total: int | None = None) -> AbstractContextManager[Task]:
        """Open a task of the progress."""
        return self.progress.task(text, total)

    def say(self, text: str) -> None:
        """Let the progress say it."""
        self.progress.say(text)


@dataclass(kw_only=True)
class Reporter:
    """Measure the health of a training after its first and its last round, and tell whoever is there.

    Args:
        parts: Of the training.
        state: Gets the checkups into its position, so that a checkpoint keeps them; is only read otherwise.
        progress: Where warnings go; an `Audience` has a watcher, too.
    """

    parts: Parts
    state: State
    progress: Progress
    _told: set[str] = field(default_factory=set, init=False)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Say that training begins, and however it ends, that it has."""
        at, watcher = self.state.position, self._watcher()
        if at.is_over:
            yield
            return
        self._told.update(*(diagnose(Checkup.from_plain(plain).layers) for plain in at.health))
        if at.step == 0 and self._is_first:
            self._tell("symmetric", warn_of_symmetry(self.state.network))
        try:
            if watcher is not None:
                n_steps = at.rows[-1]["step"] if at.rows else 0
                watcher.begun(self.state.network, _samples(self.parts), n_steps=n_steps)
            yield
        finally:
            if watcher is not None:
                watcher.ended()

    def round_over(self) -> None:
        """Tell of the round that has just been judged; to be called before its checkpoint is written."""
        at, watcher, begun = self.state.position, self._watcher(), time.monotonic()
        row = Epoch(**at.rows[-1])
        if watcher is not None:
            watcher.judged(row, self.state.network)
        if is_time_to_check_up(len(at.rows), is_over=at.is_over):
            self._examine(row, watcher)
        at.seconds += time.monotonic() - begun

    def _examine(self, row: Epoch, watcher: Watcher | None) -> None:
        layers = check_up(self.parts, self.state)
        if layers:
            self.state.position.health.append(Checkup(epoch=row.epoch, layers=tuple(layers)).to_plain())
        for kind, sentence in diagnose(layers, is_over=self.state.position.is_over).items():
            self._tell(kind, sentence)
        if watcher is not None:
            watcher.fared(row, layers, self.state.network)

    @property
    def _is_first(self) -> bool:
        return int(self.parts.fabric.global_rank) == 0

    def _watcher(self) -> Watcher | None:
        return self.progress.watcher if isinstance(self.progress, Audience) and self._is_first else None

    def _tell(self, kind: str, sentence: str | None) -> None:
        """Say each kind of trouble once, in one process."""
        if sentence is not None and kind not in self._told and self._is_first:
            self._told.add(kind)
            self.progress.say(sentence)


def _samples(parts: Parts) -> Samples:
    rows = sample_rows(parts, N_SAMPLES, "samples")
    shown = None
    if parts.augmentation is not None:
        changed, _ = augmented(parts, rows, 0)
        shown = changed if changed.dtype == torch.uint8 else (changed * 255).round().to(torch.uint8)
    return Samples(images=gather(parts.train.pixels, parts.train.rows[rows]), augmented=shown)
