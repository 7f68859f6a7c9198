"""What a report says for experts: every measure of every rung with its interval, in one table."""

from dataclasses import dataclass

from linnet.records.evaluation import Measure
from linnet.reports.evidence import Evidence
from linnet.reports.tables import title

KNOWN = {
    "accuracy": ("Accuracy", "Fraction right"),
    "top_5_accuracy": ("Top 5", "The truth is among the five likeliest classes"),
    "balanced_accuracy": ("Balanced", "Mean of the classes’ recalls, over classes that occur"),
    "macro_precision": ("Precision", "Mean over the classes"),
    "macro_recall": ("Recall", "Mean over the classes"),
    "macro_f1": ("F1", "Mean over the classes of the harmonic mean of precision and recall"),
    "cohens_kappa": ("Kappa", "Cohen’s: agreement with the truth beyond chance; 0 is chance, 1 perfect"),
    "matthews_correlation": ("Matthews", "Correlation of truth and prediction; 0 is chance, 1 perfect"),
    "roc_area": ("ROC area", "Mean over the classes of the area, each against the rest"),
    "average_precision": ("Average precision", "Mean over the classes of the area under precision and recall"),
}
"""{measure: (heading, explanation)}, in the order of the columns; a measure that is not here gets its own name."""


@dataclass(frozen=True, kw_only=True)
class MeasureColumn:
    """Name one measure; `hint` explains it and may be empty."""

    key: str
    title: str
    hint: str


@dataclass(frozen=True, kw_only=True)
class MeasureRow:
    """Hold one rung's values, one per column; None is what it has not."""

    rung: str
    split: str
    n: int
    values: tuple[Measure | None, ...]


@dataclass(frozen=True, kw_only=True)
class MeasuresPart:
    """Hold the table.

    Attributes:
        confidence: Of the intervals.
        n_draws: Bootstrap draws behind those that are not Wilson's.
    """

    columns: tuple[MeasureColumn, ...]
    rows: tuple[MeasureRow, ...]
    confidence: float
    n_draws: int


def describe_measures(evidence: Evidence) -> MeasuresPart | None:
    """Collect all measures; None where no rung was evaluated."""
    found = {rung: evidence.evaluations[rung] for rung in evidence.rungs if rung in evidence.evaluations}
    if not found:
        return None
    met = dict.fromkeys(key for evaluation in found.values() for key in evaluation.measures)
    keys = [*(key for key in KNOWN if key in met), *(key for key in met if key not in KNOWN)]
    columns = (MeasureColumn(key=key, title=name, hint=hint) for key in keys for name, hint in [_heading(key)])
    rows = (
        MeasureRow(
            rung=rung,
            split=evaluation.split,
            n=evaluation.n,
            values=tuple(evaluation.measures.get(key) for key in keys),
        )
        for rung, evaluation in found.items()
    )
    first = next(iter(found.values()))
    return MeasuresPart(columns=tuple(columns), rows=tuple(rows), confidence=first.confidence, n_draws=first.n_draws)


def _heading(key: str) -> tuple[str, str]:
    return KNOWN.get(key, (title(key), ""))
