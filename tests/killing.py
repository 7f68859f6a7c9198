"""Trainings in processes of their own, for tests that kill them: starting, looking at what is left, going on."""

import math
import os
import random
import secrets
import subprocess
import sys
import time
from pathlib import Path

from safetensors.torch import load_file

from linnet.training.checkpoints import Checkpoint
from victim import N_STEPS

__all__ = ["INTERVALS", "N_STEPS", "begin", "chance", "finish", "living", "outcome", "start", "steps_of", "wait_for"]

INTERVALS = (0.0, 0.01, math.inf)
"""Seconds between checkpoints: after each step, after some, at the ends of rounds only."""


def chance():
    """Draw other moments each time; a test that fails shows from which seed."""
    seed = int(os.environ.get("LINNET_TEST_SEED") or secrets.randbelow(10**6))
    sys.stdout.write(f"LINNET_TEST_SEED={seed} draws these moments again.\n")
    return random.Random(seed)


def start(*words):
    """Start `victim.py` in a process group of its own."""
    command = [sys.executable, str(Path(__file__).with_name("victim.py")), *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)


def begin(folder, *, seconds, n_processes=1):
    """Begin the training of `victim.py`, or go on with it; return the process and the step after which it begins."""
    victim = start("train", seconds, folder, n_processes)
    return victim, int(victim.stdout.readline())


def finish(process):
    """Let a process come to its good end; return what it says until then."""
    said = process.communicate()[0]
    assert process.returncode == 0
    return said


def steps_of(folder):
    """Return how many steps the checkpoint holds; 0 where there is none."""
    file = folder / "last.safetensors"
    return Checkpoint.read(file).plain["position"]["step"] if file.exists() else 0


def outcome(folder):
    """Return to the bit all that a finished training has come to; only what clocks said is left out."""
    left = Checkpoint.read(folder / "last.safetensors")
    position = {**left.plain["position"], "seconds": None}
    clocks = ("seconds", "images_per_second")
    position["rows"] = [{name: row[name] for name in row if name not in clocks} for row in position["rows"]]
    tensors = left.tensors | {f"given.{name}": at for name, at in load_file(folder / "weights.safetensors").items()}
    return {**left.plain, "position": position}, {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}


def living(group):
    """Return the processes of a group that still run; what has ended and waits to be counted does not."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = entry.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(its_group) == group and state != "Z":
            found.add(int(entry.parent.name))
    return found


def wait_for(condition, *, seconds=60):
    """Return whether something comes true in this time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True
