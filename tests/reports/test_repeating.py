"""How to run it again."""

from linnet.reports.evidence import gather
from linnet.reports.repeating import describe_repeating


def test_the_command_is_that_of_the_experiment(finished_run):
    part = describe_repeating(gather(finished_run))
    assert part.command_line == finished_run.experiment.command_line()
    assert part.command_line.startswith("linnet climb pictures/figures.zip ")


def test_seed_and_machine_are_those_of_the_experiment(finished_run):
    part = describe_repeating(gather(finished_run))
    assert (part.seed, part.machine["torch"]) == (7, "2.15.0")


def test_the_experiment_is_not_lent_out(finished_run):
    evidence = gather(finished_run)
    describe_repeating(evidence).machine.clear()
    assert evidence.experiment.machine
