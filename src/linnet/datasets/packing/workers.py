"""How jobs are spread over all cores: processes that only decode, whose death costs one file and not the run."""

import os
import queue
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

from linnet.datasets.packing.decoding import Job, Outcome, receive, send, to_bytes, work
from linnet.datasets.sources.reading import Reader

MOST_WORKERS = 32
_KILLED = Outcome(
    b"", None, False, "unreadable", "the process that decoded it was killed, as when memory runs out", lasting=False
)


class WorkerDiedError(Exception):
    """The process at the other end of the pipe has ended; never leaves this file."""


class Worker:
    """One process that does jobs.

    Not of `multiprocessing`, which would run the user's main module again in each process: scripts without a guard
    would start themselves over and over, and every process would import what the script imports, torch first of all.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self) -> None:
        body = "from linnet.datasets.packing.decoding import serve; serve()"
        paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-c", body],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            env={**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        self._is_ready = False
        self._told: bytes | None = None

    def do(self, job: Job, reader: bytes) -> Any:
        """Do a job, and return its outcomes or the OSError that came of it.

        Args:
            job: What to do.
            reader: What fetches the files, as bytes; sent when it is another one than the last time.

        Raises:
            WorkerDiedError: the process has ended.
        """
        try:
            if self._told is not reader:
                send(cast(IO[bytes], self._process.stdin), reader)
                self._told = reader
            send(cast(IO[bytes], self._process.stdin), to_bytes(job))
        except OSError:
            raise WorkerDiedError from None
        return self._receive()

    def is_ready(self) -> bool:
        """Wait until the process is up, or has failed to come up."""
        if not self._is_ready:
            try:
                self._is_ready = self._receive() == "ready"
            except WorkerDiedError:
                return False
        return self._is_ready

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            try:
                cast(IO[bytes], stream).close()
            except OSError:  # what was left to be written has nobody to read it
                continue

    def _receive(self) -> Any:
        message = receive(cast(IO[bytes], self._process.stdout))
        if message is None:
            raise WorkerDiedError
        return message


class Workers:
    """All processes that decode; a with-block, behind which none is left."""

    def __init__(self) -> None:
        self._all: list[Worker] = []
        self._idle: queue.SimpleQueue[Worker | None] = queue.SimpleQueue()
        self._is_closed = False
        self._n = 0

    def __enter__(self) -> Self:
        """Return the workers; none is running yet."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """End all processes."""
        self._is_closed = True
        for worker in self._all:
            worker.close()

    def start(self, n: int) -> None:
        """Have at least `n` processes, as far as there are cores for them."""
        while self._n < min(n, n_cores(), MOST_WORKERS):
            self._idle.put(self._new())
            self._n += 1

    def run(self, jobs: Sequence[Job], reader: Reader) -> Iterator[tuple[int, list[Outcome]]]:
        """Do jobs, and yield (position of the job, its outcomes) as they are done.

        Raises:
            OSError: pixels cannot be written.
        """
        self.start(min(1, len(jobs)))
        told = to_bytes(reader)
        executor = ThreadPoolExecutor(max(1, self._n))
        try:
            futures = {executor.submit(self._do, job, reader, told): i for i, job in enumerate(jobs)}
            waiting: set[Future[list[Outcome]]] = set(futures)
            while waiting:
                # With a limit, since waiting for ever cannot be interrupted on Windows.
                done, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
                for future in done:
                    yield futures[future], future.result()
        except BaseException:
            self.__exit__(None, None, None)  # threads that wait for a process must not be waited for
            raise
        finally:
            executor.shutdown(cancel_futures=True)

    def _do(self, job: Job, reader: Reader, told: bytes) -> list[Outcome]:
        worker = self._idle.get()
        try:
            if worker is None or not worker.is_ready():
                return [] if self._is_closed else work(job, reader)
            try:
                reply = worker.do(job, told)
            except WorkerDiedError:
                worker = self._new()
                if len(job.ids) == 1 or self._is_closed:
                    return [_KILLED] * len(job.ids)
            else:
                if isinstance(reply, OSError):
                    raise reply
                return cast(list[Outcome], reply)
        finally:
            self._idle.put(worker)
        # One of these files is to blame: each by itself.
        return [
            self._do(replace(job, ids=(file_id,), first_row=job.first_row + i), reader, told)[0]
            for i, file_id in enumerate(job.ids)
        ]

    def _new(self) -> Worker | None:
        """Start a process; where none may be started, its work is done here."""
        if self._is_closed:
            return None
        try:
            worker = Worker()
        except OSError:
            return None
        self._all.append(worker)
        return worker


def n_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
