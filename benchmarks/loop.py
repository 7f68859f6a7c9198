"""Time the training loop's own overhead, and watch its memory over many rounds.

    LINNET_DATA=... python benchmarks/loop.py --repeats 5

The overhead is all but forward, loss, backward and the optimizer's step: reading, augmenting and normalizing batches,
schedules, sums, progress. It is found twice. By clocks within the same steps: rounds of `engine.train` whose forward
passes, losses, backward passes and optimizer steps are clocked, so that a machine whose speed changes from minute to
minute slows both alike; what is left of the round is overhead. And against a bare loop: the same number of steps with
the same network, optimizer, loss, precision and layout on batches that are ready as normalized floats, in turns, each
with an optimizer of its own, after a first turn that is not counted. Target: under 5 % of a step.

Memory is the process's resident size after each round, and its peak so far, of a training with validation in a process
of its own. Target: flat from the second round to the last.
"""

import argparse
import json
import subprocess
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from statistics import median
from unittest.mock import patch

import psutil
import torch
from _measure import MIB, _peak, machine
from torch.optim import optimizer as optimizers

from linnet.classifiers.base import create
from linnet.datasets.base import Dataset
from linnet.progress import SILENT
from linnet.training import engine, recipe
from linnet.training.batches import batches, one_hot
from linnet.training.kernels.swapping import QuickKernels
from linnet.training.losses.base import Loss, smoothed
from linnet.training.memory import keep_big_blocks
from linnet.training.starting import begin
from linnet.training.team import Team
from linnet.training.threads import threads_for
from training import pictures

RUNGS = ("cnn", "fast-cnn")
AUGMENT = {"cnn": "pad-crop,flip", "fast-cnn": "pad-crop(padding=2),alternating-flip"}


def toy(n):
    images, labels = pictures(n)
    return Dataset.of(images.transpose(0, 3, 1, 2).copy(), labels, [str(k) for k in range(10)])


class Ready:
    """A rung with its recipe, network and ready batches, to be trained by either loop."""

    def __init__(self, name, data):
        rung = create(name, {"epochs": 1, "augment": AUGMENT[name], "keep": "last"}).fit(data)
        self.data, self.recipe, self.network = data, rung.recipe_, rung.network_
        self.size = self.recipe.images_per_step(len(data))
        self.batches = [
            (self.network.prepared(batch.images), one_hot(batch.labels, data.n_classes))
            for batch in batches(data, size=self.size, seed=0, epoch=0)
        ]

    def linnet(self):
        """Return seconds per step of one round of the engine, by its own clock."""
        found = engine.train(self.network, self.data, None, self.recipe)
        return len(self.data) / found.epochs[0].images_per_second / len(self.batches)

    def bare(self):
        """Return seconds per step with nothing around it."""
        parts, state = begin(self.network, self.data, None, self.recipe, seed=0, team=Team(device="cpu"))
        body, optimizer = self.network.body.train(), state.optimizer
        low = parts.precision.products == "bfloat16"
        n_weights = sum(parameter.numel() for parameter in body.parameters())
        with threads_for(self.size * n_weights):
            started = time.perf_counter()
            for images, targets in self.batches:
                optimizer.zero_grad(set_to_none=True)
                with torch.autocast("cpu", torch.bfloat16, enabled=low), QuickKernels():
                    logits = body(images)
                parts.loss(logits.float(), smoothed(targets, self.recipe.label_smoothing)).backward()
                optimizer.step()
            return (time.perf_counter() - started) / len(self.batches)


def overhead(name, *, n, repeats):
    ready = Ready(name, toy(n))
    found = {"linnet": [], "bare": []}
    for i in range(repeats + 1):
        for who, seconds in found.items():
            took = getattr(ready, who)()
            if i:
                seconds.append(took)
    shares = [1 - bare / ours for ours, bare in zip(found["linnet"], found["bare"], strict=True)]
    for who, seconds in found.items():
        spread = f"{1e3 * min(seconds):.1f} to {1e3 * max(seconds):.1f}"
        print(
            f"{name:<9} {who:<7} {1e3 * median(seconds):8.1f} ms per step of {ready.size} ({spread}), "
            f"{ready.size / median(seconds):.0f} images/s"
        )
    print(
        f"{name:<9} overhead {1 - median(found['bare']) / median(found['linnet']):.1%} of a step by medians; "
        f"by turns {min(shares):.1%} to {max(shares):.1%}, median {median(shares):.1%} (target under 5 %)"
    )


