"""A run made of nothing but records: small pictures of figures, simulated rungs, files with problems."""

import hashlib
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from linnet.records.data_facts import DataFacts
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.explanations import Explained, Explanations, RungExplanations
from linnet.records.history import Epoch, History
from linnet.records.leaderboard import Leaderboard, LeaderboardRow, Skipped
from linnet.records.learning_curve import LearningCurve, LearningPoint
from linnet.records.ledger import Opening
from linnet.records.manifest import Manifest, texts_of
from linnet.records.pictures import image_name, template_name
from linnet.records.predictions import Predictions
from linnet.records.run import Run
from linnet.records.selection import Selection
from linnet.reports.choices import explained_wanted, pictures_wanted
from measured import comparisons_of, evaluation_of

FIGURES = {  # five by seven pixels each, a row per two hexadecimal digits
    "0": "0e11131519110e", "1": "040c040404040e", "2": "0e11010204081f", "3": "1f02040201110e", "4": "02060a121f0202",
    "5": "1f101e0101110e", "6": "0608101e11110e", "7": "1f010204080808", "8": "0e11110e11110e", "9": "0e11110f01020c",
}  # fmt: skip
DIGITS = tuple(FIGURES)
SIDE = 12
STRENGTH = {"majority": 0.0, "knn": 2.6, "softmax-regression": 2.0, "two-layer": 2.7}


def png(pixels: np.ndarray) -> bytes:
    """Write (h, w) uint8 as a gray PNG, (h, w, 3) as one in color."""
    height, width = pixels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0 if pixels.ndim == 2 else 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    packed = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def figure(index: int) -> np.ndarray:
    """Draw a figure as (7, 5) float in [0, 1]."""
    rows = bytes.fromhex(FIGURES[str(index % 10)])
    return np.array([[(row >> (4 - x)) & 1 for x in range(5)] for row in rows], dtype=float)


def picture(index: int, generator: np.random.Generator) -> np.ndarray:
    """Draw a noisy figure at a random place as (SIDE, SIDE) uint8."""
    pixels = generator.uniform(0, 0.25, (SIDE, SIDE))
    y, x = generator.integers(0, SIDE - 7), generator.integers(0, SIDE - 5)
    pixels[y : y + 7, x : x + 5] += figure(index) * generator.uniform(0.5, 0.75)
    return (255 * pixels).astype(np.uint8)


def make_manifest(class_names: Sequence[str], n_per_class: int, n_problems: int) -> Manifest:
    """Number pictures 0 .. n-1 through the classes, three of five for training, one each for the other splits."""
    n = len(class_names) * n_per_class
    labels = np.arange(n) % len(class_names)
    places = np.arange(n) // len(class_names)
    split = np.array(["train", "train", "train", "valid", "test"])[places % 5]
    ids = [f"{class_names[label]}/{i:05d}.png" for i, label in enumerate(labels)]
    broken = ["unreadable", "ignored", "duplicate", "conflicting", "too large"]
    status = ["used"] * n + [broken[i % 5] for i in range(n_problems)]
    reasons = [f"reason {i}: it ends after 1,{i:03d} bytes" for i in range(n_problems)]
    return Manifest(
        id=texts_of([*ids, *(f"odd/{i:03d}.jpg" for i in range(n_problems))]),
        label=texts_of([*(class_names[label] for label in labels), *[""] * n_problems]),
        split=texts_of([*split.tolist(), *[""] * n_problems]),
        fold=np.full(n + n_problems, -1),
        group=texts_of([""] * (n + n_problems)),
        content_hash=texts_of([hashlib.sha256(name.encode()).hexdigest() for name in [*ids, *[""] * n_problems]]),
        status=texts_of(status),
        reason=texts_of([*[""] * n, *reasons]),
    )


def make_predictions(manifest: Manifest, class_names: Sequence[str], *, rung: str, split: str) -> Predictions:
    """Simulate a rung: figures that look alike are confused, and some more by chance."""
    rows = manifest.rows(split=split)
    labels = np.array([class_names.index(name) for name in manifest.label[rows]], dtype=np.int64)
    k, generator = len(class_names), np.random.default_rng(len(rung))
    shapes = np.stack([figure(i).ravel() for i in range(k)])
    alike = -np.abs(shapes[:, None] - shapes[None]).sum(axis=2) / 4
    logits = STRENGTH[rung] * (np.eye(k) + alike / 5)[labels] + generator.gumbel(0, 0.9, (len(rows), k)) * bool(
        STRENGTH[rung]
    )
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True)) + 1e-4 * (np.arange(k) == 0)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return Predictions(
        ids=manifest.id[rows],
        labels=labels,
        probabilities=probabilities.astype(np.float32),
        class_names=tuple(class_names),
    )


