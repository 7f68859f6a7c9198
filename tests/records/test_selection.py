import numpy as np
import pytest

from linnet.errors import RunError
from linnet.records.selection import Selection


@pytest.fixture
def selection():
    return Selection(
        candidates=({"k": 1, "metric": "l1"}, {"k": 3, "metric": "l1"}, {"k": 3, "metric": 'a "b", c'}),
        accuracy=np.array([[0.1, 0.3], [1 / 3, 0.7], [0.5, 0.5]]),
        chosen=1,
    )


def test_a_selection_comes_back_exactly(tmp_path, selection):
    selection.write(tmp_path / "selection.csv")
    back = Selection.read(tmp_path / "selection.csv")
    assert back.candidates == selection.candidates
    assert back.accuracy.tobytes() == selection.accuracy.tobytes()
    assert back.chosen == 1


def test_there_is_one_row_per_candidate_and_fold(tmp_path, selection):
    selection.write(tmp_path / "s.csv")
    lines = (tmp_path / "s.csv").read_text().splitlines()
    assert lines[0] == "candidate,fold,accuracy,chosen,settings"
    assert lines[1] == '0,0,0.1,0,"{""k"": 1, ""metric"": ""l1""}"'
    assert [line[:3] for line in lines[1:]] == ["0,0", "0,1", "1,0", "1,1", "2,0", "2,1"]


def test_the_names_that_vary_are_listed_once(selection):
    assert selection.varied == ("k", "metric")
    assert Selection(candidates=({},), accuracy=np.ones((1, 1)), chosen=0).varied == ()


def test_mean_and_spread_are_those_over_folds(selection):
    assert selection.mean == pytest.approx([0.2, (1 / 3 + 0.7) / 2, 0.5])
    # Two values a and b have the standard deviation |a - b| / sqrt(2) when divided by n - 1.
    assert selection.spread == pytest.approx([0.2 / 2**0.5, (0.7 - 1 / 3) / 2**0.5, 0])


def test_one_fold_has_no_spread():
    one = Selection(candidates=({}, {}), accuracy=np.array([[0.5], [0.6]]), chosen=1)
    assert one.spread.tolist() == [0, 0]


@pytest.mark.parametrize(
    "text",
    [
        "candidate,fold\n0,0\n",
        "candidate,fold,accuracy,chosen,settings\n",
        "candidate,fold,accuracy,chosen,settings\n0,0,high,1,{}\n",
        "candidate,fold,accuracy,chosen,settings\n0,0,0.5,1,{\n",
        "candidate,fold,accuracy,chosen,settings\n0,0,0.5,0,{}\n",
        "candidate,fold,accuracy,chosen,settings\n0,0,0.5,1,{}\n1,0,0.5,1,{}\n",
        "candidate,fold,accuracy,chosen,settings\n0,0,0.5,1,{}\n1,1,0.5,0,{}\n",
        "candidate,fold,accuracy,chosen,settings\n0,-1,0.5,1,{}\n",
        "candidate,fold,accuracy,chosen,settings\n0,0,0.5,1,{}\n0,0,0.6,1,{}\n",
    ],
    ids=["columns", "no rows", "no number", "no JSON", "none chosen", "two chosen", "a gap", "negative", "twice"],
)
def test_what_says_no_choice_is_refused(tmp_path, text):
    (tmp_path / "s.csv").write_text(text)
    with pytest.raises(RunError, match="should say how settings were chosen"):
        Selection.read(tmp_path / "s.csv")
