"""What a process does that takes part in trainings which another one leads; `python -m` this file is such a process."""

import signal
import sys
from dataclasses import replace

from linnet.errors import LinnetError
from linnet.training import engine
from linnet.training.team import STARTED, Team, is_follower, is_in_step, is_met_by_all, launched_team

__all__ = ["dismiss", "follow", "follow_torchrun", "is_follower"]


def follow(team: Team) -> None:
    """Take part in one training after the other, until the leader has no more of them."""
    messages = team.fabric()
    while True:
        job = messages.broadcast(None)
        if job is None:
            return
        try:
            engine.take_part(job, replace(team, device=job.device))
        except LinnetError as error:
            if not is_met_by_all(error):
                raise
            continue  # the leader meets it, too, and says it


def follow_torchrun() -> None:
    """Take part in the trainings of the first process that torchrun has started, until `dismiss`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    follow(launched_team("cpu"))


def dismiss() -> None:
    """Tell the processes that torchrun has started that there is no more to do; called by the leader, at its end.

    Where they are in the middle of a training that ended in the leader alone, they end when it is gone.
    """
    if is_in_step():
        launched_team("cpu").fabric().broadcast(None)


def main(words: list[str]) -> None:
    """Follow the process that has started this one; end without a word when that one is gone."""
    from linnet.training.replicas import LocalProcesses

    # Ctrl-C reaches all processes of a terminal; the leader decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    rank, count, port = map(int, words)
    sys.stdout.write(f"{STARTED}\n")
    sys.stdout.flush()
    environment = LocalProcesses(rank=rank, count=count, port=port)
    try:
        follow(Team(device="cpu", n_local=count, environment=environment))
    except LinnetError as error:
        sys.stderr.write(f"linnet, process {rank}: {error}\n")
        sys.exit(4)
    except RuntimeError as error:
        if not _is_lost(error):
            raise
        sys.exit(3)


def _is_lost(error: Exception) -> bool:
    """Whether this is what an ended leader looks like from here."""
    text = str(error).lower()
    return any(sign in text for sign in ("connection", "gloo", "nccl", "broken pipe", "socket"))


if __name__ == "__main__":
    main(sys.argv[1:])
