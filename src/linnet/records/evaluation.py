"""Every number that says how good one rung's predictions are, as evaluation-test.json in the run folder holds it."""

from dataclasses import dataclass
from typing import ClassVar

from linnet.records.typed import Stored

FORMAT = 1
"""Version of the files; raised when an older Linnet could not read them any more."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Hold one number.

    Attributes:
        value: The number itself; None where it is not defined for these pictures, as an area with one class only.
        low: Lower end of its interval; None where none was made.
        high: Upper end.
    """

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class ClassMeasures:
    """Hold the numbers of one class against all others; None is what its pictures do not define.

    Attributes:
        name: Of the class.
        n: Pictures that are of it.
        n_predicted: Pictures that were said to be of it.
        n_right: Pictures that are, and were.
        precision: n_right / n_predicted, in [0, 1]; None where nothing was said to be of it.
        recall: n_right / n; None without a picture of it.
        recall_low: Lower end of the Wilson interval of the recall, and recall_high the upper one.
        f1: Harmonic mean of precision and recall; None where neither is defined.
        roc_area: Area under the receiver operating characteristic, one class against the rest.
        average_precision: Area under the precision-recall curve, as a sum of steps.
        calibration_error: Expected calibration error of this class's probability.
    """

    name: str
    n: int
    n_predicted: int
    n_right: int
    precision: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    f1: float | None
    roc_area: float | None
    average_precision: float | None
    calibration_error: float


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Hold the pictures whose confidence lies in (low, high].

    Attributes:
        low: Lower edge, a fraction.
        high: Upper edge.
        n: How many there are; with none, confidence and accuracy are None.
        confidence: Mean of their largest probabilities.
        accuracy: Share that was right.
    """

    low: float
    high: float
    n: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Hold how far confidence can be believed.

    Attributes:
        log_loss: Mean negative log-likelihood, nats.
        brier_score: Mean squared distance of the probabilities from the truth, 0 .. 2.
        expected: Expected calibration error over `bins`.
        maximum: The largest gap of a bin that has pictures.
        classwise: Mean over the classes of the expected calibration error of each one's probability.
        bins: Of equal width on (0, 1], every one of them, empty ones too.
    """

    log_loss: Measure
    brier_score: Measure
    expected: Measure
    maximum: Measure
    classwise: Measure
    bins: tuple[Bin, ...]


@dataclass(frozen=True, kw_only=True)
class OperatingCurve:
    """Hold a curve of one class against all others, thinned to the points that a drawing needs.

    Attributes:
        name: Of the class.
        x: False positive rate (ROC) or recall (precision-recall), rising.
        y: True positive rate or precision.
    """

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Evaluation(Stored):
    """Hold all numbers of one rung on one split.

    Attributes:
        rung: Its name.
        split: "valid" or "test", or the name of other pictures.
        n: Pictures.
        confidence: Of all intervals, 0.95 usually.
        n_draws: Bootstrap draws behind the intervals that are not Wilson's.
        measures: {name: number} of the whole: accuracy, top_5_accuracy (from six classes on), balanced_accuracy,
            macro_precision, macro_recall, macro_f1, cohens_kappa, matthews_correlation, roc_area and
            average_precision (means over the classes that have them).
        calibration: As the model predicts, with its temperature.
        temperature: What the logits are divided by; 1 changes nothing. None where none was fitted.
        uncalibrated: The same without the temperature; None where none was fitted.
        classes: One row per class, in order.
        roc: Receiver operating characteristics, of the classes that have one, at most the first 24 of them.
        precision_recall: Precision-recall curves likewise.
    """

    version: ClassVar[int] = FORMAT
    kind: ClassVar[str] = "the numbers of an evaluation"

    rung: str
    split: str
    n: int
    confidence: float
    n_draws: int
    measures: dict[str, Measure]
    calibration: Calibration
    temperature: float | None
    uncalibrated: Calibration | None
    classes: tuple[ClassMeasures, ...]
    roc: tuple[OperatingCurve, ...]
    precision_recall: tuple[OperatingCurve, ...]
