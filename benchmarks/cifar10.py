"""Races and curves on CIFAR-10 and the sets beside it: the textbook's curve, the fast network, and how they compare.

    LINNET_DATA=... python benchmarks/cifar10.py textbook --folder /tmp/textbook --json found.jsonl
    LINNET_DATA=... python benchmarks/cifar10.py fast --seeds 0,1,2 --json found.jsonl
    LINNET_DATA=... python benchmarks/cifar10.py pace --repeats 3 --json found.jsonl
    LINNET_DATA=... python benchmarks/cifar10.py other --name fashion-mnist --json found.jsonl

textbook: `cnn` with the textbook's recipe (Adam at 1e-4, batches of 128, pad-crop by 4 and flip, constant rate, 20
epochs), its test accuracy after each epoch beside the published one. The test pictures stand where validation pictures
would here, and decide nothing: the last weights are kept and training never ends early. Stopped, it goes on from its
checkpoint in --folder.

fast, other: `fast-cnn` fitted on all training pictures, and its test accuracy plain and with views: the logits of each
picture, twice those of the picture itself and once each of it moved by one pixel to either corner (mirrored at the
edges), the mean; where the fit flips pictures, each is the mean with its mirror image. Nothing is chosen on the way.

pace: how long the textbook's float32 loop takes for its epochs, and `fast-cnn` for its own, from a share of an epoch
each, in turns; the textbook in processes of its own, as whoever types it has it, and once more in this one, where it
profits from Linnet's setting of the C library (see training.py) and does not count. Time outside of the steps
(whitening, the flip probe) is in `fast`, not here.

Each result is printed and, with --json, appended to a file as one line, so that what is done stays done.
"""

import argparse
import ast
import json
import tempfile
import time
from pathlib import Path
from statistics import mean, median, stdev

import torch
from _measure import machine
from scipy.stats import binomtest

from linnet.classifiers.base import create
from linnet.datasets.base import Dataset
from linnet.datasets.loading import load
from linnet.records.experiment import DataSpec, Protocol
from linnet.training import recipe
from linnet.training.checkpoints import Checkpoint
from linnet.training.memory import keep_big_blocks
from linnet.training.watching import Audience
from linnet.transforms.augmentations.moving import padded
from training import pictures, textbook, textbook_apart

PUBLISHED = {1: 57.6, 2: 63.6, 3: 70.0, 4: 73.7, 5: 77.3, 20: 86.5}
"""Test accuracy in percent after so many epochs of the textbook."""

EPOCH = 50_000
"""Training pictures of CIFAR-10."""

TEXTBOOK = {
    "optimizer": "adam", "learning_rate": 1e-4, "weight_decay": 0.0, "schedule": "constant", "batch_size": 128,
    "augment": "pad-crop(padding=4),flip", "keep": "last", "patience": 0,
}  # fmt: skip


def note(asked, **row):
    """Append one result to the file of results."""
    if asked.json:
        with asked.json.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"part": asked.part, **row}) + "\n")


