"""From predictions to every number about them, with intervals, as a record; and what of that a run lacks."""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import fields
from itertools import product

import numpy as np

from linnet.errors import LinnetError, PredictionsError
from linnet.evaluation import calibration, confusion, metrics, operating, resampling
from linnet.evaluation.comparing import compare
from linnet.evaluation.confusion import Tally
from linnet.evaluation.intervals import CONFIDENCE, N_DRAWS, Values, percentile, resampled, wilson
from linnet.evaluation.metrics import Labels, Probabilities
from linnet.evaluation.operating import Operating
from linnet.evaluation.resampling import CalibrationDraws
from linnet.progress import SILENT, Progress
from linnet.records.evaluation import Calibration, ClassMeasures, Evaluation, Measure
from linnet.records.files import read_json
from linnet.records.predictions import Predictions
from linnet.records.run import Run

N_TOP = 5
"""The k of the top-k accuracy; it is given where there are more classes than that."""

N_CURVES = 24
"""Classes whose operating curves are kept."""


def evaluate(
    predictions: Predictions, *, rung: str, split: str, temperature: float | None = None, seed: int = 0
) -> Evaluation:
    """Compute every number of one rung on one split.

    Intervals of accuracies and recalls are Wilson's; those of all other numbers come from the bootstrap, by
    percentiles. Areas under operating curves would have to be sorted anew for every class and draw; their draws are
    linear in the weights of the pictures instead, which is nearly the same for areas.

    Args:
        predictions: At least one picture; what the model says, its temperature inside.
        rung: Its name.
        split: "valid" or "test", or the name of other pictures.
        temperature: What the model divides its logits by; None where none was fitted. With one, calibration is
            given without it, too: p ** temperature, made to sum to 1, is the softmax of the logits themselves.
        seed: Of the bootstrap; the same predictions give the same intervals.

    Raises:
        PredictionsError: there is no picture.
    """
    if not len(predictions):
        raise PredictionsError(f"An evaluation wants at least one picture; the predictions of {rung} have none.")
    said, labels, names = predictions.probabilities, predictions.labels, predictions.class_names
    counts = confusion.tally(predictions.predicted, labels, len(names))
    versions = [said] if temperature is None else [said, without_temperature(said, temperature)]
    swept, influences = operating.operate(said, labels, names)
    drawn, believed, shifts = _draw(versions, predictions, influences, seed)
    calibrated, *others = [_calibration(p, labels, d) for p, d in zip(versions, believed, strict=True)]
    return Evaluation(
        rung=rung,
        split=split,
        n=len(labels),
        confidence=CONFIDENCE,
        n_draws=N_DRAWS,
        measures={
            **_fractions(predictions),
            **_from_counts(counts, drawn),
            "roc_area": _mean_area([found.roc_area for found in swept], shifts[:, 0]),
            "average_precision": _mean_area([found.average_precision for found in swept], shifts[:, 1]),
        },
        calibration=calibrated,
        temperature=temperature,
        uncalibrated=others[0] if others else None,
        classes=_classes(predictions, counts, swept),
        roc=tuple(found.roc for found in swept if found.roc)[:N_CURVES],
        precision_recall=tuple(found.precision_recall for found in swept if found.precision_recall)[:N_CURVES],
    )


def without_temperature(probabilities: Probabilities, temperature: float) -> Probabilities:
    """Return what a model would say without its temperature.

    With p = softmax(z / T), T log p is z up to a constant of each row, which a softmax does not see.

    Args:
        probabilities: (n, k) float32, rows sum to 1.
        temperature: Above 0.

    Returns:
        (n, k) float32, rows sum to 1.
    """
    with np.errstate(divide="ignore"):
        logits = temperature * np.log(probabilities.astype(np.float64))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


def complete(run: Run, *, lenient: bool = False, progress: Progress = SILENT) -> None:
    """Write the numbers that a run lacks though their predictions are there: of an older Linnet, or interrupted.

    Evaluations that are there are neither read nor made again.

    Args:
        run: Its folder is written into.
        lenient: Whether what cannot be read or written is passed over: a report says itself which records are damaged,
            and is made of a folder that is read-only, too.
        progress: Where long work reports to.

    Raises:
        RunError: predictions or a model's description are damaged.
        PredictionsError: likewise, or the rungs' test predictions are of different pictures.
    """
    trying = suppress(LinnetError, OSError) if lenient else nullcontext()
    is_compared = run.comparisons_file.exists()
    tested = {}
    lacking = [
        (rung, split)
        for rung, split in product(run.rungs, ("valid", "test"))
        if not (run.evaluation_file(rung, split).exists() and (split == "valid" or is_compared))
    ]
    with progress.task("Computing numbers and intervals", len(lacking)) as task:
        for rung, split in lacking:
            with trying:
                predictions = run.predictions(rung, split)
                if predictions is not None and len(predictions):
                    if split == "test":
                        tested[rung] = predictions
                    place = run.evaluation_file(rung, split)
                    if not place.exists():
                        of_rung(run, rung, predictions, split=split, tempered=split == "test").write(place)
            task.advance(note=rung)
    if tested and not is_compared:
        with trying:
            compare(tested).write(run.comparisons_file)


