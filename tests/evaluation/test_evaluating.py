import json

import numpy as np
import pytest
from sklearn import metrics as reference

import matrices
from linnet.errors import PredictionsError, RunError
from linnet.evaluation import evaluating, operating
from linnet.evaluation.evaluating import complete, evaluate, forget_test, of_rung, without_temperature
from linnet.evaluation.intervals import wilson
from linnet.records.evaluation import Evaluation
from linnet.records.experiment import DataSpec, Experiment
from linnet.records.run import Run
from linnet.records.selection import Selection

BOOTSTRAPPED = (
    "balanced_accuracy",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "cohens_kappa",
    "matthews_correlation",
)


def numbers(predictions, **more):
    return evaluate(predictions, rung="knn", split="test", **more)


@pytest.fixture(scope="module")
def large():
    said = matrices.made(10_000, 10)
    return said, numbers(said)


def test_every_number_of_a_large_matrix_agrees_with_scikit_learn_to_a_millionth(large):
    said, found = large
    labels, predicted, p = said.labels, said.predicted, said.probabilities.astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)
    macro = reference.precision_recall_fscore_support(labels, predicted, average="macro")
    expected = {
        "accuracy": reference.accuracy_score(labels, predicted),
        "top_5_accuracy": reference.top_k_accuracy_score(labels, p, k=5),
        "balanced_accuracy": reference.balanced_accuracy_score(labels, predicted),
        "macro_precision": macro[0],
        "macro_recall": macro[1],
        "macro_f1": macro[2],
        "cohens_kappa": reference.cohen_kappa_score(labels, predicted),
        "matthews_correlation": reference.matthews_corrcoef(labels, predicted),
        "roc_area": reference.roc_auc_score(labels, p, multi_class="ovr"),
        "average_precision": reference.average_precision_score(np.eye(10)[labels], said.probabilities),
    }
    assert {name: measure.value for name, measure in found.measures.items()} == pytest.approx(expected, abs=1e-6)
    assert found.calibration.log_loss.value == pytest.approx(reference.log_loss(labels, p), abs=1e-6)
    brier = reference.brier_score_loss(labels, p, scale_by_half=False)
    assert found.calibration.brier_score.value == pytest.approx(brier, abs=1e-6)


def test_rows_of_classes_agree_with_scikit_learn(large):
    said, found = large
    rows = reference.classification_report(said.labels, said.predicted, target_names=said.class_names, output_dict=True)
    for row in found.classes:
        expected = rows[row.name]
        assert (row.precision, row.recall, row.f1) == pytest.approx(
            (expected["precision"], expected["recall"], expected["f1-score"]), abs=1e-6
        )
        assert row.n == expected["support"]
        assert (row.recall_low, row.recall_high) == wilson(row.n_right, row.n)
    assert sum(row.n_predicted for row in found.classes) == found.n == 10_000


def test_intervals_are_about_as_wide_as_theory_says_and_hold_their_numbers(large):
    said, found = large
    assert (found.measures["accuracy"].low, found.measures["accuracy"].high) == wilson(int(said.correct.sum()), 10_000)
    width = found.measures["accuracy"].high - found.measures["accuracy"].low
    for name in BOOTSTRAPPED:
        measure = found.measures[name]
        assert measure.low < measure.value < measure.high
        assert measure.high - measure.low == pytest.approx(width, rel=0.2)
    spread = np.std(-np.log(said.probabilities[np.arange(10_000), said.labels])) / 100
    loss = found.calibration.log_loss
    assert (loss.low, loss.high) == pytest.approx((loss.value - 1.96 * spread, loss.value + 1.96 * spread), abs=0.004)
    for name in ("brier_score", "expected", "maximum", "classwise"):
        measure = getattr(found.calibration, name)
        assert measure.low <= measure.value <= measure.high


@pytest.mark.parametrize("name", ["roc_area", "average_precision"])
def test_intervals_of_areas_are_about_those_of_sorting_every_draw(name):
    said = matrices.made(400, 3)
    labels, p = said.labels, said.probabilities
    of = getattr(operating, name)
    generator = np.random.default_rng(0)
    draws = []
    for _ in range(400):
        chosen = generator.integers(0, 400, 400)
        draws.append(np.mean([of(operating.sweep(p[chosen, i], labels[chosen] == i)) for i in range(3)]))
    low, high = np.quantile(draws, [0.025, 0.975])
    found = numbers(said).measures[name]
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.15 * (high - low))
    assert found.low < found.value < found.high <= 1


def test_the_same_predictions_give_the_same_record_and_another_seed_other_intervals():
    said = matrices.made(120, 4)
    assert numbers(said) == numbers(said)
    assert numbers(said).measures["macro_f1"].low != numbers(said, seed=1).measures["macro_f1"].low


