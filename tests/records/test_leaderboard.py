import csv
import json
from dataclasses import replace

import pytest

from linnet.errors import RunError
from linnet.records.leaderboard import Leaderboard, LeaderboardRow, Skipped
from linnet.records.matching import Matching


def row(rung, accuracy, **changes):
    plain = {
        "accuracy_low": accuracy - 0.02,
        "accuracy_high": accuracy + 0.02,
        "n": 360,
        "balanced_accuracy": accuracy,
        "log_loss": 0.1,
        "ece": 0.01,
        "fit_seconds": 1.5,
        "ms_per_image": 0.25,
        "parameters": 650,
        "megabytes": 0.0026,
        "tied_with_best": False,
        "p_value": 0.001,
        "settings": {"k": 3, "metric": "l2"},
    }
    return LeaderboardRow(rung=rung, accuracy=accuracy, **{**plain, **changes})


@pytest.fixture
def board():
    return Leaderboard(
        rows=(row("knn", 0.98, tied_with_best=True, p_value=1.0), row("majority", 0.1, settings={})),
        skipped=(Skipped(rung="two-layer", reason="the budget was used up before it"),),
    )


def test_a_leaderboard_comes_back(tmp_path, board):
    board.write(tmp_path)
    assert Leaderboard.read(tmp_path) == board


def test_what_was_scored_of_other_pictures_comes_back_and_is_no_news_to_a_run_of_its_own(tmp_path, board):
    assert "matching" not in board.to_json()
    matching = Matching(source="other", n_scored=9, unknown={"zebra": 2}, missing=("dog",), n_unreadable=1)
    elsewhere = replace(board, matching=matching)
    elsewhere.write(tmp_path)
    assert Leaderboard.read(tmp_path) == elsewhere
    plain = json.loads((tmp_path / "leaderboard.json").read_text())
    plain["matching"].pop("missing")
    (tmp_path / "leaderboard.json").write_text(json.dumps(plain))
    with pytest.raises(RunError, match="is no leaderboard"):
        Leaderboard.read(tmp_path)


def test_the_table_has_the_promised_columns_in_order(tmp_path, board):
    board.write(tmp_path)
    with (tmp_path / "leaderboard.csv").open(newline="") as file:
        header, best, floor = csv.reader(file)
    assert ",".join(header) == (
        "rung,accuracy,accuracy_low,accuracy_high,n,balanced_accuracy,log_loss,ece,fit_seconds,ms_per_image,"
        "parameters,megabytes,tied_with_best,p_value,settings"
    )
    assert best[:2] == ["knn", "0.98"]
    assert (best[-3], floor[-3]) == ("true", "false")
    assert json.loads(best[-1]) == {"k": 3, "metric": "l2"}


def test_json_says_its_format(tmp_path, board):
    board.write(tmp_path)
    plain = json.loads((tmp_path / "leaderboard.json").read_text())
    assert plain["format"] == 1
    assert plain["skipped"] == [{"rung": "two-layer", "reason": "the budget was used up before it"}]


def test_json_is_written_last_so_that_it_says_all_is_there(tmp_path, board):
    (tmp_path / "leaderboard.csv").mkdir()
    with pytest.raises(OSError, match=r"leaderboard\.csv"):
        board.write(tmp_path)
    assert not (tmp_path / "leaderboard.json").exists()


@pytest.mark.parametrize(
    ("plain", "says"),
    [
        ({"format": 2, "rows": [], "skipped": []}, "install a newer one"),
        ({"rows": []}, "no leaderboard"),
        ({"format": 1, "rows": [{"rung": "knn"}], "skipped": []}, "no leaderboard"),
        ([], "no leaderboard"),
        ({"format": "one"}, "no leaderboard"),
    ],
)
def test_what_is_no_leaderboard_is_refused(tmp_path, plain, says):
    (tmp_path / "leaderboard.json").write_text(json.dumps(plain))
    with pytest.raises(RunError, match=says):
        Leaderboard.read(tmp_path)


def test_an_unfinished_run_has_no_leaderboard(tmp_path):
    with pytest.raises(RunError, match="incomplete"):
        Leaderboard.read(tmp_path)
