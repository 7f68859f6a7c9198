"""Time training of the textbook `cnn`: Linnet against Dataset, per-picture transforms and a DataLoader in float32.

    LINNET_DATA=... python benchmarks/training.py --repeats 5

The same network, batch size, optimizer and augmentation (pad-crop and flip) on the same pictures of CIFAR-10, one round
over 5,120 pictures after a short warm-up, in turns. Linnet runs in this process. The textbook loop runs in a process of
its own, as whoever types it has it; and once more in this one, where it profits from the C library keeping big blocks
of memory, which Linnet has asked for and which cannot be taken back. The share of the machine's peak counts three
forward passes per training picture (one forward, two backward) against the fastest of some large products measured
right behind. Targets with matrix units: 4 times the pictures per second, 40 % of the peak.
"""

import argparse
import os
import subprocess
import sys
import time
import zipfile
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch
from _measure import machine
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from torchvision import transforms

from linnet.classifiers.base import create
from linnet.classifiers.networks.cnn import build_cnn
from linnet.datasets.base import Dataset
from linnet.training import recipe
from linnet.training.anatomy.table import describe_network
from linnet.training.memory import keep_big_blocks

MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


def pictures(n):
    """Decode n training pictures of CIFAR-10, or draw random ones where it is not there."""
    source = Path(os.environ.get("LINNET_DATA", "")) / "cifar10.zip"
    labels = np.arange(n) % 10
    if not source.is_file():
        return np.random.default_rng(0).integers(0, 256, (n, 32, 32, 3), dtype=np.uint8), labels
    with zipfile.ZipFile(source) as archive:
        names = sorted(x for x in archive.namelist() if x.startswith("train/") and not x.endswith("/"))
        chosen = names[:: len(names) // n][:n]
        classes = sorted({x.split("/")[1] for x in names})
        images = [np.asarray(Image.open(archive.open(x)).convert("RGB")) for x in chosen]
    return np.stack(images), np.array([classes.index(x.split("/")[1]) for x in chosen])


class OneByOne(TorchDataset):
    """One picture at a time, as tutorials do it."""

    def __init__(self, images, labels):
        self.images, self.labels = [Image.fromarray(image) for image in images], labels
        self.transform = transforms.Compose(
            [
                transforms.RandomCrop(32, padding=4),
                transforms.RandomHorizontalFlip(),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, DEVIATION),
            ]
        )

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.images[i]), int(self.labels[i])


def textbook(images, labels, *, n_workers, batch_size):
    data = OneByOne(images, labels)
    network = build_cnn((3, 32, 32), 10)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    loss_of = nn.CrossEntropyLoss()
    started = time.perf_counter()
    for x, y in DataLoader(data, batch_size=batch_size, shuffle=True, num_workers=n_workers):
        optimizer.zero_grad()
        loss_of(network(x), y).backward()
        optimizer.step()
    return len(data) / (time.perf_counter() - started)


def textbook_apart(n, *, n_workers, batch_size):
    """Return images per second of the textbook loop in a process of its own, after a short warm-up there."""
    words = ["--apart", str(n_workers), "--pictures", str(n), "--batch-size", str(batch_size)]
    done = subprocess.run([sys.executable, __file__, *words], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def _apart(images, labels, **how):
    return textbook_apart(len(labels), **how)


def linnet(images, labels, *, batch_size, precision):
    data = Dataset.of(images.transpose(0, 3, 1, 2).copy(), labels)
    rung = create("cnn", {"batch_size": batch_size, "epochs": 1, "augment": "pad-crop,flip", "precision": precision})
    rung.fit(data)
    return rung.history_.epochs[0].images_per_second


def peak(dtype, side=4096):
    a, b = (torch.randn(side, side, dtype=dtype) for _ in range(2))
    best = 0.0
    for _ in range(5):
        started = time.perf_counter()
        a @ b
        best = max(best, 2 * side**3 / (time.perf_counter() - started))
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pictures", type=int, default=5120)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--apart", type=int, metavar="WORKERS", help="only the textbook loop; prints images per second")
    asked = parser.parse_args()
    recipe.LEAST_STEPS = 1  # one round is one round here
    images, labels = pictures(asked.pictures)
    if asked.apart is not None:
        how = {"n_workers": asked.apart, "batch_size": asked.batch_size}
        textbook(images[:512], labels[:512], **how)
        print(textbook(images, labels, **how))
        return
    print(machine())
    contestants = {
        "linnet, as the machine asks": lambda i, y: linnet(i, y, batch_size=asked.batch_size, precision="auto"),
        "linnet, float32": lambda i, y: linnet(i, y, batch_size=asked.batch_size, precision="float32"),
        **{f"textbook, {n} workers": partial(_apart, n_workers=n, batch_size=asked.batch_size) for n in (0, 2)},
        "textbook in here, 0 workers": lambda i, y: textbook(i, y, n_workers=0, batch_size=asked.batch_size),
    }
    keep_big_blocks()  # before the first of them: it cannot be taken back
    for name, run in contestants.items():
        if not name.startswith("textbook,"):
            run(images[:512], labels[:512])
    found = {name: [] for name in contestants}
    for _ in range(asked.repeats):
        for name, run in contestants.items():
            found[name].append(run(images, labels))
    best = max(median(found[name]) for name in contestants if name.startswith("textbook,"))
    for name, rates in found.items():
        print(
            f"{name:<28} {median(rates):7.0f} images/s ({min(rates):.0f} to {max(rates):.0f})   "
            f"{median(rates) / best:.2f} times the faster textbook loop"
        )
    flops = 3 * describe_network(build_cnn((3, 32, 32), 10), (3, 32, 32)).flops
    for name, dtype, who in (
        ("bfloat16", torch.bfloat16, "linnet, as the machine asks"),
        ("float32", torch.float32, "linnet, float32"),
    ):
        most, rate = peak(dtype), median(found[who])
        print(f"{name} peak {most / 1e12:.2f} TFLOP/s; {who}: {rate * flops / most:.0%} of it")


if __name__ == "__main__":
    main()
