"""What a page says of several runs side by side: their rungs in one table, what was asked otherwise, who is better."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any

from linnet.records.comparisons import Comparison, Comparisons
from linnet.records.experiment import Experiment
from linnet.records.leaderboard import LeaderboardRow
from linnet.records.run import Run
from linnet.reports.evidence import Evidence, gather
from linnet.reports.sealing import describe_sealing
from linnet.words import data_name, in_100, joined, often, p_value, setting, times_in_100

_NOT_ASKED = ("format", "machine", "rungs", "command")
"""Parts of an experiment that are no settings; rungs and machine are compared on their own."""
NOTHING = "–"
DOUBT = 0.05
"""A corrected p-value of at least this says that chance explains the difference."""


@dataclass(frozen=True, kw_only=True)
class RunPart:
    """Hold one of the runs.

    Attributes:
        number: From 1, in the order given.
        name: Of its folder; made unique by the folders above it where it is not.
        title: What the user called the data.
        when: UTC, ISO 8601, of the first opening of the test split; empty where there was none.
        n_test: Test pictures.
        split_hash: Of the test split; empty where it is not known.
        n_openings: Of that split.
        is_finished: Whether it has a leaderboard.
        command_line: Asks for the same again.
        notes: One sentence for each record that is wanted and cannot be read.
    """

    number: int
    name: str
    title: str
    when: str
    n_test: int
    split_hash: str
    n_openings: int
    is_finished: bool
    command_line: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RungOfRun:
    """Hold one row of one run's leaderboard."""

    run: RunPart
    row: LeaderboardRow


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Hold one thing that was not asked alike; `values` has one text per run.

    Where a run was not given a setting, its text says so, with the value that was chosen or taken where a record knows
    it: "chosen: 5", "not given: 0.0005"; a dash where the run has no such rung or did not write it down.
    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RunsReport:
    """Hold everything that a page on several runs says.

    Attributes:
        lead: The one sentence to remember.
        warnings: What makes the comparison doubtful.
        runs: As given.
        rows: All rungs of all runs, the most accurate first.
        differences: What was asked otherwise.
        pairs: The best rungs of runs with the same test pictures, two by two.
    """

    lead: str
    warnings: tuple[str, ...]
    runs: tuple[RunPart, ...]
    rows: tuple[RungOfRun, ...]
    differences: tuple[Difference, ...]
    pairs: tuple[Comparison, ...]


def compose_runs(
    runs: Sequence[Run], comparisons: Mapping[str, Comparisons], *, notes: Sequence[str] = ()
) -> RunsReport:
    """Make the content of a page on several runs.

    Args:
        runs: At least two.
        comparisons: {hash of a test split: how the best rungs of the runs on it compare}; names are those of
            `name_runs` with the rung behind a slash.
        notes: A sentence for each run that is not among them and might be looked for there.

    Raises:
        RunError: a run has no readable experiment.toml.
    """
    evidences = [gather(run) for run in runs]
    parts = tuple(
        _part(number, name, evidence)
        for number, (name, evidence) in enumerate(zip(name_runs(runs), evidences, strict=True), start=1)
    )
    rows = [
        RungOfRun(run=part, row=row) for part, evidence in zip(parts, evidences, strict=True) for row in evidence.rows
    ]
    rows.sort(key=lambda found: (-found.row.accuracy, found.row.log_loss, found.run.number))
    pairs = tuple(chain.from_iterable(found.pairs for found in comparisons.values()))
    return RunsReport(
        lead=_lead(parts, rows, pairs),
        warnings=(*_warnings(parts), *notes),
        runs=parts,
        rows=tuple(rows),
        differences=_differences(evidences),
        pairs=pairs,
    )


def name_runs(runs: Sequence[Run]) -> tuple[str, ...]:
    """Name runs by their folders, with as many folders above as it takes to tell them apart."""
    paths = [run.folder.resolve().parts for run in runs]
    for depth in range(1, max(map(len, paths)) + 1):
        names = tuple("/".join(path[-depth:]) for path in paths)
        if len(set(names)) == len(names):
            return names
    return tuple(f"{path[-1]} ({number})" for number, path in enumerate(paths, start=1))  # the same run twice


def _part(number: int, name: str, evidence: Evidence) -> RunPart:
    sealing = describe_sealing(evidence)
    return RunPart(
        number=number,
        name=name,
        title=data_name(evidence.facts.name if evidence.facts else evidence.experiment.data.source),
        when=evidence.openings[0].when if evidence.openings else "",
        n_test=sealing.n_test,
        split_hash=sealing.split_hash,
        n_openings=sealing.n_openings,
        is_finished=evidence.is_finished,
        command_line=evidence.experiment.command_line(),
        notes=evidence.notes,
    )


