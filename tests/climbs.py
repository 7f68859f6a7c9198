"""Small climbs for tests: folders of pictures made in code, runs to compare, and ways to be stopped."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
from PIL import Image

from linnet.classifiers.majority import MajorityClassifier

QUICK = ("majority", "knn", "least-squares", "softmax-regression")


def write_pictures(folder, *, n=30, class_names=("dark", "light", "striped"), seed=0, random_labels=False):
    """Write n PNG pictures of 8 x 8 per class that can be told apart, or that cannot when labels are random."""
    generator = np.random.default_rng(seed)
    for name in class_names:
        (folder / name).mkdir(parents=True)
    for kind, name in enumerate(class_names):
        for i in range(n):
            level = (60, 190, 120)[kind % 3]
            pixels = generator.normal(level, 30, (8, 8))
            if kind % 3 == 2:
                pixels[::2] += 70
            where = class_names[generator.integers(len(class_names))] if random_labels else name
            if random_labels:
                pixels = generator.normal(128, 40, (8, 8))
            Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / where / f"{name}-{i}.png")
    return folder


def comparable(run):
    """Everything of a run that must repeat to the byte: all but times and the path of the data."""
    texts = {}
    for path in sorted(run.folder.rglob("*")):
        name = str(path.relative_to(run.folder))
        if path.is_file() and path.name not in (
            "timing.json",
            "ledger.jsonl",
            "report.html",
            "report.json",
            "experiment.toml",
        ):
            texts[name] = path.read_bytes()
    for name in ("leaderboard.json", "leaderboard.csv"):
        del texts[name]
    timed = ("fit_seconds", "ms_per_image")
    rows = [
        {k: v for k, v in vars(row).items() if k not in timed} if hasattr(row, "__dict__") else row
        for row in run.leaderboard.rows
    ]
    return texts, rows


def interrupted(*_args, **_more):
    raise KeyboardInterrupt


class Listening:
    """Collect what a user would be told."""

    def __init__(self, said):
        self.said = said

    def task(self, text, total=None):
        from linnet.progress import SILENT

        return SILENT.task(text, total)

    def say(self, text):
        self.said.append(text)


class StopsHere(MajorityClassifier):
    """Play a user who presses Ctrl-C while this rung is fitted."""

    def fit_features(self, train, *, seed, progress):
        raise KeyboardInterrupt


class StopsAt:
    """Stop after so many steps of training, as Ctrl-C would."""

    def __init__(self, steps):
        self.left = steps

    def say(self, text):
        pass

    @contextmanager
    def task(self, text, total=None):
        def advance(n=1, note=""):
            if text == "Training":
                self.left -= n
                if self.left < 0:
                    raise KeyboardInterrupt

        yield SimpleNamespace(advance=advance)
