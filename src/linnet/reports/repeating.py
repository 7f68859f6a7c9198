"""What a report says at its end: how to run the same again."""

from dataclasses import dataclass

from linnet.reports.evidence import Evidence


@dataclass(frozen=True, kw_only=True)
class RepeatPart:
    """Hold the command and what the numbers were made with."""

    command_line: str
    seed: int
    machine: dict[str, str]


def describe_repeating(evidence: Evidence) -> RepeatPart:
    """Say how to repeat the run."""
    experiment = evidence.experiment
    return RepeatPart(command_line=experiment.command_line(), seed=experiment.seed, machine=dict(experiment.machine))
