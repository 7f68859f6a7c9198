"""What a report says, as a tree of plain values made from a run; how it looks is the page's business."""

from dataclasses import dataclass

from linnet.records.run import Run
from linnet.reports.calibration import CalibrationPart, describe_calibrations
from linnet.reports.choosing import Choice, describe_choices
from linnet.reports.classes import ClassesPart, describe_classes
from linnet.reports.costs import CostsPart, describe_costs
from linnet.reports.courses import CoursePart, describe_courses
from linnet.reports.data import DataPart, describe_data
from linnet.reports.evidence import Evidence, gather
from linnet.reports.galleries import Galleries, describe_galleries
from linnet.reports.learning import LearningPart, describe_learning
from linnet.reports.looking import LookingPart, describe_looking
from linnet.reports.measures import MeasuresPart, describe_measures
from linnet.reports.mistakes import RungPart, describe_rungs
from linnet.reports.pairs import PairsPart, describe_pairs
from linnet.reports.repeating import RepeatPart, describe_repeating
from linnet.reports.sealing import SealingPart, describe_sealing
from linnet.reports.standings import StandingsPart, describe_standings
from linnet.reports.summary import Summary, summarize
from linnet.words import data_name


@dataclass(frozen=True, kw_only=True)
class Report:
    """Hold everything that a report says; pictures stand in it by their names in the run.

    Attributes:
        title: What the user called the data, without the folders before it.
        command: "climb" or "train".
        when: UTC, ISO 8601, of the first opening of the test split; empty where there was none.
        is_finished: Whether the climb came to its end.
        costs: None with fewer than two rungs to compare.
        pairs: None where the rungs were not compared.
        measures: None where no rung was evaluated.
        data: None where the run has no record of it (yet).
        galleries: Pictures behind the cells of the confusion matrices; much, and for the page only.
        looking: None where nothing was explained.
        notes: One sentence for each record that is wanted and could not be read.
    """

    title: str
    command: str
    when: str
    is_finished: bool
    summary: Summary
    standings: StandingsPart
    costs: CostsPart | None
    pairs: PairsPart | None
    classes: tuple[ClassesPart, ...]
    calibrations: tuple[CalibrationPart, ...]
    measures: MeasuresPart | None
    data: DataPart | None
    choices: tuple[Choice, ...]
    courses: tuple[CoursePart, ...]
    learning: tuple[LearningPart, ...]
    rungs: tuple[RungPart, ...]
    galleries: Galleries
    looking: LookingPart | None
    sealing: SealingPart
    repeat: RepeatPart
    notes: tuple[str, ...]


def build(run: Run) -> Report:
    """Make the content of a run's report, finished or not.

    Raises:
        RunError: the run has no readable experiment.toml.
    """
    return compose(gather(run))


def compose(evidence: Evidence) -> Report:
    """Make the content from records that were read already."""
    standings, data = describe_standings(evidence), describe_data(evidence)
    sealing = describe_sealing(evidence)
    return Report(
        title=data_name(evidence.facts.name if evidence.facts else evidence.experiment.data.source),
        command=evidence.experiment.command,
        when=evidence.openings[0].when if evidence.openings else "",
        is_finished=evidence.is_finished,
        summary=summarize(evidence, standings, data, sealing),
        standings=standings,
        costs=describe_costs(evidence),
        pairs=describe_pairs(evidence),
        classes=describe_classes(evidence),
        calibrations=describe_calibrations(evidence),
        measures=describe_measures(evidence),
        data=data,
        choices=describe_choices(evidence),
        courses=describe_courses(evidence),
        learning=describe_learning(evidence),
        rungs=describe_rungs(evidence),
        galleries=describe_galleries(evidence),
        looking=describe_looking(evidence),
        sealing=sealing,
        repeat=describe_repeating(evidence),
        notes=evidence.notes,
    )