def make_selection(rung: str, n_folds: int) -> Selection:
    """Simulate how settings were chosen."""
    candidates: list[dict[str, Any]] = {
        "majority": [{}],
        "knn": [{"metric": m, "k": k} for m in ("l1", "l2", "cosine") for k in (1, 3, 5, 8, 10, 12, 15, 20, 50, 100)],
        "softmax-regression": [{"l2_penalty": 0.0}, *({"l2_penalty": 10.0**e} for e in range(-6, 3))],
        "two-layer": [{"activation": a, "hidden": h} for a in ("relu", "tanh") for h in (64, 128)],
    }[rung]
    generator = np.random.default_rng(1 + len(rung))
    mean = np.array([_plausible(c) for c in candidates])
    accuracy = mean[:, None] + generator.normal(0, 0.006, (len(candidates), n_folds))
    return Selection(candidates=tuple(candidates), accuracy=accuracy, chosen=int(np.argmax(accuracy.mean(axis=1))))


def _plausible(candidate: dict[str, Any]) -> float:
    if "k" in candidate:
        start = {"l1": 0.90, "l2": 0.92, "cosine": 0.94}[candidate["metric"]]
        return start - 0.02 * abs(np.log(candidate["k"] / 3)) ** 1.5
    if "l2_penalty" in candidate:
        return 0.9 - 0.006 * (np.log10(candidate["l2_penalty"] + 1e-7) + 3) ** 2
    return 0.93 + 0.0001 * candidate["hidden"] if candidate else 0.1


def make_epochs(
    train_loss: Sequence[float],
    train_accuracy: Sequence[float],
    valid_loss: Sequence[float] = (),
    valid_accuracy: Sequence[float] = (),
) -> History:
    """Make a history from its columns; without the last two there is no validation."""
    return History(
        epochs=tuple(
            Epoch(
                epoch=i + 1,
                step=10 * (i + 1),
                learning_rate=0.05,
                train_loss=loss,
                train_accuracy=train_accuracy[i],
                valid_loss=valid_loss[i] if valid_loss else None,
                valid_accuracy=valid_accuracy[i] if valid_accuracy else None,
                images_per_second=1000.0,
                seconds=0.5 * (i + 1),
            )
            for i, loss in enumerate(train_loss)
        )
    )


