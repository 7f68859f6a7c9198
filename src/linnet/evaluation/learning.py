"""Learning curves: chosen settings, fitted to more and more training pictures; the test split is not known here."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linnet import seeds
from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Checkpointed
from linnet.datasets.base import Dataset
from linnet.datasets.loading import Loaded
from linnet.errors import LinnetError
from linnet.evaluation import budgeting, predicting
from linnet.evaluation.budget import Budget
from linnet.evaluation.choosing import place
from linnet.evaluation.fitting import timed_fit
from linnet.evaluation.intervals import wilson
from linnet.evaluation.skipping import reason_to_skip
from linnet.progress import SILENT, Progress
from linnet.records.learning_curve import LearningCurve, LearningPoint
from linnet.records.run import Run

SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Of the training pictures, which stand beside each other on a logarithmic axis."""

LEAST_IMAGES, LEAST_OF_CLASS = 10, 2
"""Pictures in all and of each class, below which a share would tell more of chance than of the rung."""


def nested_shares(train: Dataset, *, seed: int) -> list[Dataset]:
    """Take shares of the training pictures, each with the mixture of classes of all, each inside the next one.

    Args:
        train: At least one picture; classes without any are not counted.
        seed: Decides which pictures.

    Returns:
        The smallest share first, all of `train` as it is last. A share that leaves fewer than 10 pictures, or fewer
        than 2 of a class, is left out.
    """
    labels = train.labels.numpy()
    place = np.zeros(len(labels))
    order = seeds.numpy_generator(seed, "learning curve").permutation(len(labels))
    present = np.unique(labels)
    for label in present:
        # The middles of n equal pieces of [0, 1]: as many are at most s as s n is, rounded.
        of_class = order[labels[order] == label]
        place[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
    found = []
    for share in SHARES[:-1]:
        kept = np.flatnonzero(place <= share)
        counts = np.bincount(labels[kept], minlength=int(present.max()) + 1)[present]
        if len(kept) >= LEAST_IMAGES and counts.min() >= LEAST_OF_CLASS:
            found.append(train.subset(kept))
    return [*found, train]


def draw_curves(
    run: Run, ladder: Mapping[str, Sequence[Classifier]], data: Loaded, *, budget: Budget, progress: Progress = SILENT
) -> None:
    """Draw the learning curve of every fitted rung on validation pictures, and write each point as soon as it is there.

    With folds, the first fold's pictures are learned from and judged on. Points that are there already stay.

    Args:
        run: Its fitted rungs have their settings chosen.
        ladder: {rung: candidates} that the settings were chosen from.
        data: Which pictures; its test split is not looked at.
        budget: Once it is used up, the points that are missing are left out, and said.
        progress: Where long work reports to.
    """
    train, valid = data.parts()[0]
    shares = nested_shares(train, seed=run.experiment.seed)
    if len(shares) < len(SHARES):
        progress.say(
            f"The learning curves begin with {len(shares[0])} training pictures: smaller shares would have fewer than "
            f"{LEAST_IMAGES}, or fewer than {LEAST_OF_CLASS} of a class."
        )
    asked = _Asked(run=run, shares=shares, valid=valid, budget=budget, progress=progress)
    for rung, candidates in ladder.items():
        if rung not in run.fitted_rungs:
            progress.say(f"{rung} has no learning curve, as it was skipped.")
            continue
        settled = budgeting.decided(run, rung).applied(candidates)
        _draw(asked, rung, settled[run.selection(rung).chosen])
        shutil.rmtree(run.rung_folder(rung) / "checkpoint", ignore_errors=True)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Asked:
    """What the curves of all rungs have in common."""

    run: Run
    shares: Sequence[Dataset]
    valid: Dataset
    budget: Budget
    progress: Progress

    def is_out_of_time(self) -> bool:
        return self.budget.share(self.budget.n_rungs - 1) <= 0


def _draw(asked: _Asked, rung: str, classifier: Classifier) -> None:
    """Add the points that a rung's curve lacks."""
    folder, say = asked.run.rung_folder(rung), asked.progress.say
    curve = asked.run.learning_curve(rung) or LearningCurve(rung=rung)
    done = {point.n_images for point in curve.points}
    missing = [share for share in asked.shares if len(share) not in done]
    with asked.progress.task(f"Learning curve of {rung}", len(missing)) as task:
        for share in missing:
            if asked.is_out_of_time():
                say(f"The time budget was used up before the learning curve of {rung} came to {len(share)} pictures.")
                return
            # What was chosen with all training pictures has left its weights in a checkpoint.
            is_all = share is asked.shares[-1]
            where = place(0, asked.run.selection(rung).chosen) if is_all else Path("curve", str(len(share)))
            try:
                point = _point(asked, classifier, share, folder / "checkpoint" / where)
            except (LinnetError, MemoryError, RuntimeError) as error:
                reason = reason_to_skip(error)
                if reason is None:
                    raise
                say(f"The learning curve of {rung} has no point at {len(share)} pictures: {reason}")
                continue
            curve = curve.with_point(point)
            curve.write(folder / "learning-curve.csv")
            task.advance(note=f"{point.accuracy:.3f}")


def _point(asked: _Asked, classifier: Classifier, train: Dataset, checkpoint: Path) -> LearningPoint:
    """Fit the settings to some pictures, and see how many validation pictures come out right."""
    # A copy, as the candidate itself may go on from the checkpoint of another fit.
    fresh = classifier.with_settings()
    if isinstance(fresh, Checkpointed):
        fresh.checkpoint_in(checkpoint)
    seconds = timed_fit(fresh, train, asked.valid, seed=asked.run.experiment.seed, progress=asked.progress)
    correct = predicting.predict(fresh, asked.valid).predictions.correct
    low, high = wilson(int(correct.sum()), len(correct))
    return LearningPoint(
        n_images=len(train),
        accuracy=float(correct.mean()),
        low=low,
        high=high,
        n_valid=len(correct),
        seconds=round(seconds, 4),
    )
