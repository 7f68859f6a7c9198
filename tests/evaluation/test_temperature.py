import numpy as np
import pytest
import torch
from scipy.special import log_softmax, softmax

import toys
from linnet.classifiers.base import create, load
from linnet.classifiers.tempering import tempered
from linnet.evaluation import calibration, climbing, metrics, temperature
from linnet.evaluation.temperature import HIGHEST, LOWEST, fit_temperature
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.manifest import texts_of
from linnet.records.predictions import Predictions
from linnet.records.run import Run
from loaded import loaded_of


def predictions_of(probabilities, labels):
    n, k = probabilities.shape
    return Predictions(
        ids=texts_of([str(i) for i in range(n)]),
        labels=np.asarray(labels, dtype=np.int64),
        probabilities=probabilities.astype(np.float32),
        class_names=tuple("abcdefghij"[:k]),
    )


def drawn(true_temperature, *, n=20_000, k=5, scale=2.0, seed=0):
    """Labels are drawn from softmax(z), and the rung says softmax(T z): its true temperature is T."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, scale, (n, k))
    labels = (softmax(logits, axis=1).cumsum(axis=1) < generator.random((n, 1))).sum(axis=1).clip(max=k - 1)
    return predictions_of(softmax(true_temperature * logits, axis=1), labels)


def loss_by_loop(said, t):
    """The mean cross-entropy with smoothed targets, written out."""
    n, k = said.probabilities.shape
    total = 0.0
    for p, label in zip(said.probabilities.astype(np.float64), said.labels.tolist(), strict=True):
        logs = log_softmax(np.log(np.maximum(p, np.finfo(np.float32).tiny)) / t)
        target = np.full(k, 1 / (n + 2) / (k - 1))
        target[label] = 1 - 1 / (n + 2)
        total -= float(target @ logs)
    return total / n


def said_with(said, t):
    return predictions_of(tempered(torch.from_numpy(said.probabilities), t).numpy(), said.labels)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("true_temperature", [0.5, 3.0])
def test_no_temperature_of_a_fine_grid_is_better(seed, true_temperature):
    said = drawn(true_temperature, n=60, k=3 + seed, seed=seed)
    found = fit_temperature(said)
    grid = np.exp(np.linspace(np.log(LOWEST), np.log(HIGHEST), 100))
    losses = [loss_by_loop(said, t) for t in grid]
    best = int(np.argmin(losses))
    assert loss_by_loop(said, found) <= min(losses) + 1e-9
    assert grid[max(0, best - 1)] <= found <= grid[min(len(grid) - 1, best + 1)]


@pytest.mark.parametrize("true_temperature", [0.3, 0.8, 1.7, 4.0])
def test_what_was_made_too_sure_or_too_unsure_is_recovered(true_temperature):
    assert fit_temperature(drawn(true_temperature)) == pytest.approx(true_temperature, rel=0.04)


@pytest.mark.parametrize("true_temperature", [0.4, 3.0])
def test_the_validation_loss_and_calibration_error_fall(true_temperature):
    said = drawn(true_temperature, n=2000)
    after = said_with(said, fit_temperature(said))
    assert (
        metrics.log_loss(after.probabilities, after.labels) < metrics.log_loss(said.probabilities, said.labels) - 0.05
    )
    errors = [calibration.expected_calibration_error(each.probabilities, each.labels) for each in (said, after)]
    assert errors[1] < errors[0] / 3
    assert np.array_equal(after.predicted, said.predicted)


def test_other_pictures_of_the_same_kind_gain_too():
    found = fit_temperature(drawn(3.0, n=500, seed=1))
    other = drawn(3.0, n=2000, seed=2)
    after = said_with(other, found)
    assert metrics.log_loss(after.probabilities, after.labels) < metrics.log_loss(other.probabilities, other.labels)


@pytest.mark.parametrize("n", [20, 200, 2000])
def test_a_perfect_set_of_n_pictures_lets_one_believe_n_plus_one_of_n_plus_two(n):
    labels = np.arange(n) % 2
    said = predictions_of(np.where(np.eye(2)[labels] == 1, 0.8, 0.2), labels)
    found = fit_temperature(said)
    sure = said_with(said, found).probabilities.max(axis=1)
    # (n + 1)/(n + 2) is reached where the logits, ln 4 apart, are so far stretched: ln(n + 1) apart.
    assert found == pytest.approx(max(LOWEST, np.log(4) / np.log(n + 1)), rel=1e-4)
    assert np.allclose(sure, (n + 1) / (n + 2), atol=1e-5)


def test_what_is_sure_and_wrong_ends_at_the_highest():
    labels = np.arange(40) % 2
    assert fit_temperature(predictions_of(np.where(np.eye(2)[labels] == 1, 0.01, 0.99), labels)) == HIGHEST


def test_what_is_right_and_hardly_says_so_ends_at_the_lowest():
    labels = np.arange(40) % 2
    assert fit_temperature(predictions_of(np.where(np.eye(2)[labels] == 1, 0.501, 0.499), labels)) == LOWEST


def test_where_there_is_nothing_to_find_it_is_one():
    labels = np.arange(60) % 3
    assert fit_temperature(predictions_of(np.tile([0.5, 0.3, 0.2], (60, 1)), labels)) == 1.0
    assert fit_temperature(predictions_of(np.ones((60, 1)), np.zeros(60))) == 1.0
    few = drawn(5.0, n=19)
    assert fit_temperature(few) == 1.0
    assert fit_temperature(predictions_of(np.zeros((0, 3)), [])) == 1.0


def test_a_gain_that_chance_gives_is_not_taken():
    # Shares of classes in two folds: in each the class that is rarer in training is the more frequent one here.
    labels = np.array([0] * 31 + [1] * 29 + [0] * 29 + [1] * 31)
    shares = np.array([[0.483, 0.517]] * 60 + [[0.517, 0.483]] * 60)
    assert fit_temperature(predictions_of(shares, labels)) == 1.0
    assert fit_temperature(drawn(1.0, n=5000)) == 1.0


def test_impossible_classes_are_finite():
    labels = np.arange(50) % 3
    said = np.eye(3)[labels]
    said[:5] = np.eye(3)[(labels[:5] + 1) % 3]
    assert 1 < fit_temperature(predictions_of(said, labels)) <= HIGHEST


def test_blocks_change_nothing(monkeypatch):
    said = drawn(2.0, n=500)
    whole = fit_temperature(said)
    monkeypatch.setattr(temperature, "_BLOCK", 35)
    assert fit_temperature(said) == pytest.approx(whole, rel=1e-9)


# -- in a run ----------------------------------------------------------------------------------------------------

SPLIT = np.array(["train"] * 60 + ["valid"] * 60 + ["test"] * 60)


def climbed(folder, protocol, *, fold=None):
    data = loaded_of(toys.patterns(counts=(60, 60, 60), noise=180), SPLIT, fold)
    experiment = Experiment(
        command="climb",
        data=DataSpec(source="toy"),
        rungs=("majority", "knn", "softmax-regression"),
        protocol=protocol,
        settings={"knn": {"k": 3, "metric": "l2"}, "softmax-regression": {"penalty": 1e-4}},
    )
    run = Run.create(folder, experiment)
    assert climbing.climb(run, climbing.ladder(experiment), data) == []
    return run, data


@pytest.mark.parametrize("folds", [0, 3])
def test_each_rung_is_saved_with_the_temperature_of_its_own_validation_predictions(tmp_path, folds):
    fold = np.where(SPLIT == "test", -1, np.arange(len(SPLIT)) % 3) if folds else None
    run, _ = climbed(tmp_path / "run", Protocol(folds=folds), fold=fold)
    assert load(run.rung_folder("majority")).temperature_ == 1.0
    for name in ("softmax-regression",):
        said = run.predictions(name, "valid")
        assert len(said) == (120 if folds else 60)
        assert load(run.rung_folder(name)).temperature_ == fit_temperature(said) != 1.0
    assert run.openings == ()


def test_validation_predictions_stay_without_and_test_predictions_are_with_it(tmp_path):
    run, data = climbed(tmp_path / "run", Protocol())
    plain, _ = climbed(tmp_path / "plain", Protocol(calibrate=False))
    boards = [climbing.open_test(each, data, command="climb") for each in (run, plain)]
    for name in ("softmax-regression",):
        before = plain.predictions(name, "valid")
        assert np.array_equal(run.predictions(name, "valid").probabilities, before.probabilities)
        with_it, without = (each.predictions(name, "test") for each in (run, plain))
        found = load(run.rung_folder(name)).temperature_
        assert load(plain.rung_folder(name)).temperature_ == 1.0
        assert np.array_equal(with_it.probabilities, said_with(without, found).probabilities)
        assert np.array_equal(with_it.predicted, without.predicted)
    calibrated, uncalibrated = ({row.rung: row.log_loss for row in board.rows} for board in boards)
    assert calibrated["softmax-regression"] < uncalibrated["softmax-regression"]


def test_the_classifier_that_was_fitted_keeps_its_own():
    fitted = create("least-squares", {}).fit(toys.patterns())
    assert fitted.calibrated(2.0).temperature_ == 2.0
    assert fitted.temperature_ == 1.0