def test_no_temperature_no_second_calibration():
    found = numbers(matrices.made(60, 3))
    assert found.temperature is found.uncalibrated is None


def test_with_a_temperature_calibration_is_given_without_it_too():
    logits = np.random.default_rng(0).normal(size=(500, 6)) * 4
    labels = matrices.matrix(500, 6)[1]
    plain, cooled = (np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) for z in (logits, logits / 2.5))
    found = numbers(matrices.predictions(cooled, labels), temperature=2.5)
    before = numbers(matrices.predictions(plain, labels)).calibration
    assert found.temperature == 2.5
    assert found.calibration.expected.value < found.uncalibrated.expected.value
    for name in ("log_loss", "brier_score", "expected", "classwise"):
        assert getattr(found.uncalibrated, name).value == pytest.approx(getattr(before, name).value, abs=1e-5)
        assert getattr(found.uncalibrated, name).low == pytest.approx(getattr(before, name).low, abs=1e-4)
    assert [b.n for b in found.uncalibrated.bins] == [b.n for b in before.bins]


def test_taking_a_temperature_back_keeps_zeros_and_sums():
    p = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.9, 0.1, 0]], dtype=np.float32)
    back = without_temperature(p, 2.0)
    assert back[:2].tolist() == p[:2].tolist()
    assert back[2] == pytest.approx([0.81 / 0.82, 0.01 / 0.82, 0])
    assert without_temperature(p, 1.0) == pytest.approx(p)


def test_top_5_is_given_from_six_classes_on():
    assert "top_5_accuracy" in numbers(matrices.made(30, 6)).measures
    assert "top_5_accuracy" not in numbers(matrices.made(30, 5)).measures


def test_a_class_without_pictures_and_one_that_is_never_predicted_have_none_where_nothing_is_defined():
    p = np.array([[0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.6, 0.4, 0.0]])
    found = numbers(matrices.predictions(p, [0, 0, 1], names=("ant", "bee", "cat")))
    ant, bee, cat = found.classes
    assert (ant.precision, ant.recall, ant.f1) == pytest.approx((2 / 3, 1, 0.8))
    assert (bee.precision, bee.recall, bee.f1, bee.n_predicted) == (None, 0, 0, 0)
    assert (bee.roc_area, bee.average_precision) == (1, 1)
    assert (cat.recall, cat.recall_low, cat.f1, cat.roc_area, cat.average_precision) == (None,) * 5
    assert [curve.name for curve in found.roc] == [curve.name for curve in found.precision_recall] == ["ant", "bee"]
    assert found.measures["roc_area"].value == pytest.approx((ant.roc_area + 1) / 2)


@pytest.mark.parametrize("k", [1, 2, 200])
def test_one_picture_is_enough(k, tmp_path):
    found = numbers(matrices.made(1, k))
    found.write(tmp_path / "evaluation.json")
    assert Evaluation.read(tmp_path / "evaluation.json") == found
    assert found.measures["roc_area"].value is None
    assert found.measures["matthews_correlation"].value is None
    assert sum(b.n for b in found.calibration.bins) == 1


def test_two_classes_and_one_of_them_only_in_the_truth(tmp_path):
    p, _ = matrices.matrix(40, 2)
    found = numbers(matrices.predictions(p, np.zeros(40, dtype=np.int64)))
    found.write(tmp_path / "evaluation.json")
    assert found.measures["matthews_correlation"].value is None
    assert found.measures["cohens_kappa"].value == 0
    assert found.roc == ()
    assert len(found.precision_recall) == 1


def test_saying_the_largest_class_always_is_worth_nothing_beyond_chance():
    p = np.tile(np.array([[0.8, 0.2]], dtype=np.float32), (50, 1))
    found = numbers(matrices.predictions(p, [0] * 40 + [1] * 10))
    assert found.measures["cohens_kappa"].value == found.measures["matthews_correlation"].value == 0
    assert found.measures["balanced_accuracy"].value == found.measures["roc_area"].value == 0.5


def test_200_classes_keep_the_curves_of_24(tmp_path):
    found = numbers(matrices.made(1000, 200))
    assert len(found.classes) == 200
    assert len(found.roc) == len(found.precision_recall) == 24
    found.write(tmp_path / "evaluation.json")
    assert Evaluation.read(tmp_path / "evaluation.json") == found
    assert (tmp_path / "evaluation.json").stat().st_size < 500_000


def test_nothing_cannot_be_evaluated():
    with pytest.raises(PredictionsError, match="predictions of knn have none"):
        numbers(matrices.predictions(np.zeros((0, 3)), []))


# -- what a run lacks ----------------------------------------------------------------------------------------------


