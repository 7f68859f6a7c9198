import json

import pytest

from linnet.errors import RunError
from linnet.records.evaluation import Bin, Calibration, ClassMeasures, Evaluation, Measure, OperatingCurve


def calibration(loss):
    measure = Measure(value=0.125, low=0.0625, high=0.25)
    bins = (
        Bin(low=0.0, high=0.5, n=0, confidence=None, accuracy=None),
        Bin(low=0.5, high=1.0, n=4, confidence=0.75, accuracy=0.5),
    )
    return Calibration(
        log_loss=Measure(value=loss),
        brier_score=measure,
        expected=measure,
        maximum=measure,
        classwise=measure,
        bins=bins,
    )


def class_row(name, **changes):
    plain = dict.fromkeys(("precision", "recall", "recall_low", "recall_high", "f1", "roc_area", "average_precision"))
    return ClassMeasures(
        name=name, **{"n": 4, "n_predicted": 0, "n_right": 0, "calibration_error": 0.5, **plain, **changes}
    )


@pytest.fixture
def evaluation():
    return Evaluation(
        rung="cnn",
        split="test",
        n=4,
        confidence=0.95,
        n_draws=1000,
        measures={"accuracy": Measure(value=0.5, low=0.15, high=0.85), "cohens_kappa": Measure(value=None)},
        calibration=calibration(0.5),
        temperature=1.5,
        uncalibrated=calibration(0.75),
        classes=(class_row("鳥", precision=0.5, f1=0.5), class_row("<script>alert(1)</script>")),
        roc=(OperatingCurve(name="鳥", x=(0.0, 0.5, 1.0), y=(0.0, 0.75, 1.0)),),
        precision_recall=(),
    )


def test_an_evaluation_comes_back(tmp_path, evaluation):
    evaluation.write(tmp_path / "evaluation-test.json")
    assert Evaluation.read(tmp_path / "evaluation-test.json") == evaluation


def test_one_without_a_temperature_comes_back(tmp_path, evaluation):
    object.__setattr__(evaluation, "temperature", None)
    object.__setattr__(evaluation, "uncalibrated", None)
    evaluation.write(tmp_path / "evaluation-test.json")
    assert Evaluation.read(tmp_path / "evaluation-test.json") == evaluation


def test_what_is_not_defined_is_null_and_names_are_as_they_are(tmp_path, evaluation):
    evaluation.write(tmp_path / "evaluation-test.json")
    text = (tmp_path / "evaluation-test.json").read_text(encoding="utf-8")
    plain = json.loads(text)
    assert plain["format"] == 1
    assert plain["measures"]["cohens_kappa"] == {"value": None, "low": None, "high": None}
    assert plain["classes"][1]["precision"] is None
    assert "鳥" in text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda plain: plain.update(format=2), "install a newer one"),
        (lambda plain: plain.pop("measures"), "measures"),
        (lambda plain: plain["classes"][0].pop("recall"), r"classes\.0\.recall"),
        (lambda plain: plain["calibration"]["bins"][1].update(n="four"), r"calibration\.bins\.1\.n"),
        (lambda plain: plain["measures"]["accuracy"].update(value="half"), r"measures\.accuracy\.value"),
    ],
)
def test_a_damaged_or_newer_one_is_refused(tmp_path, evaluation, change, says):
    path = tmp_path / "evaluation-test.json"
    evaluation.write(path)
    plain = json.loads(path.read_text(encoding="utf-8"))
    change(plain)
    path.write_text(json.dumps(plain))
    with pytest.raises(RunError, match=says):
        Evaluation.read(path)


def test_a_missing_one_is_refused(tmp_path):
    with pytest.raises(RunError, match="incomplete"):
        Evaluation.read(tmp_path / "evaluation-test.json")
