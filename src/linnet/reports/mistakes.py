"""What a report says of mistakes: confusion matrix, most confused classes, worst and least sure answers, templates."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from linnet.records.pictures import template_name
from linnet.records.predictions import Predictions
from linnet.reports.choices import MAX_CLASSES, N_MISTAKES, N_UNSURE, least_sure, worst_mistakes
from linnet.reports.dealing import MAX_MATRIX, N_PAIRS_WITHOUT_MATRIX, cells_of
from linnet.reports.evidence import Evidence

N_PAIRS, N_HARDEST = 6, 12


@dataclass(frozen=True, kw_only=True)
class ConfusedPair:
    """Hold how often pictures of one class were taken for another; `share` is of all pictures of the true class."""

    truth: str
    prediction: str
    n: int
    share: float


@dataclass(frozen=True, kw_only=True)
class ClassShare:
    """Hold how many pictures of a class were told right."""

    name: str
    n: int
    n_correct: int


@dataclass(frozen=True, kw_only=True)
class Example:
    """Hold one answer of a rung: a mistake, or a right one of which it was not sure.

    Attributes:
        id: Of the picture.
        truth: Its class.
        prediction: What was said; the same where it was right.
        probability: Of the prediction.
        rival: The class that the prediction stands against: the truth, or the second best where it was right.
        rival_probability: Of that.
        picture: None where it was not kept.
        heat: The picture with what the rung looked at; None where it was not explained.
    """

    id: str
    truth: str
    prediction: str
    probability: float
    rival: str
    rival_probability: float
    picture: str | None
    heat: str | None

    @property
    def is_right(self) -> bool:
        """Whether the truth was said."""
        return self.truth == self.prediction


@dataclass(frozen=True, kw_only=True)
class Template:
    """Hold what a linear rung learned to look for in one class, as a picture."""

    name: str
    picture: str


@dataclass(frozen=True, kw_only=True)
class RungPart:
    """Hold what one rung got wrong, and what it learned.

    Attributes:
        split: "test", or "valid" where it was not scored on the test split.
        class_names: In the order of the matrix.
        matrix: Counts, a row per true class; empty where there are too many classes.
        pairs: The most frequent confusions.
        hardest: The classes with the smallest share told right; only without a matrix.
        worst: The most confident mistakes.
        unsure: The right answers of which it was least sure.
        explainer: What made the heat maps; empty where there are none.
        unexplained: Why some pictures have no heat map although others do, as a whole sentence; else empty.
        templates: Of linear rungs.
    """

    rung: str
    split: str
    n: int
    n_wrong: int
    class_names: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    pairs: tuple[ConfusedPair, ...]
    hardest: tuple[ClassShare, ...]
    worst: tuple[Example, ...]
    unsure: tuple[Example, ...]
    explainer: str
    unexplained: str
    templates: tuple[Template, ...]

    @property
    def has_long_names(self) -> bool:
        """Whether class names are too long to stand above a column side by side."""
        return max(map(len, self.class_names), default=0) > 4


def confusion(predictions: Predictions) -> npt.NDArray[np.int64]:
    """Count (truth, prediction) pairs, as (k, k) int64."""
    k = len(predictions.class_names)
    return np.asarray(np.bincount(cells_of(predictions), minlength=k * k).reshape(k, k), dtype=np.int64)


def describe_rungs(evidence: Evidence) -> tuple[RungPart, ...]:
    """Say of each rung with predictions what it got wrong."""
    return tuple(_describe(evidence, rung) for rung in evidence.rungs if rung in evidence.predictions)


def _describe(evidence: Evidence, rung: str) -> RungPart:
    predictions = evidence.predictions[rung]
    names, matrix = predictions.class_names, confusion(predictions)
    has_matrix = len(names) <= MAX_MATRIX
    heats = heat_maps(evidence, rung)
    worst, unsure = worst_mistakes(predictions, N_MISTAKES), least_sure(predictions, N_UNSURE)
    return RungPart(
        rung=rung,
        split=evidence.scored_on[rung],
        n=len(predictions),
        n_wrong=int(np.sum(~predictions.correct)),
        class_names=names,
        matrix=tuple(tuple(int(n) for n in row) for row in matrix) if has_matrix else (),
        pairs=confused_pairs(matrix, names, N_PAIRS if has_matrix else N_PAIRS_WITHOUT_MATRIX),
        hardest=() if has_matrix else _hardest(matrix, names),
        worst=tuple(_example(evidence, predictions, int(i), heats) for i in worst),
        unsure=tuple(_example(evidence, predictions, int(i), heats) for i in unsure),
        explainer=explainer_of(evidence, rung) if heats else "",
        unexplained=reason_of(evidence, rung) if heats else "",
        templates=tuple(
            Template(name=name, picture=picture)
            for i, name in enumerate(names[:MAX_CLASSES])
            if (picture := template_name(rung, i)) in evidence.pictures
        ),
    )


def confused_pairs(matrix: npt.NDArray[np.int64], names: tuple[str, ...], n: int) -> tuple[ConfusedPair, ...]:
    """Find the most frequent confusions.

    Args:
        matrix: (k, k) int64, counts by truth and prediction.
        names: k class names.
        n: At most so many.

    Returns:
        The most frequent one first; among equals the smaller class indices.
    """
    wrong = matrix * (1 - np.eye(len(names), dtype=np.int64))
    order = np.argsort(-wrong, axis=None, kind="stable")[:n]
    cells = [divmod(int(cell), len(names)) for cell in order]
    return tuple(
        ConfusedPair(
            truth=names[t], prediction=names[p], n=int(wrong[t, p]), share=float(wrong[t, p] / matrix[t].sum())
        )
        for t, p in cells
        if wrong[t, p]
    )


def _hardest(matrix: npt.NDArray[np.int64], names: tuple[str, ...]) -> tuple[ClassShare, ...]:
    totals, right = matrix.sum(axis=1), matrix.diagonal()
    occurring = np.flatnonzero(totals)
    order = occurring[np.argsort(right[occurring] / totals[occurring], kind="stable")][:N_HARDEST]
    return tuple(ClassShare(name=names[i], n=int(totals[i]), n_correct=int(right[i])) for i in order)


def heat_maps(evidence: Evidence, rung: str) -> dict[str, str]:
    """Find the names of a rung's heat maps that were kept, by the ids of the pictures."""
    rungs = evidence.explanations.rungs if evidence.explanations else ()
    return {
        found.id: found.picture
        for part in rungs
        if part.rung == rung
        for found in part.explained
        if found.picture in evidence.pictures
    }


def explainer_of(evidence: Evidence, rung: str) -> str:
    """Name the explainer of a rung; empty where there is none."""
    rungs = evidence.explanations.rungs if evidence.explanations else ()
    return next((part.explainer for part in rungs if part.rung == rung), "")


def reason_of(evidence: Evidence, rung: str) -> str:
    """Say why pictures of a rung have no heat map; empty where there is no reason to."""
    rungs = evidence.explanations.rungs if evidence.explanations else ()
    return next((part.reason for part in rungs if part.rung == rung), "")


def _example(evidence: Evidence, predictions: Predictions, i: int, heats: Mapping[str, str]) -> Example:
    names, image, chances = predictions.class_names, str(predictions.ids[i]), predictions.probabilities[i]
    truth, said = int(predictions.labels[i]), int(predictions.predicted[i])
    others = [other for other in np.argsort(-chances, kind="stable") if other != said]
    rival = truth if truth != said else int(others[0]) if others else said
    return Example(
        id=image,
        truth=names[truth],
        prediction=names[said],
        probability=float(chances[said]),
        rival=names[rival],
        rival_probability=float(chances[rival]),
        picture=evidence.picture(image),
        heat=heats.get(image),
    )
