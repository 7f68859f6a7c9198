"""The processes of a training: started for it here, or beforehand by torchrun; what they compute is the loop's."""

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from linnet.errors import DivergedError, LinnetError, LostProcessError, TrainingError
from linnet.training.devices import Devices
from linnet.training.precision import Precision

STARTED = "started"
"""The line with which a follower says that it could import everything."""

_OUT_OF_STEP: list[str] = []
"""What ended a training in this process alone, while processes of torchrun were still at it."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Team:
    """Know the processes that share every batch; most often this one is alone.

    Attributes:
        device: What each of them computes on: "cpu", "cuda" or "mps".
        n_local: How many of them are on this machine.
        n_hosts: How many machines there are.
        environment: How they find each other, as fabric knows it; None where this process is alone.
    """

    device: str
    n_local: int = 1
    n_hosts: int = 1
    environment: Any = None

    @property
    def size(self) -> int:
        """How many processes there are."""
        return self.n_local * self.n_hosts

    def fabric(self, precision: Precision | None = None) -> Any:
        """Make the fabric of this process for one training; without a precision, one that carries messages only."""
        from linnet.training.replicas import connect

        # It would log its precision for every training; the run's records and the progress say it.
        logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
        return connect(
            self.device if precision is not None else "cpu",
            precision.fabric if precision is not None else "32-true",
            n_local=self.n_local,
            n_hosts=self.n_hosts,
            environment=self.environment,
        )

    @contextmanager
    def own_cores(self) -> Iterator[None]:
        """Leave the other processes of this machine their share of its cores."""
        before = torch.get_num_threads()
        share = max(1, before // self.n_local) if self.device == "cpu" else before
        torch.set_num_threads(share)
        try:
            yield
        finally:
            torch.set_num_threads(before)


def n_launched() -> int:
    """Return how many processes torchrun has started of this program; 1 where it has not."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ and "MASTER_ADDR" in os.environ else 1


def is_follower() -> bool:
    """Whether torchrun has started this process to take part in what the one with rank 0 does."""
    return n_launched() > 1 and int(os.environ["RANK"]) > 0


def launched_team(device: str) -> Team:
    """Describe the processes that torchrun has started, as many on each machine as on this one."""
    from linnet.training.replicas import TorchElasticEnvironment

    n_local = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return Team(device=device, n_local=n_local, n_hosts=n_launched() // n_local, environment=TorchElasticEnvironment())


@contextmanager
def gathered(devices: Devices) -> Iterator[Team]:
    """Have the processes of a training at hand for as long as the block lasts.

    Raises:
        ConfigError: devices that this machine does not have.
        LostProcessError: a process could not be started, or ended before its work was done.
    """
    if n_launched() > 1:
        on_each = Devices(kind=devices.kind, count=int(os.environ.get("LOCAL_WORLD_SIZE", "1")))
        with _in_step():
            yield launched_team(on_each.chosen())
    elif devices.count == 1:
        yield Team(device=devices.chosen())
    else:
        with _followers(devices) as team:
            yield team


def is_met_by_all(error: Exception) -> bool:
    """Whether an error of a training comes up in all its processes, since all have the same job and the same sums.

    Of a `TrainingError` only a `DivergedError` does: memory is short, or a neighbor has ended, in one process only.
    """
    return isinstance(error, LinnetError) and (isinstance(error, DivergedError) or not isinstance(error, TrainingError))


def is_in_step() -> bool:
    """Whether the processes that torchrun has started wait for this one's next word."""
    return not _OUT_OF_STEP


@contextmanager
def _in_step() -> Iterator[None]:
    """Remember when a training ends in this process alone: the others wait for its next step, and hear nothing else."""
    if _OUT_OF_STEP:
        raise LostProcessError(
            f"The other processes are still at a training that ended here ({_OUT_OF_STEP[0]}); "
            "start again with --resume to train what is left."
        )
    try:
        yield
    except BaseException as error:
        if not (isinstance(error, Exception) and is_met_by_all(error)):
            _OUT_OF_STEP.append(str(error) or type(error).__name__)
        raise


@contextmanager
def _followers(devices: Devices) -> Iterator[Team]:
    from linnet.training.replicas import LocalProcesses

    port = _free_port()
    environment = LocalProcesses(rank=0, count=devices.count, port=port)
    team = Team(device=devices.chosen(), n_local=devices.count, environment=environment)
    others = [_start(rank, devices.count, port) for rank in range(1, devices.count)]
    try:
        for rank, other in enumerate(others, start=1):
            _await(other, rank)
        yield team
    except RuntimeError as error:
        ended = [code for code in map(_code, others) if code is not None]
        if not ended:
            raise
        raise LostProcessError(
            f"A process of this training ended with code {ended[0]} before the work was done ({error}); "
            "its own words stand above."
        ) from error
    finally:
        for other in others:
            other.kill()
            other.communicate()
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


def _start(rank: int, count: int, port: int) -> "subprocess.Popen[str]":
    """Start a process that sees the same modules as this one."""
    words = [sys.executable, "-m", "linnet.training.following", str(rank), str(count), str(port)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
    return subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


def _await(other: "subprocess.Popen[str]", rank: int) -> None:
    if other.stdout is None or other.stdout.readline().strip() != STARTED:
        raise LostProcessError(f"Process {rank} of this training could not be started; its own words stand above.")


def _code(other: "subprocess.Popen[str]") -> int | None:
    """Return with which code a process has ended, or None while it runs; a broken line is known before an end is."""
    try:
        return other.wait(timeout=1)
    except subprocess.TimeoutExpired:
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
