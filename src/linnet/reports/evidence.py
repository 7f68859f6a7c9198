"""Everything a report reads of a run, read once; what is missing or damaged becomes a note, not an end."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import TypeVar

from linnet.errors import LinnetError, RunError
from linnet.records.comparisons import Comparisons
from linnet.records.data_facts import DataFacts
from linnet.records.evaluation import Evaluation
from linnet.records.experiment import Experiment
from linnet.records.explanations import Explanations
from linnet.records.history import History
from linnet.records.leaderboard import Leaderboard, LeaderboardRow
from linnet.records.learning_curve import LearningCurve
from linnet.records.ledger import Opening
from linnet.records.manifest import Manifest
from linnet.records.pictures import image_name
from linnet.records.predictions import Predictions
from linnet.records.run import Run
from linnet.records.selection import Selection
from linnet.records.training import Training

T = TypeVar("T")
M = TypeVar("M", Evaluation, Comparisons)


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """Hold a run's records.

    Attributes:
        experiment: What was asked; the only record that must be there.
        is_finished: Whether the leaderboard was written, which happens last.
        leaderboard: None where there is none (yet), or where it cannot be read.
        facts: None likewise.
        manifest: None likewise.
        openings: Of the test split, oldest first.
        selections: {rung: how its settings were chosen}, of rungs that got so far.
        histories: {rung: the course of its training}, of rungs that are trained by epochs.
        trainings: {rung: what its last training resolved to}, of networks that are fitted.
        predictions: {rung: on the test split if the run is finished, else on the validation split}.
        scored_on: {rung: "test" or "valid"}, saying which.
        evaluations: {rung: every number of its predictions on that split}, of rungs that have them.
        comparisons: Every rung against every other; None likewise, and of a run that is not finished.
        learning_curves: {rung: accuracy over the number of training pictures}, where that was asked for.
        explanations: What the rungs looked at; None where nothing was explained.
        pictures: {name: picture file}.
        notes: One sentence for each record that is wanted and cannot be read.
    """

    experiment: Experiment
    is_finished: bool
    leaderboard: Leaderboard | None
    facts: DataFacts | None
    manifest: Manifest | None
    openings: tuple[Opening, ...]
    selections: Mapping[str, Selection]
    histories: Mapping[str, History]
    trainings: Mapping[str, Training]
    predictions: Mapping[str, Predictions]
    scored_on: Mapping[str, str]
    evaluations: Mapping[str, Evaluation]
    comparisons: Comparisons | None
    learning_curves: Mapping[str, LearningCurve]
    explanations: Explanations | None
    pictures: Mapping[str, bytes]
    notes: tuple[str, ...]

    @property
    def rows(self) -> tuple[LeaderboardRow, ...]:
        """The leaderboard's rows, best first; none without a leaderboard."""
        return self.leaderboard.rows if self.leaderboard else ()

    @property
    def rungs(self) -> tuple[str, ...]:
        """All rungs, with views and without: those of the leaderboard, best first, then the others in order."""
        return tuple(dict.fromkeys([*(row.rung for row in self.rows), *self.experiment.rows]))

    @property
    def class_names(self) -> tuple[str, ...]:
        """In order; from any record that knows them."""
        if self.facts:
            return self.facts.class_names
        return next((found.class_names for found in self.predictions.values()), ())

    def picture(self, image_id: str) -> str | None:
        """Return the name of a picture of the data, None where it was not kept."""
        name = image_name(image_id)
        return name if name in self.pictures else None


def gather(run: Run) -> Evidence:
    """Read a run's records.

    Raises:
        RunError: no readable experiment.toml, without which it is no run.
    """
    experiment = run.experiment
    read = _Reader(run)
    predictions, scored_on = {}, {}
    for rung in experiment.rows:
        for split in run.shown_splits:
            found = read.optional(partial(run.predictions, rung, split)) if rung not in predictions else None
            if found is not None:
                predictions[rung], scored_on[rung] = found, split
    selections = {rung: read.optional(partial(run.selection, rung)) for rung in run.rungs}
    histories = {rung: read.optional(partial(run.history, rung)) for rung in experiment.rows}
    trainings = {rung: read.optional(partial(run.training, rung)) for rung in experiment.rows}
    evaluations = {rung: read.finite(partial(run.evaluation, rung, split)) for rung, split in scored_on.items()}
    learning_curves = {rung: read.optional(partial(run.learning_curve, rung)) for rung in experiment.rows}
    return Evidence(
        experiment=experiment,
        is_finished=run.is_finished,
        leaderboard=read.optional(lambda: run.leaderboard) if run.is_finished else None,
        facts=read.optional(lambda: run.facts),
        manifest=read.optional(lambda: run.manifest),
        openings=read.optional(lambda: run.openings) or (),
        selections={rung: selection for rung, selection in selections.items() if selection is not None},
        histories={rung: history for rung, history in histories.items() if history is not None},
        trainings={rung: training for rung, training in trainings.items() if training is not None},
        predictions=predictions,
        scored_on=scored_on,
        evaluations={rung: found for rung, found in evaluations.items() if found is not None},
        comparisons=read.finite(lambda: run.comparisons) if run.is_finished else None,
        learning_curves={rung: found for rung, found in learning_curves.items() if found is not None},
        explanations=read.optional(lambda: run.explanations),
        pictures=read.optional(lambda: run.pictures) or {},
        notes=tuple(read.notes),
    )


def _refuse_endless(record: Evaluation | Comparisons) -> None:
    """Refuse what is no number or has no end: Linnet writes none, but JSON by other hands may hold it."""
    try:
        json.dumps(asdict(record), allow_nan=False)
    except ValueError:
        what = f"The evaluation of {record.rung}" if isinstance(record, Evaluation) else "comparisons.json"
        raise RunError(f"{what} should hold finite numbers and does not; the run folder is damaged.") from None


class _Reader:
    """Read records, and remember what went wrong."""

    def __init__(self, run: Run) -> None:
        self._prefix = f"{run.folder}{os.sep}"
        self.notes: list[str] = []

    def optional(self, load: Callable[[], T]) -> T | None:
        """Return what `load` reads, or None; the note names the file without this machine's folders."""
        try:
            return load()
        except (LinnetError, OSError, UnicodeDecodeError) as error:
            self.notes.append(str(error).replace(self._prefix, ""))
            return None

    def finite(self, load: Callable[[], M | None]) -> M | None:
        """Return what `load` reads if all its numbers are some, or None with a note."""

        def checked() -> M | None:
            record = load()
            if record is not None:
                _refuse_endless(record)
            return record

        return self.optional(checked)
