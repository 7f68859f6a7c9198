"""A program for tests that kill it: a training that says each step, or the command line with frequent checkpoints.

    victim.py train SECONDS FOLDER N_PROCESSES     says after which step it begins, then each step that is done
    victim.py linnet SECONDS WORD...               is `linnet WORD...`

SECONDS stand between two checkpoints; "inf" leaves those at the ends of rounds.
"""

import sys
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file

import nets
import toys
from linnet.errors import LinnetError
from linnet.training import engine
from linnet.training.devices import Devices
from linnet.training.recipe import Recipe

N_STEPS = 150
"""Of the training: more than the least of any, which other processes look up for themselves."""


def say(word):
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class Steps:
    """Be a progress that says how many steps are done."""

    def __init__(self):
        self.n_done = 0

    def say(self, text):
        pass

    @contextmanager
    def task(self, text, total=None):
        assert total == N_STEPS
        yield self

    def advance(self, n=1, note=""):
        self.n_done += n
        say(self.n_done)


def train(folder, n_processes):
    """Train with dropout, augmentation, momentum, an average, and a schedule that validation moves."""
    torch.set_num_threads(1)
    recipe = Recipe(
        epochs=30, batch_size=25, optimizer="adam", learning_rate=0.003, average=0.9, schedule="plateau",
        augment="pad-crop(padding=1),flip", precision="float32",
    )  # fmt: skip
    data, valid, network = (
        toys.patterns(noise=60),
        toys.patterns(counts=(7, 7, 7), noise=60, seed=1),
        nets.network_of(0.3),
    )
    around = engine.Session(progress=Steps(), checkpoints=folder, devices=Devices(kind="cpu", count=n_processes))
    try:
        engine.train(network, data, valid, recipe, session=around)
    except LinnetError as error:
        say(error)
        sys.exit(1)
    save_file(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()}, folder / "weights.safetensors"
    )


if __name__ == "__main__":
    what, seconds, *words = sys.argv[1:]
    engine.CHECKPOINT_SECONDS = float(seconds)
    if what == "train":
        train(Path(words[0]), int(words[1]))
    else:
        from linnet import cli

        sys.exit(cli.run(words))
