"""Linnet: climb a ladder of image classifiers under one honest protocol.

    import linnet
    run = linnet.climb("digits")
    print(run.leaderboard.rows[0])

The names below are imported when one of them is first used, so that `linnet --help` need not wait for torch.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from linnet.classifiers.base import Classifier
    from linnet.datasets.base import Dataset
    from linnet.errors import LinnetError
    from linnet.records.experiment import DataSpec, Experiment, Protocol
    from linnet.records.run import Run
    from linnet.workbench import climb, describe, evaluate, explain, find_rate, inspect, report, resume, train
    from linnet.workbench import list_entries as list  # noqa: A004 - the command's own name

__all__ = [
    "Classifier",
    "DataSpec",
    "Dataset",
    "Experiment",
    "LinnetError",
    "Protocol",
    "Run",
    "climb",
    "describe",
    "evaluate",
    "explain",
    "find_rate",
    "inspect",
    "list",
    "report",
    "resume",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'linnet' has no attribute {name!r}")
    from linnet import errors, workbench
    from linnet.classifiers.base import Classifier
    from linnet.datasets.base import Dataset
    from linnet.records.experiment import DataSpec, Experiment, Protocol
    from linnet.records.run import Run

    things = (Classifier, DataSpec, Dataset, Experiment, errors.LinnetError, Protocol, Run)
    verbs = {verb: getattr(workbench, verb) for verb in __all__ if verb.islower() and verb != "list"}
    found = {thing.__name__: thing for thing in things} | verbs | {"list": workbench.list_entries}
    return found[name]


def __dir__() -> Sequence[str]:
    return sorted({*globals(), *__all__})