def make_history(n_epochs: int = 24) -> History:
    """Simulate a training that overfits: the best validation accuracy comes in the middle."""
    at = np.arange(1, n_epochs + 1)
    valid_loss = 2.2 * np.exp(-at / 4) + 0.3 + 0.01 * np.maximum(0, at - n_epochs // 2)
    valid_accuracy = 0.85 - 0.6 * np.exp(-at / 3) - 0.01 * np.maximum(0, at - n_epochs // 2)
    train_accuracy = 1 - 0.8 * np.exp(-at / 4)
    columns = (2.3 * np.exp(-at / 5), train_accuracy, valid_loss, valid_accuracy)
    return make_epochs(*(tuple(map(float, column)) for column in columns))


def make_row(rung: str, predictions: Predictions, *, p_value: float) -> LeaderboardRow:
    """Make a row whose accuracy and interval (Wilson's) are those of the predictions."""
    accuracy, n = float(predictions.correct.mean()), len(predictions)
    interval = stats.binomtest(int(predictions.correct.sum()), n).proportion_ci(method="wilson")
    cost = {"majority": (0, 0.0001, 0.0002), "knn": (0, 0.09, 0.41), "softmax-regression": (1450, 0.0058, 0.0021)}
    parameters, megabytes, milliseconds = cost.get(rung, (79_510, 0.318, 0.012))
    chance = predictions.probabilities[np.arange(n), predictions.labels].astype(np.float64)
    return LeaderboardRow(
        rung=rung,
        accuracy=accuracy,
        accuracy_low=float(interval.low),
        accuracy_high=float(interval.high),
        n=n,
        balanced_accuracy=accuracy - 0.002,
        log_loss=float(-np.log(chance).mean()),
        ece=0.031,
        fit_seconds=0.002 + 40 * megabytes,
        ms_per_image=milliseconds,
        parameters=parameters,
        megabytes=megabytes,
        tied_with_best=p_value > 0.05,
        p_value=p_value,
        settings={**make_selection(rung, 2).candidates[0]},
    )


def make_facts(manifest: Manifest, class_names: Sequence[str], name: str) -> DataFacts:
    """Describe the pictures."""
    return DataFacts(
        name=name,
        class_names=tuple(class_names),
        image_shape=(1, SIDE, SIDE),
        geometry={"size": SIDE, "fit": "crop"},
        counts=manifest.counts(),
        class_counts=manifest.class_counts(class_names),
        files={
            "n_files": 1831,
            "n_bytes": 4_530_112,
            "formats": {"PNG": 1490, "JPEG": 310},
            "modes": {"L": 1702, "RGB": 90, "I;16": 8},
            "sizes": {f"{w}x{w}": 900 // (1 + w) for w in range(12, 40)},
            "n_rotated": 3,
            "animated": 0,
            "transparent": 4,
        },
        mean=(0.1843,),
        std=(0.1725,),
        brightness=(0, 3, 40, 320, 400, 120, 17, *[0] * 13),
        duplicates={
            "exact_pairs": 3,
            "near_pairs": 9,
            "conflicts": 1,
            "leaks": {"train-test": 0},
            "examples": [[str(manifest.id[0]), str(manifest.id[len(class_names)]), "near, mirrored"]],
        },
        messages=("3 pictures were turned upright as their EXIF data asks.",),
        split_hash="5b" * 32,
    )


def make_run(
    folder: Path,
    *,
    class_names: Sequence[str] = DIGITS,
    name: str = "figures",
    n_per_class: int = 150,
    is_finished: bool = True,
    n_openings: int = 1,
    rungs: tuple[str, ...] = ("majority", "knn", "softmax-regression", "two-layer"),
    has_history: bool = True,
    has_numbers: bool = False,
) -> Run:
    """Write a whole run with the records' own methods; an unfinished one has no leaderboard and no test predictions."""
    machine = {"linnet": "0.1.0", "python": "3.11.2", "torch": "2.15.0", "processor": "two cores", "threads": "2"}
    experiment = Experiment(
        command="climb",
        data=DataSpec(source="pictures/figures.zip"),
        protocol=Protocol(folds=5),
        rungs=(*rungs, "linear-svm"),
        seed=7,
        settings={"two-layer": {"weight_decay": 0.0001}},
        machine=machine,
    )
    run = Run.create(folder, experiment)
    manifest = make_manifest(class_names, n_per_class, 31)
    manifest.write(folder / "manifest.csv")
    make_facts(manifest, class_names, name).write(folder / "data.json")
    split = "test" if is_finished else "valid"
    predictions = {rung: make_predictions(manifest, class_names, rung=rung, split=split) for rung in rungs}
    for rung, found in predictions.items():
        make_selection(rung, 5).write(run.rung_folder(rung) / "selection.csv")
        found.write(run.rung_folder(rung) / f"predictions-{split}.csv")
    if has_history and "two-layer" in rungs:
        make_history().write(run.rung_folder("two-layer") / "history.csv")
    if has_numbers:
        write_numbers(run, predictions, split)
    for i in range(n_openings):
        when = f"2026-11-{12 + i}T10:31:0{i}Z"
        run.record_opening(
            Opening(when=when, command="evaluate" if i else "climb", rungs=rungs, n=300, split_hash="5b" * 32)
        )
    explanations, heats = make_explanations(class_names, predictions)
    explanations.write(folder / "explanations.json")
    run.write_pictures(make_pictures(manifest, class_names, predictions) | heats)
    if is_finished:
        ranked = sorted(rungs, key=lambda rung: -predictions[rung].correct.mean())
        p_values = [1.0, 0.31, 0.0004, 0.0]
        rows = tuple(make_row(rung, predictions[rung], p_value=p) for rung, p in zip(ranked, p_values, strict=False))
        skipped = (Skipped(rung="linear-svm", reason="The budget of 60 s was used up."),)
        Leaderboard(rows=rows, skipped=skipped).write(folder)
    return run


def write_numbers(run: Run, predictions: dict[str, Predictions], split: str) -> None:
    """Write everything that was measured of the predictions; two-layer has a temperature, and a learning curve."""
    for rung, found in predictions.items():
        temperature = 1.7 if rung == "two-layer" else None
        evaluation = evaluation_of(found, rung=rung, split=split, temperature=temperature)
        evaluation.write(run.rung_folder(rung) / f"evaluation-{split}.json")
    comparisons_of(predictions).write(run.folder / "comparisons.json")
    make_learning_curve(0.5, 0.7, 0.85).write(run.rung_folder("two-layer") / "learning-curve.csv")


def make_learning_curve(*accuracies: float, half: float = 0.03) -> LearningCurve:
    """Make a curve of 100 pictures, then ten times as many, and so on."""
    points = (
        LearningPoint(
            n_images=100 * 10**i,
            accuracy=accuracy,
            low=accuracy - half,
            high=accuracy + half,
            n_valid=300,
            seconds=0.1 * 10**i,
        )
        for i, accuracy in enumerate(accuracies)
    )
    return LearningCurve(rung="two-layer", points=tuple(points))


def make_pictures(
    manifest: Manifest, class_names: Sequence[str], predictions: dict[str, Predictions]
) -> dict[str, bytes]:
    """Draw the pictures that the report wants, and templates of the linear rung."""
    label_of = dict(zip(manifest.id.tolist(), manifest.label.tolist(), strict=True))
    generator = np.random.default_rng(0)
    wanted = [*pictures_wanted(manifest, class_names, predictions, longest_side=SIDE), str(manifest.id[0])]
    shown = {image_name(i): png(picture(class_names.index(label_of[i]), generator)) for i in dict.fromkeys(wanted)}
    for index in range(len(class_names)):
        mean = np.mean([picture(index, generator) for _ in range(60)], axis=0)
        shown[template_name("softmax-regression", index)] = png(
            (255 * (mean - mean.min()) / np.ptp(mean)).astype(np.uint8)
        )
    return shown


def make_explanations(
    class_names: Sequence[str], predictions: dict[str, Predictions]
) -> tuple[Explanations, dict[str, bytes]]:
    """Pretend to explain the rungs that can be: orange on the figure, blue in a corner."""
    shared, own = explained_wanted(predictions)
    heats: dict[str, bytes] = {}
    rungs = []
    for rung, found in predictions.items():
        explainer = {"softmax-regression": "gradient-times-input", "two-layer": "integrated-gradients"}.get(rung, "")
        explained = []
        said = dict(zip(found.ids.tolist(), found.predicted.tolist(), strict=True))
        for image in dict.fromkeys([*shared, *own[rung]]) if explainer else ():
            name, index = f"explanations/{rung}/{len(explained)}.png", said[image]
            heats[name] = png(heat(picture(index, np.random.default_rng(len(explained)))))
            explained.append(Explained(id=image, target=class_names[index], picture=name))
        reason = "" if explainer else f"The rung {rung} has no gradient."
        rungs.append(RungExplanations(rung=rung, explainer=explainer, reason=reason, explained=tuple(explained)))
    return Explanations(shared=shared, rungs=tuple(rungs)), heats


def heat(pixels: np.ndarray) -> np.ndarray:
    """Color a gray picture as (SIDE, SIDE, 3) uint8."""
    color = np.repeat(pixels[..., None] // 2, 3, axis=2)
    color[pixels > 100] = (225, 121, 27)
    color[:3, :3] = (59, 157, 246)
    return color


@pytest.fixture
def new_run(tmp_path: Path) -> Callable[..., Run]:
    """Return a function that makes a small run in a folder of its own; see `make_run`."""
    return lambda **wanted: make_run(tmp_path / f"run-{len(list(tmp_path.iterdir()))}", **{"n_per_class": 30, **wanted})


@pytest.fixture(scope="session")
def epochs() -> Callable[..., History]:
    """Return a function that makes a history from its columns; see `make_epochs`."""
    return make_epochs


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Return one finished run that all tests share; none of them may change it."""
    return make_run(tmp_path_factory.mktemp("report") / "run", has_numbers=True)


@pytest.fixture(scope="session")
def learning_curve() -> Callable[..., LearningCurve]:
    """Return a function that makes a learning curve of accuracies; see `make_learning_curve`."""
    return make_learning_curve
