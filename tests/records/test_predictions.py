import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from linnet.errors import PredictionsError, RunError
from linnet.records.manifest import texts_of
from linnet.records.predictions import Predictions


def predictions_of(probabilities, labels, class_names=("owl", "tit", "emu")):
    p = np.array(probabilities, dtype=np.float32).reshape(len(labels), len(class_names))
    ids = texts_of([f"{i}.png" for i in range(len(labels))])
    return Predictions(ids=ids, labels=np.array(labels, dtype=np.int64), probabilities=p, class_names=class_names)


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20))
def test_predictions_come_back_to_the_bit(tmp_path_factory, firsts):
    p = np.array([[x, np.float32(1) - np.float32(x)] for x in firsts], dtype=np.float32)
    written = predictions_of(p, [0] * len(firsts), ("one, of two", 'the "other"\r\n'))
    path = tmp_path_factory.getbasetemp() / "predictions.csv"
    written.write(path)
    back = Predictions.read(path)
    assert back.probabilities.tobytes() == written.probabilities.tobytes()
    assert (back.ids.tolist(), back.labels.tolist()) == (written.ids.tolist(), written.labels.tolist())
    assert back.class_names == written.class_names


def test_many_random_probabilities_come_back_to_the_bit(tmp_path):
    p = np.random.Generator(np.random.PCG64(0)).dirichlet(np.full(50, 0.05), size=200)
    written = predictions_of(p, [0] * 200, tuple(str(k) for k in range(50)))
    written.write(tmp_path / "p.csv")
    assert Predictions.read(tmp_path / "p.csv").probabilities.tobytes() == written.probabilities.tobytes()


def test_the_file_names_classes_and_never_numbers_them(tmp_path):
    predictions_of([[0.25, 0.5, 0.25], [1, 0, 0]], [2, 0]).write(tmp_path / "p.csv")
    with (tmp_path / "p.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["id", "label", "prediction", "owl", "tit", "emu"]
    assert rows[1] == ["0.png", "emu", "tit", "0.25", "0.5", "0.25"]
    assert rows[2] == ["1.png", "owl", "owl", "1", "0", "0"]


def test_no_predictions_come_back_as_none(tmp_path):
    predictions_of([], []).write(tmp_path / "p.csv")
    back = Predictions.read(tmp_path / "p.csv")
    assert back.probabilities.shape == (0, 3)
    assert len(back) == 0
    assert back.predicted.shape == (0,)


def test_among_equal_probabilities_the_smallest_index_is_predicted():
    p = predictions_of([[0.25, 0.375, 0.375], [0.5, 0, 0.5]], [1, 2])
    assert p.predicted.tolist() == [1, 0]
    assert p.correct.tolist() == [True, False]


@pytest.mark.parametrize(
    ("probabilities", "labels", "says"),
    [
        ([[0.5, 0.4, 0.2]], [0], "sum to 1"),
        ([[float("nan"), 0.5, 0.5]], [0], "sum to 1"),
        ([[1.5, -0.5, 0.0]], [0], "must not be negative"),
        ([[1, 0, 0]], [3], r"must lie in 0 \.\. 2; they reach 3 \.\. 3"),
        ([[1, 0, 0]], [-1], "must lie in"),
    ],
)
def test_what_is_no_probability_or_no_class_is_refused(probabilities, labels, says):
    with pytest.raises(PredictionsError, match=says):
        predictions_of(probabilities, labels)


def test_lengths_that_differ_are_refused():
    with pytest.raises(PredictionsError, match="2 ids and 3 classes"):
        Predictions(
            ids=texts_of(["a", "b"]),
            labels=np.zeros(2, dtype=np.int64),
            probabilities=np.full((2, 2), 0.5, dtype=np.float32),
            class_names=("owl", "tit", "emu"),
        )


def test_a_class_named_twice_is_refused():
    with pytest.raises(PredictionsError, match="name of its own"):
        predictions_of([[0.5, 0.5]], [0], ("owl", "owl"))


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("id,label\n", PredictionsError, "should have the columns"),
        ("id,label,prediction,owl\na,emu,owl,1\n", PredictionsError, "has the label 'emu'"),
        ("id,label,prediction,owl\na,owl,owl,high\n", PredictionsError, "no number"),
        ("id,label,prediction,owl\na,owl,owl\n", RunError, "damaged"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, text, error, says):
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(error, match=says):
        Predictions.read(tmp_path / "p.csv")