def of_rung(run: Run, rung: str, predictions: Predictions, *, split: str, tempered: bool = True) -> Evaluation:
    """Evaluate what a rung of a run says.

    Args:
        run: Its rung's description is read.
        rung: Its name.
        predictions: What it says.
        split: "valid" or "test", or the name of other pictures.
        tempered: Whether the saved model said it, with its temperature. A run's own validation predictions were made
            before there was one.
    """
    return evaluate(predictions, rung=rung, split=split, temperature=_temperature(run, rung) if tempered else None)


def forget_test(run: Run) -> None:
    """Remove numbers and report from before, so that they never stand beside the predictions of a later opening."""
    run.forget_report()
    run.comparisons_file.unlink(missing_ok=True)
    for rung in run.rungs:
        run.evaluation_file(rung, "test").unlink(missing_ok=True)


# -- parts of a record ---------------------------------------------------------------------------------------------


def _draw(
    versions: Sequence[Probabilities], predictions: Predictions, influences: Values, seed: int
) -> tuple[Tally, list[CalibrationDraws], Values]:
    """Draw pictures once for all numbers, with and without the temperature."""
    labels = predictions.labels
    tables = [influences, resampling.tally_table(predictions.predicted, labels, len(predictions.class_names))]
    for probabilities in versions:
        tables.extend(resampling.calibration_tables(probabilities, labels))
    shifts, of_tally, *others = resampled(tables, seed=seed)
    drawn = resampling.tallies(of_tally)
    pairs = zip(others[::2], others[1::2], strict=True)
    return drawn, [resampling.calibration_draws(*pair, drawn.n_true) for pair in pairs], shifts


def _fractions(predictions: Predictions) -> dict[str, Measure]:
    found = {"accuracy": predictions.correct}
    if len(predictions.class_names) > N_TOP:
        hits = metrics.top_k_hits(predictions.probabilities, predictions.labels, k=N_TOP)
        found[f"top_{N_TOP}_accuracy"] = hits
    return {name: _fraction(int(right.sum()), len(right)) for name, right in found.items()}


def _fraction(n_right: int, n: int) -> Measure:
    low, high = wilson(n_right, n)
    return Measure(value=n_right / n, low=low, high=high)


def _from_counts(counts: Tally, drawn: Tally) -> dict[str, Measure]:
    here, there = _numbers(counts), _numbers(drawn)
    return {name: _bootstrapped(float(here[name]), there[name]) for name in here}


def _numbers(counts: Tally) -> dict[str, Values]:
    return {
        "balanced_accuracy": confusion.balanced_accuracy(counts),
        "macro_precision": confusion.macro(confusion.precisions(counts), counts),
        "macro_recall": confusion.macro(confusion.recalls(counts), counts),
        "macro_f1": confusion.macro(confusion.f1_scores(counts), counts),
        "cohens_kappa": confusion.cohens_kappa(counts),
        "matthews_correlation": confusion.matthews_correlation(counts),
    }


def _bootstrapped(value: float, draws: Values) -> Measure:
    low, high = percentile(value, draws)
    return Measure(value=_defined(value), low=low, high=high)


def _calibration(probabilities: Probabilities, labels: Labels, draws: CalibrationDraws) -> Calibration:
    here = {
        "log_loss": metrics.log_loss(probabilities, labels),
        "brier_score": metrics.brier_score(probabilities, labels),
        "expected": calibration.expected_calibration_error(probabilities, labels),
        "maximum": calibration.maximum_calibration_error(probabilities, labels),
        "classwise": float(calibration.classwise_calibration_errors(probabilities, labels).mean()),
    }
    measures = {part.name: _bootstrapped(here[part.name], getattr(draws, part.name)) for part in fields(draws)}
    return Calibration(**measures, bins=calibration.reliability(probabilities, labels))


def _classes(predictions: Predictions, counts: Tally, swept: Sequence[Operating]) -> tuple[ClassMeasures, ...]:
    precisions, recalls, f1_scores = (
        of(counts) for of in (confusion.precisions, confusion.recalls, confusion.f1_scores)
    )
    errors = calibration.classwise_calibration_errors(predictions.probabilities, predictions.labels)
    rows = []
    for i, name in enumerate(predictions.class_names):
        n, n_right = int(counts.n_true[i]), int(counts.n_right[i])
        low, high = wilson(n_right, n) if n else (None, None)
        row = ClassMeasures(
            name=name,
            n=n,
            n_predicted=int(counts.n_predicted[i]),
            n_right=n_right,
            precision=_defined(precisions[i]),
            recall=_defined(recalls[i]),
            recall_low=low,
            recall_high=high,
            f1=_defined(f1_scores[i]),
            roc_area=swept[i].roc_area,
            average_precision=swept[i].average_precision,
            calibration_error=float(errors[i]),
        )
        rows.append(row)
    return tuple(rows)


def _mean_area(areas: Sequence[float | None], shifts: Values) -> Measure:
    defined = [area for area in areas if area is not None]
    value = sum(defined) / len(defined) if defined else np.nan
    return _bootstrapped(value, np.clip(value + shifts, 0.0, 1.0))


def _defined(value: float) -> float | None:
    """Return a number, or None for nan, which JSON does not have."""
    return None if np.isnan(value) else float(value)


def _temperature(run: Run, rung: str) -> float | None:
    """Read what a rung divides its logits by; None where its description says nothing of it, or is not there."""
    path = run.rung_folder(rung) / "model.json"
    plain = read_json(path) if path.exists() else None
    found = plain.get("temperature") if isinstance(plain, dict) else None
    return float(found) if isinstance(found, int | float) else None
