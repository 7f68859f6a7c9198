"""A report of ten rungs on ten thousand test pictures: light enough to be sent, and quick to make."""

import numpy as np
import pytest

from linnet.records.experiment import DataSpec, Experiment
from linnet.records.explanations import Explained, Explanations, RungExplanations
from linnet.records.leaderboard import Leaderboard, LeaderboardRow
from linnet.records.manifest import Manifest, texts_of
from linnet.records.pictures import image_name
from linnet.records.predictions import Predictions
from linnet.records.run import Run
from linnet.reports import write
from linnet.reports.choices import explained_wanted, pictures_wanted

pytestmark = pytest.mark.slow
N, K, N_RUNGS = 10_000, 10, 10
NAMES = tuple(f"class {label}" for label in range(K))


def make_manifest():
    """Twice as many pictures as in the test split, the first half for training."""
    labels = np.arange(2 * N) % K
    ids = [f"{NAMES[label]}/{i:05d}.png" for i, label in enumerate(labels)]
    return Manifest(
        id=texts_of(ids),
        label=texts_of([NAMES[label] for label in labels]),
        split=texts_of(["train"] * N + ["test"] * N),
        fold=np.full(2 * N, -1),
        group=texts_of([""] * 2 * N),
        content_hash=texts_of([f"{i * 7919 % (2 * N):064d}" for i in range(2 * N)]),
        status=texts_of(["used"] * 2 * N),
        reason=texts_of([""] * 2 * N),
    )


def make_predictions(manifest):
    generator = np.random.default_rng(0)
    labels, hard = np.arange(N) % K, generator.exponential(1, N)
    for rung in range(N_RUNGS):
        logits = (3 + rung / 2) * np.eye(K)[labels] + hard[:, None] * generator.gumbel(0, 1.2, (N, K))
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        yield Predictions(
            ids=manifest.id[N:],
            labels=labels,
            probabilities=(chances / chances.sum(axis=1, keepdims=True)).astype(np.float32),
            class_names=NAMES,
        )


def make_row(rung, found):
    accuracy = float(found.correct.mean())
    numbers = dict.fromkeys(("log_loss", "ece", "fit_seconds", "ms_per_image", "megabytes", "p_value"), 0.1)
    return LeaderboardRow(
        rung=rung,
        accuracy=accuracy,
        accuracy_low=accuracy - 0.01,
        accuracy_high=accuracy + 0.01,
        n=N,
        balanced_accuracy=accuracy,
        parameters=1000,
        tied_with_best=False,
        settings={},
        **numbers,
    )


@pytest.fixture(scope="module", params=[(28, 700, 2_500), (112, 4_000, 4_500)], ids=["small", "large"])
def run(request, tmp_path_factory):
    """A run whose pictures weigh what thumbnails do; only their weight matters here, not what they show."""
    side, weight, heat_weight = request.param
    rungs = ("majority", "knn", "least-squares", "linear-svm", "softmax-regression", "two-layer", "mlp")
    rungs = (*rungs, "cnn", "fast-cnn", "resnet")
    experiment = Experiment(command="climb", data=DataSpec(source="many"), rungs=rungs)
    run = Run.create(tmp_path_factory.mktemp("large") / "run", experiment)
    manifest = make_manifest()
    manifest.write(run.folder / "manifest.csv")
    predictions = dict(zip(rungs, make_predictions(manifest), strict=True))
    for rung, found in predictions.items():
        found.write(run.rung_folder(rung) / "predictions-test.csv")
    pixels = np.random.default_rng(0)
    shown = {
        image_name(image): b"\x89PNG" + pixels.bytes(weight)
        for image in pictures_wanted(manifest, NAMES, predictions, longest_side=side)
    }
    shared, own = explained_wanted(predictions)
    parts = []
    for rung in rungs:
        wanted = dict.fromkeys([*shared, *own[rung]])
        explained = tuple(Explained(id=i, target=NAMES[0], picture=f"{rung}/{n}") for n, i in enumerate(wanted))
        shown |= {found.picture: b"\xff\xd8\xff" + pixels.bytes(heat_weight) for found in explained}
        parts.append(RungExplanations(rung=rung, explainer="grad-cam", reason="", explained=explained))
    Explanations(shared=shared, rungs=tuple(parts)).write(run.folder / "explanations.json")
    run.write_pictures(shown)
    Leaderboard(rows=tuple(make_row(rung, found) for rung, found in predictions.items()), skipped=()).write(run.folder)
    return run


def test_the_report_weighs_less_than_five_megabytes(run):
    path = write(run)
    text = path.read_text(encoding="utf-8")
    assert text.count("data-cell=") > 900
    assert text.count('class="gallery"') == N_RUNGS
    assert path.stat().st_size < 5_000_000
