"""Records of numbers for tests of what shows them, made by scikit-learn and loops; intervals are rough."""

import math

import numpy as np
from sklearn import metrics

from linnet.records.comparisons import Comparison, Comparisons
from linnet.records.evaluation import Bin, Calibration, ClassMeasures, Evaluation, Measure, OperatingCurve

N_BINS = 15


def around(value, n):
    """Put an interval around a mean of n things."""
    half = 1.96 * math.sqrt(max(value * (1 - value), 0.25 / n) / n)
    return Measure(value=value, low=value - half, high=value + half)


def bins_of(confidence, correct):
    """Sort pictures into bins, one by one."""
    bins = []
    for i in range(N_BINS):
        low, high = i / N_BINS, (i + 1) / N_BINS
        inside = (confidence > low) & (confidence <= high)
        n = int(inside.sum())
        means = (float(confidence[inside].mean()), float(correct[inside].mean())) if n else (None, None)
        bins.append(Bin(low=low, high=high, n=n, confidence=means[0], accuracy=means[1]))
    return tuple(bins)


def error_of(bins):
    n = sum(each.n for each in bins)
    return sum(each.n * abs(each.confidence - each.accuracy) for each in bins if each.n) / n


def calibration_of(probabilities, labels):
    n, k = probabilities.shape
    correct = (probabilities.argmax(axis=1) == labels).astype(float)
    bins = bins_of(np.minimum(probabilities.max(axis=1), 1), correct)
    truth = np.eye(k)[labels]
    loss = float(-np.log(np.clip(probabilities[np.arange(n), labels], 1e-7, 1)).mean())
    brier = float(((probabilities - truth) ** 2).sum(axis=1).mean())
    classwise = float(
        np.mean([error_of(bins_of(np.clip(probabilities[:, c], 1e-9, 1), truth[:, c])) for c in range(k)])
    )
    maximum = max(abs(each.confidence - each.accuracy) for each in bins if each.n)
    return Calibration(
        log_loss=Measure(value=loss, low=0.9 * loss, high=1.1 * loss),
        brier_score=Measure(value=brier, low=0.9 * brier, high=1.1 * brier),
        expected=around(error_of(bins), n),
        maximum=Measure(value=maximum),
        classwise=Measure(value=classwise),
        bins=bins,
    )


def class_row(name, c, probabilities, labels, said):
    n, n_predicted = int((labels == c).sum()), int((said == c).sum())
    n_right = int(((labels == c) & (said == c)).sum())
    recall = n_right / n if n else None
    has_both = 0 < n < len(labels)
    interval = around(recall, n) if n else Measure(value=None)
    return ClassMeasures(
        name=name,
        n=n,
        n_predicted=n_predicted,
        n_right=n_right,
        precision=n_right / n_predicted if n_predicted else None,
        recall=recall,
        recall_low=None if interval.low is None else max(interval.low, 0.0),
        recall_high=None if interval.high is None else min(interval.high, 1.0),
        f1=2 * n_right / (n + n_predicted) if n + n_predicted else None,
        roc_area=float(metrics.roc_auc_score(labels == c, probabilities[:, c])) if has_both else None,
        average_precision=float(metrics.average_precision_score(labels == c, probabilities[:, c])) if n else None,
        calibration_error=error_of(bins_of(np.clip(probabilities[:, c], 1e-9, 1), (labels == c).astype(float))),
    )


def curves_of(class_names, probabilities, labels):
    """Make the curves of the first 24 classes that have them."""
    roc, precision_recall = [], []
    for c, name in enumerate(class_names):
        if 0 < (labels == c).sum() < len(labels) and len(roc) < 24:
            x, y, _ = metrics.roc_curve(labels == c, probabilities[:, c])
            roc.append(OperatingCurve(name=name, x=tuple(x.tolist()), y=tuple(y.tolist())))
            y, x, _ = metrics.precision_recall_curve(labels == c, probabilities[:, c])
            precision_recall.append(OperatingCurve(name=name, x=tuple(x[::-1].tolist()), y=tuple(y[::-1].tolist())))
    return tuple(roc), tuple(precision_recall)


def measures_of(labels, said, rows, n):
    mean = {
        key: float(np.mean([getattr(row, field) for row in rows if getattr(row, field) is not None] or [0.0]))
        for key, field in (
            ("macro_precision", "precision"), ("macro_recall", "recall"), ("macro_f1", "f1"),
            ("roc_area", "roc_area"), ("average_precision", "average_precision"),
        )
    }  # fmt: skip
    whole = {
        "accuracy": float((labels == said).mean()),
        "balanced_accuracy": mean["macro_recall"],
        "cohens_kappa": float(np.nan_to_num(metrics.cohen_kappa_score(labels, said))),
        "matthews_correlation": float(metrics.matthews_corrcoef(labels, said)),
    }
    return {key: around(value, n) for key, value in (whole | mean).items()}


def evaluation_of(predictions, *, rung, split="test", temperature=None):
    """Make the numbers of predictions.

    Args:
        predictions: A record with at least one picture.
        rung: Its name.
        split: Whose they are.
        temperature: What the logits were divided by; the uncalibrated numbers are then those of the sharper ones.
    """
    probabilities, labels = predictions.probabilities.astype(np.float64), predictions.labels
    said = probabilities.argmax(axis=1)
    rows = [class_row(name, c, probabilities, labels, said) for c, name in enumerate(predictions.class_names)]
    roc, precision_recall = curves_of(predictions.class_names, probabilities, labels)
    sharper = None
    if temperature is not None:
        sharper = np.clip(probabilities, 1e-12, 1) ** temperature
        sharper /= sharper.sum(axis=1, keepdims=True)
    return Evaluation(
        rung=rung,
        split=split,
        n=len(labels),
        confidence=0.95,
        n_draws=1000,
        measures=measures_of(labels, said, rows, len(labels)),
        calibration=calibration_of(probabilities, labels),
        temperature=temperature,
        uncalibrated=None if sharper is None else calibration_of(sharper, labels),
        classes=tuple(rows),
        roc=roc,
        precision_recall=precision_recall,
    )


def comparisons_of(predictions):
    """Compare {rung: predictions}, best first."""
    names = sorted(predictions, key=lambda rung: -predictions[rung].correct.mean())
    n, pairs = len(predictions[names[0]]), []
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            a, b = predictions[first].correct, predictions[second].correct
            only_first, only_second = int((a & ~b).sum()), int((b & ~a).sum())
            difference, spread = (only_first - only_second) / n, 1.96 * math.sqrt(max(only_first + only_second, 1)) / n
            p_value = math.erfc(abs(difference) / spread * 1.96 / math.sqrt(2))
            pairs.append(
                Comparison(
                    first=first,
                    second=second,
                    n_only_first=only_first,
                    n_only_second=only_second,
                    difference=difference,
                    low=difference - spread,
                    high=difference + spread,
                    p_value=p_value,
                )
            )
    return Comparisons(n=n, confidence=0.95, n_draws=1000, pairs=tuple(pairs))
