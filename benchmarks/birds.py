"""Birds against airplanes: fully connected and convolutional networks in one table, also on shifted test pictures.

    LINNET_DATA=... python benchmarks/birds.py --json found.jsonl

The mlp presets, 3072-512-2 and 3072-1024-512-128-2 with Tanh, learn as textbooks have it: plain descent at 0.01 in
batches of 64 for 100 epochs, nothing else, no augmentation. `mlp`, `cnn` and `fast-cnn` learn as they come; the last
two also without augmentation, so that what is left is the layers' own. All are fitted on all 10,000 training pictures
and keep their last weights, so nothing is chosen by the 2,000 test pictures. Shifted pictures are moved by so many
pixels to each of the four corners, mirrored at the edges: the mean over the four.
"""

import argparse
import json
import time
from pathlib import Path

import torch
from _measure import machine
from cifar10 import interval, read

from linnet.classifiers.base import create
from linnet.transforms.augmentations.moving import moved

DESCENT = {
    "activation": "tanh", "dropout": 0.0, "batch_norm": False, "augment": "none", "optimizer": "sgd", "momentum": 0.0,
    "learning_rate": 0.01, "weight_decay": 0.0, "schedule": "constant", "batch_size": 64, "epochs": 100,
}  # fmt: skip

NETWORKS = {
    "mlp 512": ("mlp", DESCENT | {"hidden": (512,)}),
    "mlp 1024-512-128": ("mlp", DESCENT | {"hidden": (1024, 512, 128)}),
    "mlp": ("mlp", {}),
    "cnn": ("cnn", {}),
    "cnn plain": ("cnn", {"augment": "none"}),
    "fast-cnn": ("fast-cnn", {}),
    "fast-cnn plain": ("fast-cnn", {"augment": "none"}),
}
"""What each row is called, and what it is."""

SHIFTS = (2, 4)


def right(rung, images, labels):
    return float((rung.predict(images) == labels).double().mean())


def shifted(rung, test, distance):
    """Return the mean accuracy on pictures moved to each of the four corners."""
    n, found = len(test), []
    for down in (-distance, distance):
        for right_ in (-distance, distance):
            by = torch.full((n,), down), torch.full((n,), right_)
            images = moved(test.images, *by, reach=(distance, distance), edge="reflect")
            found.append(right(rung, images, test.labels))
    return sum(found) / len(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=NETWORKS, default=list(NETWORKS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pictures", type=int, default=0, help="so many only, to try the script; 0: all")
    parser.add_argument("--epochs", type=int, default=0, help="of all, to try the script; 0: their own")
    parser.add_argument("--json", type=Path, help="append each result to this file, one line each")
    asked = parser.parse_args()
    print(machine())
    train, test = read("cifar10[bird,airplane]", asked.pictures)
    rows = []
    for name in asked.only:
        entry, settings = NETWORKS[name]
        settings = settings | {"keep": "last"} | ({"epochs": asked.epochs} if asked.epochs else {})
        started = time.perf_counter()
        rung = create(entry, settings).fit(train, seed=asked.seed)
        seconds = time.perf_counter() - started
        row = {
            "network": name, "accuracy": right(rung, test.images, test.labels), "n": len(test), "seconds": seconds,
            "parameters": rung.n_parameters(), "augment": rung.recipe_.augment, "seed": asked.seed,
        }  # fmt: skip
        row |= {f"shifted_{distance}": shifted(rung, test, distance) for distance in SHIFTS}
        rows.append(row)
        print(f"{name}: {100 * row['accuracy']:.2f} % in {seconds:.0f} s", flush=True)
        if asked.json:
            with asked.json.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"part": "birds", **row}) + "\n")
    titles = "".join(f"{f'by {distance}':>10}{'':>9}" for distance in SHIFTS)
    print(f"\n{'network':<24}{'accuracy':>9}{'interval':>18}{titles}{'seconds':>9}{'parameters':>12}  augment")
    for row in sorted(rows, key=lambda row: -row["accuracy"]):
        falls = "".join(
            f"{100 * row[f'shifted_{d}']:>10.2f}{100 * (row[f'shifted_{d}'] - row['accuracy']):>+9.2f}" for d in SHIFTS
        )
        print(
            f"{row['network']:<24}{100 * row['accuracy']:>9.2f}{interval(row['accuracy'], row['n']):>18}{falls}"
            f"{row['seconds']:>9.0f}{row['parameters']:>12,}  {row['augment']}"
        )


if __name__ == "__main__":
    main()