class Clocks:
    """Add up the seconds inside of the network, the loss, backward passes and optimizer steps of a training.

    What is computed between rounds, such as a checkup of the layers, is none of the steps and is not counted.
    """

    def __init__(self):
        self.seconds, self.is_step = defaultdict(float), False

    def around(self, part, function):
        """Return the function with a clock on it."""

        def clocked(*args, **more):
            started = time.perf_counter()
            try:
                return function(*args, **more)
            finally:
                if self.is_step:
                    self.seconds[part] += time.perf_counter() - started

        return clocked

    def step(self, *all_of_it):
        """Learn from a batch, with the clocks on."""
        self.is_step = True
        self.learn_from(*all_of_it)
        self.is_step = False

    @contextmanager
    def on(self, network):
        """Clock what a training with this network does."""
        begun = []

        def over(*_):
            took = time.perf_counter() - begun.pop()
            if self.is_step:
                self.seconds["optimizer"] += took

        hooks = (
            optimizers.register_optimizer_step_pre_hook(lambda *_: begun.append(time.perf_counter())),
            optimizers.register_optimizer_step_post_hook(over),
        )
        self.learn_from = engine.learn_from
        with (
            patch.object(engine, "learn_from", self.step),
            patch.object(network.body, "forward", self.around("forward", network.body.forward)),
            patch.object(Loss, "totals", self.around("loss", Loss.totals)),
            patch.object(torch.Tensor, "backward", self.around("backward", torch.Tensor.backward)),
        ):
            yield self
        for hook in hooks:
            hook.remove()


def clocked(name, *, n, repeats):
    """Print what share of a round is none of what has to be."""
    ready = Ready(name, toy(n))
    shares = []
    for i in range(repeats + 1):
        with Clocks().on(ready.network) as clocks:
            found = engine.train(ready.network, ready.data, None, ready.recipe)
        seconds = found.epochs[0].seconds
        if i:
            shares.append(1 - sum(clocks.seconds.values()) / seconds)
    parts = ", ".join(f"{part} {took / seconds:.1%}" for part, took in clocks.seconds.items())
    print(
        f"{name:<9} overhead by clocks within the steps: {median(shares):.1%} ({min(shares):.1%} to {max(shares):.1%}) "
        f"of {len(shares)} rounds (target under 5 %); of the last round {parts}"
    )


class Watch(type(SILENT)):
    """Look at the memory whenever so many steps are done."""

    def __init__(self, steps_per_epoch):
        self.steps_per_epoch, self.n_steps, self.seen = steps_per_epoch, 0, []

    @contextmanager
    def task(self, title, total=None):
        yield self

    def advance(self, n=1, note=""):
        self.n_steps += n
        if n and self.n_steps % self.steps_per_epoch == 0:
            self.seen.append((psutil.Process().memory_info().rss / MIB, _peak() / MIB))


def watched(name, *, n, rounds):
    """Train in this process, and print what memory there was after each round, as JSON."""
    data = toy(n)
    rung = create(name, {"epochs": rounds, "augment": AUGMENT[name], "keep": "last"})
    watch = Watch(rung.steps_per_epoch(n))
    rung.fit(data, data.subset(torch.arange(0, n, 5)), progress=watch)
    print(json.dumps(watch.seen))


def memory(*, n, rounds):
    seen = {}
    for name in RUNGS:
        asked = [sys.executable, __file__, "--watch", name, "--pictures", str(n), "--rounds", str(rounds)]
        answer = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
        seen[name] = json.loads(answer.splitlines()[-1])
    print(f"\n{'round':>5}" + "".join(f"{name + ' MiB':>16}{'peak':>8}" for name in RUNGS))
    for i in range(rounds):
        print(f"{i + 1:>5}" + "".join(f"{seen[name][i][0]:>16.1f}{seen[name][i][1]:>8.1f}" for name in RUNGS))
    for name, rows in seen.items():
        first, last = rows[min(1, rounds - 1)], rows[-1]
        print(f"{name}: {last[0] - first[0]:+.1f} MiB from round 2 to {rounds}, peak {last[1] - first[1]:+.1f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=5120)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--clocks", action="store_true", help="only the clocks within the steps")
    parser.add_argument("--watch", choices=RUNGS, help="only train, and tell the memory after each round, as JSON")
    asked = parser.parse_args()
    recipe.LEAST_STEPS = 1  # one round is one round here
    if asked.watch:
        watched(asked.watch, n=asked.pictures, rounds=asked.rounds)
        return
    print(machine())
    keep_big_blocks()  # for both loops, and before the first of them
    for name in RUNGS:
        clocked(name, n=asked.pictures, repeats=asked.repeats)
        if not asked.clocks:
            overhead(name, n=asked.pictures, repeats=asked.repeats)
    if asked.clocks:
        return
    memory(n=min(2000, asked.pictures), rounds=asked.rounds)


if __name__ == "__main__":
    main()