def _lead(parts: Sequence[RunPart], rows: Sequence[RungOfRun], pairs: Sequence[Comparison]) -> str:
    if not rows:
        return "None of these runs has a result yet."
    if len({part.split_hash for part in parts if part.is_finished}) > 1:
        return "These runs were judged on different test pictures, so their numbers do not tell which is better."
    best = rows[0]
    said = (
        f"{best.row.rung} of {best.run.name} is right {times_in_100(best.row.accuracy, 1)} "
        f"({in_100(best.row.accuracy_low, 1)} to {in_100(best.row.accuracy_high, 1)})"
    )
    name = f"{best.run.name} / {best.row.rung}"
    others = [pair for pair in pairs if name in (pair.first, pair.second)]
    if not others:
        return f"{said}."
    tied = [pair.second if pair.first == name else pair.first for pair in others if pair.p_value >= DOUBT]
    if tied:
        return f"{said}; the test pictures cannot tell it from {joined(tied)}."
    if len(others) < sum(part.is_finished for part in parts) - 1:  # some could not be compared
        beaten = joined([pair.second if pair.first == name else pair.first for pair in others])
    else:
        beaten = f"the best of {'the other run' if len(others) == 1 else 'every other run'}"
    return f"{said}, better than {beaten} beyond what chance explains."


def _warnings(parts: Sequence[RunPart]) -> tuple[str, ...]:
    said = [f"{part.name} did not finish and has no row." for part in parts if not part.is_finished]
    splits = {part.split_hash for part in parts if part.is_finished}
    if len(splits) > 1:
        said.append(f"There are {len(splits)} different test splits here: compare rows with the same split only.")
    said += [
        f"The test split of {part.name} was opened {often(part.n_openings)}: its later numbers are less honest."
        for part in parts
        if part.n_openings > 1
    ]
    n_same = max((sum(part.split_hash == split for part in parts) for split in splits), default=0)
    if n_same > 2:
        said.append(
            f"{n_same} runs were judged on the same test pictures: whoever picks the best of them chooses on the test "
            "split, and its number is a little too good."
        )
    return tuple(said)


def _differences(evidences: Sequence[Evidence]) -> tuple[Difference, ...]:
    """List what was asked otherwise, and of what one run was not asked what came of it there."""
    flat = [_asked(evidence.experiment) for evidence in evidences]
    names = dict.fromkeys(chain.from_iterable(flat))
    return tuple(
        Difference(
            name=name,
            values=tuple(
                values[name] if name in values else _not_given(evidence, name)
                for values, evidence in zip(flat, evidences, strict=True)
            ),
        )
        for name in names
        if len({values.get(name) for values in flat}) > 1
    )


def _asked(experiment: Experiment) -> dict[str, str]:
    flat = _flattened({key: v for key, v in asdict(experiment).items() if key not in _NOT_ASKED})
    flat["rungs"] = ", ".join(experiment.rungs)
    return flat | {f"machine.{key}": value for key, value in experiment.machine.items()}


def _not_given(evidence: Evidence, name: str) -> str:
    """Say what a run has where another one was given a setting: what was chosen, or nothing of the kind."""
    rung, _, name = name.partition(".")
    if rung not in evidence.experiment.rungs:  # or it is no rung but the machine, of which this was not written down
        return NOTHING
    selection = evidence.selections.get(rung)
    known = next((row.settings for row in evidence.rows if row.rung == rung), {})
    how = "not given"  # a default, or what a time budget left of it
    if selection and name in selection.varied:
        how, known = "chosen", {**known, **selection.candidates[selection.chosen]}
    return f"{how}: {setting(known[name])}" if name in known else how


def _flattened(plain: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in plain.items():
        if isinstance(value, Mapping):
            found |= _flattened(value, f"{prefix}{key}.")
        else:
            found[f"{prefix}{key}"] = setting(value)
    return {key.removeprefix("settings."): value for key, value in found.items()}


def verdict(pair: Comparison) -> str:
    """Say of two rungs which is better, or that nobody can tell."""
    if pair.p_value >= DOUBT:
        return f"cannot be told apart ({p_value(pair.p_value)})"
    return f"{pair.first} is better ({p_value(pair.p_value)})"
