"""The second row of a network: the same weights, looking at several views of a picture; nothing is fitted twice."""

from collections.abc import Sequence

import numpy as np
import torch

from linnet.classifiers.base import Classifier, load
from linnet.classifiers.capabilities import Checkpointed, Viewing
from linnet.datasets.loading import Loaded
from linnet.errors import RunError
from linnet.evaluation import metrics, predicting
from linnet.evaluation.choosing import join, place
from linnet.evaluation.temperature import calibrated
from linnet.progress import SILENT, Progress
from linnet.records.experiment import VIEWS, Experiment
from linnet.records.files import read_json, write_json
from linnet.records.run import Run
from linnet.records.selection import Selection


def is_wanted(experiment: Experiment, candidates: Sequence[Classifier]) -> bool:
    """Return whether a rung gets a second row: where that was asked, of rungs that can, and do not look so anyway."""
    return experiment.protocol.views and all(
        isinstance(rung, Viewing) and isinstance(rung, Checkpointed) and rung.views == "none" for rung in candidates
    )


def choose_views(run: Run, rung: str, classifier: Classifier, data: Loaded, *, progress: Progress = SILENT) -> None:
    """Decide which views a rung looks at, and write how it does on validation pictures; selection.csv comes last.

    Args:
        run: The rung's own settings are chosen, and the checkpoints of these trainings are there: they are at their
            ends, so that a fit only takes the weights out of them.
        rung: Its name.
        classifier: As it was chosen.
        data: Which pictures.
        progress: Where long work reports to.
    """
    if not (isinstance(classifier, Viewing) and isinstance(classifier, Checkpointed)):
        return
    experiment, folder, parts = run.experiment, run.rung_folder(rung + VIEWS), data.parts()
    measure = metrics.balanced_accuracy if experiment.protocol.balance else metrics.accuracy
    chosen = run.selection(rung)
    views, accuracy, answers = "", [], []
    for number, (train, valid) in enumerate(parts):
        classifier.checkpoint_in(run.rung_folder(rung) / "checkpoint" / place(number, chosen.chosen))
        fitted = classifier.fit(train, valid, seed=experiment.seed, progress=progress)
        views = views or fitted.fitting_views()
        said = predicting.predict(fitted.looking_at(views), valid, progress=progress).predictions
        accuracy.append(measure(said.predicted, said.labels))
        answers.append(torch.from_numpy(said.probabilities))
    settings = {**chosen.candidates[chosen.chosen], "views": views}
    join([valid for _, valid in parts], answers).write(folder / "predictions-valid.csv")
    Selection(candidates=(settings,), accuracy=np.array([accuracy]), chosen=0).write(folder / "selection.csv")


def save_views(run: Run, rung: str, data: Loaded) -> None:
    """Save a rung that is fitted and saved once more, with its views; model.json comes last.

    Raises:
        RunError: what was saved is damaged.
    """
    saved, folder = run.rung_folder(rung), run.rung_folder(rung + VIEWS)
    classifier = load(saved)
    if not isinstance(classifier, Viewing):
        raise RunError(f"{saved} should hold a network, and holds a {classifier.name()}; the run folder is damaged.")
    write_json(folder / "timing.json", read_json(saved / "timing.json"))
    views = run.selection(rung + VIEWS).candidates[0]["views"]
    calibrated(run, rung + VIEWS, classifier.looking_at(views)).save(folder, geometry=data.geometry.to_plain())
