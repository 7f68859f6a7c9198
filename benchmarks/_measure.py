"""Measure contestants side by side: in turn (A B A B), medians, ratios, memory, and the machine; no contestants here.

A contestant is a function without arguments. It is timed here, unless it comes from `command` (each run starts a
program) or `running` (a program that stays, and does one run whenever it is told to), which report for themselves.
"""

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

MIB = 1 << 20


@dataclass(frozen=True)
class Run:
    """One run: how long it took, and the most memory beyond what was there before (None: not known)."""

    seconds: float
    extra_mib: float | None = None


Contestant = Callable[[], object]


def alternate(contestants: Mapping[str, Contestant], *, repeats: int) -> dict[str, list[Run]]:
    """Run all contestants in turn, `repeats` times, so that whatever else the machine does hits all alike."""
    runs: dict[str, list[Run]] = {name: [] for name in contestants}
    for _ in range(repeats):
        for name, contestant in contestants.items():
            start = time.perf_counter()
            result = contestant()
            seconds = time.perf_counter() - start
            runs[name].append(result if isinstance(result, Run) else Run(seconds))
    return runs


def measured(function: Callable[[], object]) -> Run:
    """Run once in this process, and measure time and memory."""
    before = psutil.Process().memory_info().rss
    _forget_peak()
    start = time.perf_counter()
    function()
    seconds = time.perf_counter() - start
    return Run(seconds, (_peak() - before) / MIB)


def _forget_peak() -> None:
    """Let the peak begin anew; only Linux can, elsewhere the peak is that of the whole process."""
    if Path("/proc/self/clear_refs").exists():
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    status = Path("/proc/self/status")
    if status.exists():
        return next(1024 * int(line.split()[1]) for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def command(*arguments: str) -> Contestant:
    """Make a contestant of a program: each run starts it and waits for its end. Memory is its own peak."""

    def run() -> Run:
        start = time.perf_counter()
        process = psutil.Popen(arguments, stdout=subprocess.DEVNULL)
        peak = None
        if hasattr(os, "wait4"):
            _, status, usage = os.wait4(process.pid, 0)
            code = os.waitstatus_to_exitcode(status)
            peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MIB
        else:
            code = process.wait()
        if code != 0:
            raise SystemExit(f"{' '.join(arguments)} ended with {code}.")
        return Run(time.perf_counter() - start, peak)

    return run


@contextmanager
def running(*arguments: str) -> Iterator[Contestant]:
    """Keep a program that calls `serve`, for the length of a with-block; its own process makes its memory its own."""
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        _answer(process)

        def run() -> Run:
            process.stdin.write("\n")
            process.stdin.flush()
            return Run(**_answer(process))

        try:
            yield run
        finally:
            process.stdin.close()


def _answer(process: subprocess.Popen) -> dict:
    line = process.stdout.readline()
    if not line:
        raise SystemExit(f"{' '.join(process.args)} ended before its time.")
    return json.loads(line)


def serve(function: Callable[[], object]) -> None:
    """Be a program for `running`: do one run per line of standard input, and tell how it went."""
    print("{}", flush=True)
    for _ in sys.stdin:
        print(json.dumps(asdict(measured(function))), flush=True)


def machine() -> str:
    """Describe where the numbers come from, in one line."""
    names = [line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    memory = psutil.virtual_memory().total / (1 << 30)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("torch", "numpy"))
    return (
        f"{processor}, {len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores, "
        f"{memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}, {libraries}, "
        f"load now {psutil.getloadavg()[0]:.1f}"
    )


def _cpuinfo() -> Sequence[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else ()


def table(runs: Mapping[str, Sequence[Run]], *, units: Mapping[str, float] | None = None, unit: str = "s") -> str:
    """Lay out medians, spreads, ratios to the first contestant, and memory.

    Args:
        runs: Of each contestant; the first is ours.
        units: How many units of work a run of each contestant does; None: one.
        unit: What the columns of time are then called.
    """
    work = units or dict.fromkeys(runs, 1.0)
    medians = {name: statistics.median(run.seconds for run in of) / work[name] for name, of in runs.items()}
    ours = next(iter(medians.values()))
    lines = [f"{'':<22}{'median ' + unit:>16}{'least':>10}{'most':>10}{'ratio':>9}{'extra MiB':>11}"]
    for name, of in runs.items():
        times = [run.seconds / work[name] for run in of]
        peaks = [run.extra_mib for run in of if run.extra_mib is not None]
        memory = f"{max(peaks):.0f}" if peaks else "-"
        lines.append(
            f"{name:<22}{medians[name]:>16.4g}{min(times):>10.4g}{max(times):>10.4g}"
            f"{medians[name] / ours:>9.2f}{memory:>11}"
        )
    return "\n".join(lines)
