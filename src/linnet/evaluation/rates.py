"""A learning rate for a rung, found by a sweep over training pictures, with its picture and its table."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from linnet import catalog
from linnet.charts.rates import loss_over_rate
from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import RateSeeking
from linnet.datasets.base import Dataset
from linnet.errors import RunError, UnsupportedError
from linnet.progress import Progress
from linnet.records.experiment import Experiment
from linnet.records.files import write_csv, write_text
from linnet.training.finder import RateFinding, smoothed_losses


@dataclass(frozen=True, kw_only=True)
class FoundRate:
    """Hold what a sweep over learning rates found for a rung.

    Attributes:
        rung: Its name.
        learning_rate: What it would be trained with now.
        suggestion: The rate at which the loss fell fastest, to two digits; None where it never fell.
        rates: Learning rates that were tried, rising.
        losses: One per rate, of a batch before its step; the last one may be no number.
        picture: The file with the loss over the rate.
        table: The file with rates and losses; None where nothing was found.
        command: What trains with the suggestion; None where there is none.
    """

    rung: str
    learning_rate: float
    suggestion: float | None
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    picture: Path
    table: Path | None
    command: str | None


def seeking(classifier: Classifier) -> RateSeeking:
    """Return a rung that can look for its learning rate.

    Raises:
        UnsupportedError: it cannot; names those that can.
    """
    if isinstance(classifier, RateSeeking):
        return classifier
    able = [
        name for name in catalog.names("classifiers") if isinstance(catalog.find("classifiers", name)(), RateSeeking)
    ]
    raise UnsupportedError(
        f"{classifier.name()} is no network, and no sweep finds a learning rate for it; those that are: "
        f"{', '.join(able)}."
    )


def free_files(folder: Path | None) -> tuple[Path, Path]:
    """Name a picture and a table that are not there yet.

    Args:
        folder: Where to, as rates.svg and rates.csv; None: the current one, as rates-2.svg and so on where they exist.

    Raises:
        RunError: the folder has one of them, or is no folder.
    """
    if folder is None:
        number, pair = 1, (Path("rates.svg"), Path("rates.csv"))
        while any(path.exists() for path in pair):
            number += 1
            pair = Path(f"rates-{number}.svg"), Path(f"rates-{number}.csv")
        return pair
    if folder.exists() and not folder.is_dir():
        raise RunError(f"{folder} is a file, and a folder is wanted for rates.svg and rates.csv; choose another --out.")
    for path in (folder / "rates.svg", folder / "rates.csv"):
        if path.exists():
            raise RunError(f"{path} exists already and is left as it is; choose another folder with --out.")
    return folder / "rates.svg", folder / "rates.csv"


def find_rate(
    rung: RateSeeking, train: Dataset, experiment: Experiment, files: tuple[Path, Path], progress: Progress
) -> FoundRate:
    """Sweep, and write what was found.

    Args:
        rung: The only one of the experiment, with its settings.
        train: Training pictures, and no others.
        experiment: What was asked, for the command that trains with the suggestion.
        files: For the picture, and for the table, which is written if something was found.
        progress: Where long work reports to.
    """
    found = rung.find_rate(train, seed=experiment.seed, progress=progress)
    picture, table = files
    suggestion = None if found.suggestion is None else float(f"{found.suggestion:.2g}")
    write_text(picture, _drawn(found))
    if suggestion is not None:
        write_csv(table, ["learning_rate", "loss"], _rows(found.rates, found.losses))
    name = experiment.rungs[0]
    return FoundRate(
        rung=name,
        learning_rate=rung.learning_rate,
        suggestion=suggestion,
        rates=found.rates,
        losses=found.losses,
        picture=picture,
        table=None if suggestion is None else table,
        command=None if suggestion is None else _with_rate(experiment, name, suggestion).command_line(),
    )


def _drawn(found: RateFinding) -> str:
    n_finite = next((i for i, loss in enumerate(found.losses) if not math.isfinite(loss)), len(found.losses))
    smooth = smoothed_losses(found.losses[:n_finite]) if n_finite else ()
    return loss_over_rate(found.rates, found.losses, name="rates", smooth=smooth, suggestion=found.suggestion)


def _rows(rates: Sequence[float], losses: Sequence[float]) -> list[list[object]]:
    """Put rates beside losses; a loss that is no number is an empty field."""
    return [[rate, loss if math.isfinite(loss) else ""] for rate, loss in zip(rates, losses, strict=True)]


def _with_rate(experiment: Experiment, rung: str, rate: float) -> Experiment:
    own = experiment.settings.get(rung, {}) | {"learning_rate": rate}
    return replace(experiment, settings={**experiment.settings, rung: own})
