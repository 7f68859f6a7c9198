"""A run is a folder: the only meeting point of training, command line, report and whatever comes later."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from linnet.errors import RunError
from linnet.records import ledger, pictures
from linnet.records.comparisons import Comparisons
from linnet.records.data_facts import DataFacts
from linnet.records.evaluation import Evaluation
from linnet.records.experiment import Experiment
from linnet.records.explanations import Explanations
from linnet.records.history import History
from linnet.records.leaderboard import Leaderboard
from linnet.records.learning_curve import LearningCurve
from linnet.records.ledger import Opening
from linnet.records.manifest import Manifest
from linnet.records.predictions import Predictions
from linnet.records.selection import Selection
from linnet.records.training import Training

_REPORT = ("pictures.zip", "report.html")
"""What a report is not whole without."""


class Run:
    """Know where everything of a run lies, and read and write it.

    Args:
        folder: The run folder; use `create` or `open`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path, experiment: Experiment) -> Self:
        """Make a new run folder and write what was asked.

        Raises:
            RunError: something of that name exists already, or it cannot be made.
        """
        refuse_existing(folder)
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise RunError(
                f"The run folder {folder} cannot be made ({error.strerror}); choose another --out."
            ) from None
        run = cls(folder)
        experiment.write(folder / "experiment.toml")
        return run

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open an existing run.

        Raises:
            RunError: no such folder, or it holds no run.
        """
        if not folder.is_dir():
            raise RunError(f"There is no run folder {folder}; `linnet climb DATA --out {folder}` would make one.")
        run = cls(folder)
        _ = run.experiment
        return run

    @property
    def experiment(self) -> Experiment:
        """What was asked."""
        return Experiment.read(self.folder / "experiment.toml")

    @property
    def is_finished(self) -> bool:
        """Whether the climb came to its end; the leaderboard is written last."""
        return (self.folder / "leaderboard.json").exists()

    @property
    def is_reported(self) -> bool:
        """Whether the report of the end is whole: its pictures come before the page, and both after the leaderboard."""
        return self.is_finished and all((self.folder / name).exists() for name in _REPORT)

    @property
    def shown_splits(self) -> tuple[str, ...]:
        """The splits of which anything may be shown, the first that there is: the test split of a finished run only.

        So nobody has learned anything from an opening that was interrupted.
        """
        return ("test", "valid") if self.is_finished else ("valid",)

    @property
    def manifest(self) -> Manifest:
        """What became of every file."""
        return Manifest.read(self.folder / "manifest.csv")

    @property
    def facts(self) -> DataFacts:
        """What the pictures are."""
        return DataFacts.read(self.folder / "data.json")

    @property
    def openings(self) -> tuple[Opening, ...]:
        """Every opening of the test split."""
        return ledger.read(self.folder / "ledger.jsonl")

    @property
    def leaderboard(self) -> Leaderboard:
        """The table of results; only of a finished run."""
        return Leaderboard.read(self.folder)

    @property
    def comparisons_file(self) -> Path:
        """Where the comparisons of all rungs lie."""
        return self.folder / "comparisons.json"

    @property
    def comparisons(self) -> Comparisons | None:
        """Every rung against every other on the test split; None where the file is not there (yet)."""
        return Comparisons.read(self.comparisons_file) if self.comparisons_file.exists() else None

    @property
    def pictures(self) -> dict[str, bytes]:
        """Files by the names of `linnet.records.pictures`."""
        return pictures.read(self.folder / "pictures.zip")

    @property
    def explanations(self) -> Explanations | None:
        """Which pictures were explained, and how; None where none were."""
        path = self.folder / "explanations.json"
        return Explanations.read(path) if path.exists() else None

    @property
    def rungs(self) -> tuple[str, ...]:
        """The rows whose settings have been chosen, in the order of the experiment: rungs, and the same with views."""
        return tuple(name for name in self.experiment.rows if (self.rung_folder(name) / "selection.csv").exists())

    @property
    def fitted_rungs(self) -> tuple[str, ...]:
        """The rows that are fitted and saved whole, in the order of the experiment; model.json is written last."""
        return tuple(name for name in self.experiment.rows if (self.rung_folder(name) / "model.json").exists())

    def rung_folder(self, rung: str) -> Path:
        """Return where a rung's model, predictions and selection lie."""
        return self.folder / "rungs" / rung

    def selection(self, rung: str) -> Selection:
        """Read how a rung's settings were chosen."""
        return Selection.read(self.rung_folder(rung) / "selection.csv")

    def predictions(self, rung: str, split: str) -> Predictions | None:
        """Read a rung's predictions for "valid" or "test"; None where there are none (yet)."""
        path = self.rung_folder(rung) / f"predictions-{split}.csv"
        return Predictions.read(path) if path.exists() else None

    def evaluation_file(self, rung: str, split: str) -> Path:
        """Return where a rung's numbers on "valid" or "test" lie."""
        return self.rung_folder(rung) / f"evaluation-{split}.json"

    def evaluation(self, rung: str, split: str) -> Evaluation | None:
        """Read a rung's numbers on "valid" or "test"; None where the file is not there (yet)."""
        path = self.evaluation_file(rung, split)
        return Evaluation.read(path) if path.exists() else None

    def history(self, rung: str) -> History | None:
        """Read the course of a rung's training; None where it is not trained by epochs, or not yet."""
        path = self.rung_folder(rung) / "history.csv"
        return History.read(path) if path.exists() else None

    def training(self, rung: str) -> Training | None:
        """Read what a rung's last training resolved to; None where it is no network, or not fitted yet."""
        path = self.rung_folder(rung) / "training.json"
        return Training.read(path) if path.exists() else None

    def learning_curve(self, rung: str) -> LearningCurve | None:
        """Read how a rung's accuracy grew with its training pictures; None where nobody asked, or not yet."""
        path = self.rung_folder(rung) / "learning-curve.csv"
        return LearningCurve.read(path) if path.exists() else None

    def write_pictures(self, shown: Mapping[str, bytes]) -> None:
        """Write the pictures that the report shows."""
        pictures.write(self.folder / "pictures.zip", shown)

    def forget_report(self) -> None:
        """Remove a report of an earlier state, so that the one that is there is of what is there."""
        for name in (*_REPORT, "report.json", "explanations.json"):
            (self.folder / name).unlink(missing_ok=True)

    def record_opening(self, opening: Opening) -> None:
        """Write down that the test split is about to be opened."""
        ledger.append(self.folder / "ledger.jsonl", opening)


def refuse_existing(folder: Path) -> None:
    """Refuse a run folder that exists, so that no run ever writes over another.

    Raises:
        RunError: it exists.
    """
    if folder.exists():
        raise RunError(f"The run folder {folder} exists already and is left as it is; choose another --out.")