@pytest.fixture
def run(tmp_path):
    made = Run.create(
        tmp_path / "run", Experiment(command="climb", data=DataSpec(source="digits"), rungs=("majority", "knn"))
    )
    for seed, rung in enumerate(("majority", "knn")):
        Selection(candidates=({},), accuracy=np.ones((1, 1)), chosen=0).write(made.rung_folder(rung) / "selection.csv")
        p, _ = matrices.matrix(50, 3, seed=seed)
        for split in ("valid", "test"):
            said = matrices.predictions(p, matrices.matrix(50, 3)[1])
            said.write(made.rung_folder(rung) / f"predictions-{split}.csv")
    return made


def describe_model(run, rung, plain):
    (run.rung_folder(rung) / "model.json").write_text(json.dumps(plain))


def test_a_run_is_completed_with_all_its_numbers(run):
    assert run.evaluation("knn", "test") is run.comparisons is None
    complete(run)
    for rung in ("majority", "knn"):
        for split in ("valid", "test"):
            found = run.evaluation(rung, split)
            assert found == evaluate(run.predictions(rung, split), rung=rung, split=split)
    assert {(pair.first, pair.second) for pair in run.comparisons.pairs} == {("majority", "knn")}


def test_what_is_there_is_neither_read_nor_made_again(run, monkeypatch):
    complete(run)
    run.comparisons_file.unlink()
    place = run.evaluation_file("knn", "valid")
    place.write_text("mine")
    monkeypatch.setattr(evaluating, "evaluate", None)
    complete(run)
    assert place.read_text() == "mine"
    assert run.comparisons is not None


def test_a_run_without_test_predictions_has_no_comparisons(run):
    for rung in ("majority", "knn"):
        (run.rung_folder(rung) / "predictions-test.csv").unlink()
    complete(run)
    assert run.comparisons is None
    assert run.evaluation("knn", "valid") is not None


def test_the_temperature_of_a_model_counts_on_test_pictures_only(run):
    describe_model(run, "knn", {"format": 1, "temperature": 1.5})
    complete(run)
    assert run.evaluation("knn", "test").temperature == 1.5
    assert run.evaluation("knn", "test").uncalibrated is not None
    assert run.evaluation("knn", "valid").temperature is None
    assert run.evaluation("majority", "test").temperature is None


@pytest.mark.parametrize("plain", [{}, {"temperature": None}, {"temperature": "warm"}, []])
def test_a_model_that_says_nothing_of_a_temperature_has_none(run, plain):
    describe_model(run, "knn", plain)
    assert of_rung(run, "knn", matrices.made(20, 3), split="elsewhere").temperature is None


def test_numbers_of_an_earlier_opening_are_forgotten_and_those_of_validation_stay(run):
    complete(run)
    forget_test(run)
    assert run.comparisons is run.evaluation("knn", "test") is None
    assert run.evaluation("knn", "valid") is not None
    forget_test(run)


def test_test_predictions_of_different_pictures_are_refused(run):
    matrices.made(7, 3).write(run.rung_folder("knn") / "predictions-test.csv")
    with pytest.raises(PredictionsError, match="majority has 50 pictures and knn 7"):
        complete(run)


def test_damaged_predictions_are_refused_in_one_sentence_or_passed_over(run):
    (run.rung_folder("knn") / "predictions-test.csv").write_text("id,label\n")
    with pytest.raises(PredictionsError, match=r"predictions-test\.csv"):
        complete(run)
    complete(run, lenient=True)
    assert run.evaluation("knn", "test") is None
    assert run.evaluation("majority", "test") is not None
    assert run.evaluation("knn", "valid") is not None
    assert run.comparisons.pairs == ()


def test_a_damaged_description_of_a_model_is_refused_or_its_rung_passed_over(run):
    (run.rung_folder("knn") / "model.json").write_text("{")
    with pytest.raises(RunError, match=r"model\.json"):
        complete(run)
    complete(run, lenient=True)
    assert run.evaluation("knn", "test") is None
    assert len(run.comparisons.pairs) == 1


def test_test_predictions_of_different_pictures_leave_a_lenient_run_without_comparisons(run):
    matrices.made(7, 3).write(run.rung_folder("knn") / "predictions-test.csv")
    complete(run, lenient=True)
    assert run.comparisons is None
    assert run.evaluation("knn", "test").n == 7


def test_a_folder_that_cannot_be_written_to_is_left_as_it_is_where_that_is_allowed(run, monkeypatch):
    def refuse(*_args, **_more):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("linnet.records.typed.write_json", refuse)
    with pytest.raises(PermissionError):
        complete(run)
    complete(run, lenient=True)
    assert run.comparisons is None
