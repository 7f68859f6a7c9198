"""Share a time budget among rungs, and foresee which rung would not fit, from two small fits."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from linnet import seeds
from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Estimating, Sweeping
from linnet.datasets.base import Dataset
from linnet.evaluation import predicting

_PROBE = 1000
"""Pictures in the larger of the two trial fits; sets up to that are tried whole, once."""

_OVERDRAFT = 0.05
"""Share of the budget that may go on top of it, into estimates for rungs that have no time left."""


@dataclass
class Budget:
    """Know how much time is left, and each rung's fair share of it.

    Args:
        seconds: For everything; 0: no limit.
        n_rungs: How many rungs share it.
        before: Seconds that earlier attempts at the same climb took.
        started: When this attempt began, by the clock that only goes forward.
    """

    seconds: float
    n_rungs: int
    before: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def used(self) -> float:
        """Seconds that went by while the climb was at work."""
        return self.before + time.monotonic() - self.started

    @property
    def is_overdrawn(self) -> bool:
        """Whether not even estimates have time any more."""
        return 0 < self.seconds * (1 + _OVERDRAFT) < self.used

    def share(self, rung_number: int) -> float:
        """Return the seconds for one rung: what is left, divided among it and those after it.

        Args:
            rung_number: 0 .. n_rungs-1, in the order in which they run.
        """
        if not self.seconds:
            return math.inf
        return max(0.0, self.seconds - self.used) / (self.n_rungs - rung_number)


def estimate_seconds(
    candidates: Sequence[Classifier], train: Dataset, valid: Dataset, *, n_parts: int, seed: int
) -> float:
    """Foresee what choosing among the candidates and the final fit will cost.

    Two small trial fits give the growth with n: time ~ n**p, p held between 1 and 2; one is enough for pictures that
    are not more than the larger of them has. A rung that sweeps its settings is
    counted as two fits per part, any other as one fit per candidate and part. A network makes a few steps instead, and
    multiplies.

    Args:
        candidates: All of one rung; the last is taken for the trial.
        train: What each part trains on, about.
        valid: What each part predicts.
        n_parts: 1, or the number of folds.
        seed: Decides which pictures the trials take.
    """
    last = candidates[-1]
    if isinstance(last, Estimating):
        # What validation data end is not fitted again at the end, where there is one part.
        n_fits = n_parts * len(candidates) + (not (last.needs_valid and n_parts == 1))
        return n_fits * last.estimate_seconds(train, n_valid=len(valid), seed=seed)
    large, per_picture = _trial(last, train, _PROBE, seed)
    ratio, exponent = max(1.0, len(train) / _PROBE), 1.0
    if ratio > 1:
        small, _ = _trial(last, train, _PROBE // 2, seed)
        exponent = min(2.0, max(1.0, math.log2(max(large, 1e-9) / max(small, 1e-9))))
    fit = large * ratio**exponent
    predict = per_picture * len(valid) * (ratio if isinstance(candidates[0], Sweeping) else 1.0)
    fits_per_part = min(2, len(candidates)) if isinstance(candidates[0], Sweeping) else len(candidates)
    return float((n_parts * fits_per_part + 1) * (fit + predict))


def _trial(classifier: Classifier, train: Dataset, n: int, seed: int) -> tuple[float, float]:
    """Return the seconds of one fit on n pictures, and of predicting one picture."""
    order = torch.randperm(len(train), generator=seeds.torch_generator(seed, "trial"))
    sample = train.subset(order[:n])
    started = time.perf_counter()
    fitted = classifier.with_settings().fit(sample, seed=seed)
    fit_seconds = time.perf_counter() - started
    return fit_seconds, predicting.predict(fitted, sample).seconds / len(sample)


def duration(seconds: float) -> str:
    """Say a length of time as people do.

    Example:
        >>> duration(0.5), duration(75), duration(4000)
        ('0.5 s', '1 min 15 s', '1 h 7 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"
