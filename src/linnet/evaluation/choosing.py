"""Choose a rung's settings on validation data or folds; the test split is not known here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Checkpointed, Eventful, Sweeping
from linnet.datasets.base import Dataset
from linnet.evaluation import metrics, predicting
from linnet.progress import SILENT, Progress
from linnet.records.predictions import Predictions
from linnet.records.selection import Selection


@dataclass(frozen=True, eq=False, kw_only=True)
class Choice:
    """Hold the outcome of a selection.

    Attributes:
        classifier: The chosen candidate; where it does not share its work with others, as it was fitted last.
        selection: The accuracy of every candidate in every part.
        predictions: Of the chosen candidate for the validation pictures, each by a fit that has not seen it.
    """

    classifier: Classifier
    selection: Selection
    predictions: Predictions


def variants(classifier: Classifier, fixed: Mapping[str, Any]) -> list[Classifier]:
    """List the candidates that agree with the settings a user has fixed, each once, in the rung's own order."""
    found: list[Classifier] = []
    for candidate in classifier.candidates():
        settled = candidate.with_settings(**fixed)
        if all(settled.settings() != other.settings() for other in found):
            found.append(settled)
    return found


def place(part: int, candidate: int) -> Path:
    """Return where the fit of a candidate on a part keeps its checkpoint and its events, in the rung's folder of each.

    Args:
        part: 0, or the number of the fold.
        candidate: Its number among those that the rung's settings are chosen from.
    """
    return Path("choosing", str(part), str(candidate))


def choose(
    candidates: Sequence[Classifier],
    parts: Sequence[tuple[Dataset, Dataset]],
    *,
    balance: bool = False,
    seed: int = 0,
    progress: Progress = SILENT,
    checkpoints: Path | None = None,
    events: Path | None = None,
) -> Choice:
    """Fit every candidate on each part's training data and compare them on its validation data.

    The candidate with the highest mean accuracy wins; among equals the first, so candidates come simplest first.

    Args:
        candidates: At least one, all of one rung.
        parts: Pairs of training and validation data: one pair, or one per fold.
        balance: Whether to compare by balanced accuracy.
        seed: Each part is fitted with this seed.
        progress: Where long work reports to.
        checkpoints: Where rungs that can go on after an interruption keep what they need, each fit in its `place`.
        events: Where rungs that can be followed in TensorBoard write for it, a folder for each fit; None: nowhere.
    """
    accuracy = np.zeros((len(candidates), len(parts)))
    answers: list[list[Tensor]] = [[] for _ in candidates]
    measure = metrics.balanced_accuracy if balance else metrics.accuracy
    text = f"Choosing settings of {candidates[0].name()}"
    with progress.task(text, len(candidates) * len(parts)) as task:
        for part, (train, valid) in enumerate(parts):
            labels = valid.labels.numpy()
            _place(candidates, part, checkpoints, events)
            found = _answers(candidates, train, valid, seed=seed, progress=progress)
            for i, probabilities in enumerate(found):
                predicted = np.asarray(np.argmax(probabilities.numpy(), axis=1), dtype=np.int64)
                accuracy[i, part] = measure(predicted, labels)
                answers[i].append(probabilities)
                task.advance(note=f"{accuracy[i, part]:.3f}")
            if len(parts) == 1:
                # With one part only the winner's answers are needed later; the others' can be large.
                best = int(np.argmax(accuracy[:, 0]))
                answers = [kept if i == best else [] for i, kept in enumerate(answers)]
    chosen = int(np.argmax(accuracy.mean(axis=1)))
    return Choice(
        classifier=candidates[chosen],
        selection=Selection(candidates=_differences(candidates), accuracy=accuracy, chosen=chosen),
        predictions=join([valid for _, valid in parts], answers[chosen]),
    )


def _place(candidates: Sequence[Classifier], part: int, checkpoints: Path | None, events: Path | None) -> None:
    """Give each candidate's fit on a part its own folders."""
    for i, candidate in enumerate(candidates):
        if checkpoints is not None and isinstance(candidate, Checkpointed):
            candidate.checkpoint_in(checkpoints / place(part, i))
        if events is not None and isinstance(candidate, Eventful):
            candidate.events_in(events / place(part, i))


def _answers(
    candidates: Sequence[Classifier],
    train: Dataset,
    valid: Dataset,
    *,
    seed: int,
    progress: Progress,
) -> Iterator[Tensor]:
    """Yield each candidate's (n, k) probabilities for the validation pictures."""
    first = candidates[0]
    if len(candidates) > 1 and isinstance(first, Sweeping):
        yield from first.sweep(candidates, train, valid.images, seed=seed, progress=progress)
        return
    for candidate in candidates:
        fitted = candidate.fit(train, valid, seed=seed, progress=progress)
        yield torch.from_numpy(predicting.predict(fitted, valid).predictions.probabilities)


def _differences(candidates: Sequence[Classifier]) -> tuple[dict[str, Any], ...]:
    """Return each candidate's settings, only those in which candidates differ."""
    settings = [candidate.settings() for candidate in candidates]
    varied = [name for name in settings[0] if any(other[name] != settings[0][name] for other in settings)]
    return tuple({name: values[name] for name in varied} for values in settings)


def join(valids: Sequence[Dataset], answers: Sequence[Tensor]) -> Predictions:
    """Put answers for several parts together, in the order of the parts.

    Args:
        valids: At least one.
        answers: (n, k) float32 probabilities for each of them.
    """
    joined = valids[0]
    for valid in valids[1:]:
        joined = joined.joined(valid)
    return predicting.of(joined, torch.cat(list(answers)))