def read(name, n):
    """Return all training and all test pictures, or n of each, evenly spread."""
    loaded = load(DataSpec(source=name), Protocol(), seed=0)
    parts = loaded.development(), loaded.part("test")
    return tuple(part.subset(torch.arange(0, len(part), max(1, len(part) // n))[:n]) if n else part for part in parts)


def settings_of(texts):
    """Turn "epochs=9" into {"epochs": 9}."""
    found = {}
    for name, _, value in (text.partition("=") for text in texts):
        try:
            found[name] = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            found[name] = value
    return found


def interval(accuracy, n):
    """Return the Wilson interval of 95 %, in percent."""
    found = binomtest(round(accuracy * n), n).proportion_ci(method="wilson")
    return f"{100 * found.low:.2f} to {100 * found.high:.2f}"


# -- the textbook's curve ------------------------------------------------------------------------------------------


class Rounds:
    """Show each round as soon as it is judged; watches and changes nothing."""

    def __init__(self, show):
        self.show = show

    def begun(self, network, samples, *, n_steps):
        pass

    def judged(self, row, network):
        self.show(row.to_plain())

    def fared(self, row, layers, network):
        pass

    def ended(self):
        pass


def run_textbook(asked):
    train, test = read("cifar10", asked.pictures)
    settings = TEXTBOOK | {"epochs": asked.epochs, "precision": asked.precision} | settings_of(asked.set)
    rung = create("cnn", settings)

    def show(row):
        found, epoch = 100 * row["valid_accuracy"], row["epoch"]
        print(
            f"{epoch:>5}{found:>8.2f}{PUBLISHED.get(epoch, ''):>11}{100 * row['train_accuracy']:>9.2f}"
            f"{row['images_per_second']:>10.0f}{row['seconds']:>10.0f}",
            flush=True,
        )
        note(asked, test_accuracy=row["valid_accuracy"], settings=settings, **row)

    with tempfile.TemporaryDirectory() as passing:
        folder = asked.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        rung.checkpoint_in(folder)
        print("Test accuracy in percent; the test pictures decide nothing: the last weights are kept.")
        print(f"{'epoch':>5}{'test':>8}{'published':>11}{'train':>9}{'images/s':>10}{'seconds':>10}", flush=True)
        file = folder / "last.safetensors"
        for row in Checkpoint.read(file).plain["position"]["rows"] if file.exists() else ():
            show(row)
        rung.fit(train, test, seed=asked.seed, progress=Audience(watcher=Rounds(show)))
    rows = [epoch.to_plain() for epoch in rung.history_.epochs]
    last = rows[-1]["valid_accuracy"]
    print(f"{100 * last:.2f} % ({interval(last, len(test))}, n = {len(test)}) after {len(rows)} epochs")


# -- the fast network ------------------------------------------------------------------------------------------------


@torch.no_grad()
def logits_of(network, images):
    return torch.cat([network(part) for part in torch.split(images, 500)])


def views(network, images, *, mirror):
    """Return (n, k) mean logits over a picture and its two neighbors, and their mirror images."""
    h, w = images.shape[2:]
    larger = padded(images, 1, 1, "reflect")
    seen = ((0.5, images), (0.25, larger[:, :, :h, :w]), (0.25, larger[:, :, 2:, 2:]))
    total = 0.0
    for share, view in seen:
        plain = logits_of(network, view.contiguous())
        total = total + share * ((plain + logits_of(network, view.flip(-1))) / 2 if mirror else plain)
    return total


def accuracy(logits, labels):
    return float((logits.argmax(1) == labels).double().mean())


def fit_and_judge(train, test, settings, *, seed):
    """Fit once on everything, and return what came of it."""
    rung = create("fast-cnn", settings)
    started = time.perf_counter()
    rung.fit(train, seed=seed)
    seconds = time.perf_counter() - started
    mirror, rows = "flip" in rung.recipe_.augment, rung.history_.epochs
    plain = accuracy(logits_of(rung.network_, test.images), test.labels)
    seen = accuracy(views(rung.network_, test.images, mirror=mirror), test.labels)
    return {
        "seed": seed, "epochs": len(rows), "seconds": seconds, "seconds_of_steps": rows[-1].seconds,
        "images_per_second": median(row.images_per_second for row in rows), "accuracy": plain,
        "accuracy_with_views": seen, "mirrored": mirror, "augment": rung.recipe_.augment, "n": len(test),
    }  # fmt: skip


def run_fast(asked):
    name = getattr(asked, "name", "cifar10")
    train, test = read(name, asked.pictures)
    settings, rows = settings_of(asked.set), []
    for seed in (int(text) for text in asked.seeds.split(",")):
        row = fit_and_judge(train, test, settings, seed=seed)
        rows.append(row)
        note(asked, data=name, settings=settings, **row)
        print(
            f"{name}, seed {seed}: {100 * row['accuracy']:.2f} % plain, {100 * row['accuracy_with_views']:.2f} % with "
            f"views ({'mirrored too' if row['mirrored'] else 'not mirrored'}); {row['epochs']} epochs in "
            f"{row['seconds']:.1f} s, {row['seconds_of_steps']:.1f} s of them steps, "
            f"{row['images_per_second']:.0f} images/s",
            flush=True,
        )
    for kind, key in (("plain", "accuracy"), ("with views", "accuracy_with_views")):
        found = [row[key] for row in rows]
        spread = f", deviation {100 * stdev(found):.2f}" if len(found) > 1 else ""
        print(
            f"{name} {kind}: mean {100 * mean(found):.2f} % of {len(found)} seeds ({100 * min(found):.2f} to "
            f"{100 * max(found):.2f}{spread}); 95 % interval of n = {len(test)}: {interval(mean(found), len(test))}"
        )
    seconds = [row["seconds"] for row in rows]
    print(f"{name}: seconds of a fit {median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})")


# -- how they compare ------------------------------------------------------------------------------------------------


def fast_rate(data, settings):
    """Return pictures per second of one round of `fast-cnn`."""
    augment = "pad-crop(padding=2),alternating-flip"  # what the flip probe finds on the whole set
    rung = create("fast-cnn", {"augment": augment} | settings | {"epochs": 1, "keep": "last"})
    return rung.fit(data).history_.epochs[0].images_per_second


def run_pace(asked):
    settings = settings_of(asked.set)
    n_epochs = create("fast-cnn", settings).epochs
    recipe.LEAST_STEPS = 1  # one round is one round here
    keep_big_blocks()  # for everybody, and before the first of them: it cannot be taken back
    images, labels = pictures(asked.pictures or 5120)
    data = Dataset.of(images.transpose(0, 3, 1, 2).copy(), labels)
    loops = {f"textbook, {n} workers": {"n_workers": n, "batch_size": 128} for n in (0, 2)}
    here = "textbook in here, 0 workers"
    rates = {name: [] for name in ("fast-cnn", *loops, here)}
    for i in range(asked.repeats + 1):
        n = len(labels) if i else min(1000, len(labels))  # the first turn only warms up
        turn = {"fast-cnn": fast_rate(data.subset(torch.arange(n)), settings)}
        turn |= {name: textbook_apart(n, **how) for name, how in loops.items()}
        turn |= {here: textbook(images[:n], labels[:n], n_workers=0, batch_size=128)}
        if i:
            note(asked, turn=i, pictures=n, images_per_second=turn)
            for name, rate in turn.items():
                rates[name].append(rate)
    for name, found in rates.items():
        print(f"{name:<28} {median(found):7.0f} images/s ({min(found):.0f} to {max(found):.0f})")
    slow = median(rates[max(loops, key=lambda name: median(rates[name]))])
    one, ours = EPOCH / slow, n_epochs * EPOCH / median(rates["fast-cnn"])
    print(f"From {len(labels)} pictures a turn, extrapolated to epochs of {EPOCH}; the faster textbook loop counts:")
    print(f"textbook, 20 epochs: {20 * one:.0f} s; 2 epochs: {2 * one:.0f} s; 1 epoch: {one:.0f} s")
    print(f"fast-cnn, {n_epochs} epochs: {ours:.0f} s, 1/{20 * one / ours:.1f} of the textbook's 20 epochs")
    is_less = "less" if ours < 2 * one else "NOT less"
    print(f"{n_epochs} epochs of fast-cnn take {is_less} than two of the textbook's: {ours / one:.2f} of them")
    note(asked, textbook_epoch_seconds=one, fast_epochs=n_epochs, fast_seconds=ours, ratio=20 * one / ours)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    for name, run in (("textbook", run_textbook), ("fast", run_fast), ("pace", run_pace), ("other", run_fast)):
        part = parts.add_parser(name)
        part.set_defaults(run=run)
        part.add_argument("--json", type=Path, help="append each result to this file, one line each")
        part.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the network")
        part.add_argument("--pictures", type=int, default=0, help="so many only, to try the script; 0: all")
        if name in ("fast", "other"):
            part.add_argument("--seeds", default="0,1,2" if name == "fast" else "0")
        if name == "other":
            part.add_argument("--name", choices=("fashion-mnist", "mnist"), required=True)
        if name == "pace":
            part.add_argument("--repeats", type=int, default=3)
        if name == "textbook":
            part.add_argument("--epochs", type=int, default=20)
            part.add_argument("--seed", type=int, default=0)
            part.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
            part.add_argument("--folder", type=Path, help="of the checkpoint, to go on from")
    asked = parser.parse_args()
    print(machine(), flush=True)
    asked.run(asked)


if __name__ == "__main__":
    main()
