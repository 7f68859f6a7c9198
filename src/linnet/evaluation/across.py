"""The best rungs of several runs against each other, where they were judged on the same test pictures."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from linnet.evaluation.comparing import compare, label_names
from linnet.records.comparisons import Comparisons
from linnet.records.predictions import Predictions
from linnet.records.run import Run
from linnet.reports import page
from linnet.reports.comparing import compose_runs, name_runs
from linnet.words import count


def write(runs: Sequence[Run], out: Path | None = None) -> Path:
    """Write one page on several runs, and the same as JSON beside it.

    Args:
        runs: At least two.
        out: The page; None: the first free one of comparison-1.html, comparison-2.html, ... in the current folder.

    Returns:
        The page.

    Raises:
        RunError: a run has no readable experiment.toml.
        ConfigError: `out` is the place of the JSON.
    """
    found = compare_runs(runs)
    return page.write_runs(
        compose_runs(runs, found.by_split, notes=found.left_out), out if out is not None else _free_page()
    )


class Compared(NamedTuple):
    """Hold how runs compare.

    Attributes:
        by_split: {hash of the test split: comparisons}, for splits that at least two runs share; each rung is named
            "RUN / RUNG".
        left_out: A sentence for each run that shares its test split with others, and cannot be compared with them.
    """

    by_split: dict[str, Comparisons]
    left_out: tuple[str, ...]


def compare_runs(runs: Sequence[Run]) -> Compared:
    """Compare the best rung of each finished run with those of the others on the same test split.

    Pictures are matched by their ids, whatever their order. Runs whose ids differ, as after a folder was renamed, are
    left out, since only guessing could match them; those with other labels too, since they were judged by another
    truth. Where a split has several such kinds, the runs of the most frequent one are compared.

    Args:
        runs: Opened runs.
    """
    by_split: dict[str, dict[str, Predictions]] = defaultdict(dict)
    for name, run in zip(name_runs(runs), runs, strict=True):
        best = run.leaderboard.rows[0].rung if run.is_finished else ""
        said = run.predictions(best, "test") if best else None
        if said is not None and run.openings:
            by_split[run.openings[0].split_hash][f"{name} / {best}"] = _in_order(said)
    found, left_out = {}, []
    for split, predictions in by_split.items():
        kinds: dict[tuple[str, str], list[str]] = defaultdict(list)
        for name, said in predictions.items():
            kinds["\0".join(said.ids), "\0".join(label_names(said))].append(name)
        alike = max(kinds.values(), key=len)
        if len(alike) > 1:
            found[split] = compare({name: predictions[name] for name in alike})
        first = alike[0]
        left_out += [
            _difference(name, predictions[name], first, predictions[first]) for name in predictions if name not in alike
        ]
    return Compared(found, tuple(left_out))


def _difference(name: str, said: Predictions, other_name: str, other: Predictions) -> str:
    """Say why what two runs said of the same test split is not compared."""
    start = f"{name} is not compared with {other_name}"
    if not np.array_equal(said.ids, other.ids):
        return f"{start}: their test pictures are the same and have other names."
    labels, others = label_names(said), label_names(other)
    moved = np.flatnonzero(labels != others)
    i = int(moved[0])
    return (
        f"{start}: of {count(len(labels), 'test picture')} {len(moved):,} {'has' if len(moved) == 1 else 'have'} "
        f"another label, such as {said.ids[i]} ({labels[i]}, and not {others[i]})."
    )


def _in_order(said: Predictions) -> Predictions:
    """Sort predictions by the ids of their pictures."""
    order = np.argsort(said.ids, kind="stable")
    return Predictions(
        ids=said.ids[order],
        labels=said.labels[order],
        probabilities=said.probabilities[order],
        class_names=said.class_names,
    )


def _free_page() -> Path:
    number = 1
    while Path(f"comparison-{number}.html").exists():
        number += 1
    return Path(f"comparison-{number}.html")
