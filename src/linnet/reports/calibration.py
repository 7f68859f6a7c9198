"""What a report says of probabilities: whether a rung that says 90% is right 90 times in 100, in words and numbers."""

import math
from dataclasses import dataclass

from linnet.records.evaluation import Bin, Calibration, Evaluation
from linnet.reports.costs import FLOOR
from linnet.reports.evidence import Evidence
from linnet.words import count, in_100, percent, times_in_100

CLOSE, ROUGH = 0.02, 0.05
"""Expected errors up to which percentages can be believed, and roughly believed."""
FEW = 10
"""Pictures below which a bin says nothing."""
LUCK = 1.5
"""Times the error of an honest rung up to which an error may be that of chance alone."""


@dataclass(frozen=True, kw_only=True)
class CalibrationPart:
    """Hold how far one rung's probabilities can be believed.

    Attributes:
        split: "test" or "valid".
        n: Pictures.
        confidence: Of the intervals, usually 0.95.
        temperature: None where none was fitted.
        after: The numbers as the model predicts, with its temperature.
        before: The same without it; None where none was fitted.
        is_bad: Whether its percentages should not be read as chances.
        tendency: "too sure" or "too modest": which way confidence errs on the whole.
        sentence: What it means, in plain words.
        cooling: What the temperature changed; empty where none was fitted.
    """

    rung: str
    split: str
    n: int
    confidence: float
    temperature: float | None
    after: Calibration
    before: Calibration | None
    is_bad: bool
    tendency: str
    sentence: str
    cooling: str


def describe_calibrations(evidence: Evidence) -> tuple[CalibrationPart, ...]:
    """Say for each rung that was evaluated whether its probabilities can be believed."""
    return tuple(
        _describe(rung, found)
        for rung in evidence.rungs
        if rung != FLOOR and (found := evidence.evaluations.get(rung)) and found.n
    )


def _describe(rung: str, found: Evaluation) -> CalibrationPart:
    return CalibrationPart(
        rung=rung,
        split=found.split,
        n=found.n,
        confidence=found.confidence,
        temperature=found.temperature,
        after=found.calibration,
        before=found.uncalibrated,
        is_bad=is_bad(found.calibration),
        tendency=tendency(found.calibration),
        sentence=f"{example(rung, found.calibration)} {_verdict(found.calibration)}".strip(),
        cooling=_cooling(found),
    )


def is_bad(found: Calibration) -> bool:
    """Say whether percentages are so far off that they should not be read as chances, beyond what chance explains."""
    error = found.expected.value
    return error is not None and error > max(ROUGH, LUCK * error_of_an_honest_rung(found))


def tendency(found: Calibration) -> str:
    """Say which way confidence errs on the whole."""
    return "too sure" if sum(each.n * _gap(each) for each in found.bins) > 0 else "too modest"


def error_of_an_honest_rung(found: Calibration) -> float:
    """Estimate the expected calibration error that chance alone would make of so many pictures.

    If n pictures of a bin are right with probability p each, the share of right ones deviates from p by about
    sqrt(p (1 - p) / n), and the mean size of a normal deviation is sqrt(2 / pi) of its standard deviation. The
    rung's own confidence stands for p: that is what it would be if it were honest.
    """
    n = sum(each.n for each in found.bins)
    deviations = (each.n * math.sqrt(p * (1 - p) / each.n) for each in found.bins if (p := each.confidence) is not None)
    return math.sqrt(2 / math.pi) * sum(deviations) / n if n else 0.0


def example(rung: str, found: Calibration) -> str:
    """Say of the bin that weighs most in the error what the rung says there, and how often it is right."""
    n = sum(each.n for each in found.bins)
    telling = [each for each in found.bins if each.n >= max(FEW, n / 100)]
    gaps = [(each.n * abs(_gap(each)), each.confidence, each.accuracy, each.n) for each in telling]
    _, confidence, accuracy, n = max(gaps, key=lambda gap: gap[0], default=(0.0, None, None, 0))
    if confidence is None or accuracy is None:
        return ""
    return f"When {rung} says {percent(confidence, 0)}, it is right {times_in_100(accuracy)} ({count(n, 'picture')})."


def _gap(found: Bin) -> float:
    return (found.confidence or 0.0) - (found.accuracy or 0.0)


def _verdict(found: Calibration) -> str:
    error = found.expected.value
    n = sum(each.n for each in found.bins)
    if error is None or not n:
        return ""
    said = f"Its percentages are off by {points(error)} on average"
    if error <= LUCK * error_of_an_honest_rung(found):
        return f"{said}: no more than chance alone makes of {count(n, 'picture')}."
    if error <= CLOSE:
        return f"{said}: they can be believed."
    if error <= ROUGH:
        return f"{said}: they can be believed roughly; it is a little {tendency(found)}."
    return f"{said}: it is {tendency(found)}, and they should not be read as chances."


def points(fraction: float) -> str:
    """Write a difference of shares in percentage points.

    Example:
        >>> points(0.0312), points(0.0004)
        ('3.1 points', '0.04 points')
    """
    return f"{in_100(fraction, 1)} points"


def _cooling(found: Evaluation) -> str:
    if found.temperature is None or found.uncalibrated is None:
        return ""
    before, after = found.uncalibrated.expected.value, found.calibration.expected.value
    said = f"A temperature of {found.temperature:.2f} was fitted on validation pictures"
    if before is None or after is None:
        return f"{said}."
    if after < before:
        return f"{said}; without it they would be off by {points(before)}."
    return f"{said}; on these pictures it brought nothing: without it they would be off by {points(before)}."
