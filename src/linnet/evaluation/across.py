"""The best rungs of several runs against each other, where they were judged on the same test pictures."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from linnet.evaluation.comparing import compare
from linnet.records.comparisons import Comparisons
from linnet.records.predictions import Predictions
from linnet.records.run import Run
from linnet.reports import page
from linnet.reports.comparing import compose_runs, name_runs


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
    return page.write_runs(compose_runs(runs, compare_runs(runs)), out if out is not None else _free_page())


def compare_runs(runs: Sequence[Run]) -> dict[str, Comparisons]:
    """Compare the best rung of each finished run with those of the others on the same test split.

    Pictures are matched by their ids, whatever their order; runs whose ids differ, as after a folder was renamed, are
    left out, since only guessing could match them.

    Args:
        runs: Opened runs.

    Returns:
        {hash of the test split: comparisons}, for splits that at least two runs share; each rung is named
        "RUN / RUNG".
    """
    by_split: dict[str, dict[str, Predictions]] = defaultdict(dict)
    for name, run in zip(name_runs(runs), runs, strict=True):
        best = run.leaderboard.rows[0].rung if run.is_finished else ""
        said = run.predictions(best, "test") if best else None
        if said is not None and run.openings:
            by_split[run.openings[0].split_hash][f"{name} / {best}"] = _in_order(said)
    found = {}
    for split, predictions in by_split.items():
        first = next(iter(predictions.values()))
        alike = {name: said for name, said in predictions.items() if np.array_equal(said.ids, first.ids)}
        if len(alike) > 1:
            found[split] = compare(alike)
    return found


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
