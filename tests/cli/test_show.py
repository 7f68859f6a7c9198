import dataclasses
import json
from pathlib import Path

from linnet.cli import show
from linnet.records.leaderboard import Leaderboard, LeaderboardRow, Skipped
from linnet.records.matching import Matching

ROW = LeaderboardRow(
    rung="knn",
    accuracy=0.912,
    accuracy_low=0.9,
    accuracy_high=0.92,
    n=1000,
    balanced_accuracy=0.91,
    log_loss=0.31,
    ece=0.02,
    fit_seconds=1.5,
    ms_per_image=0.25,
    parameters=0,
    megabytes=12.5,
    tied_with_best=True,
    p_value=1.0,
    settings={"k": 3, "metric": "l2"},
)
TIED = dataclasses.replace(ROW, rung="least-squares", p_value=0.4)
BEATEN = dataclasses.replace(ROW, rung="majority", accuracy=0.1, p_value=1e-9, tied_with_best=False)
BOARD = Leaderboard(rows=(ROW, TIED, BEATEN), skipped=(Skipped(rung="two-layer", reason="[too] slow"),))


def test_ties_and_skipped_rungs_are_said(capsys):
    show.leaderboard(BOARD, as_json=False)
    out = capsys.readouterr().out
    assert "91.20 %" in out
    assert "90.0 to 92.0" in out
    assert "knn cannot be told from least-squares" in out
    assert "Skipped: two-layer: [too] slow" in out


def test_few_mistakes_are_never_rounded_away(capsys):
    near = dataclasses.replace(ROW, accuracy=0.99999, accuracy_high=0.9999, balanced_accuracy=1.0, ece=0.0002)
    show.leaderboard(Leaderboard(rows=(near,)), as_json=False)
    out = capsys.readouterr().out
    assert all(said in out for said in (" 99.999 % ", " 90.0 to 99.99 ", " 100 % ", " 0.0002 "))


def test_json_is_what_the_file_holds(capsys):
    show.leaderboard(BOARD, as_json=True)
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(BOARD.to_json()))


def test_a_table_says_whose_pictures_were_scored(capsys):
    show.leaderboard(BOARD, as_json=False)
    assert "Leaderboard: 1,000 test pictures" in capsys.readouterr().out
    matching = Matching(source="[holiday] pictures", n_scored=1000, unknown={"zebra": 2}, missing=())
    elsewhere = dataclasses.replace(BOARD, matching=matching)
    show.leaderboard(elsewhere, as_json=False)
    assert "Leaderboard: 1,000 pictures of [holiday] pictures" in capsys.readouterr().out
    show.leaderboard(elsewhere, as_json=True)
    assert json.loads(capsys.readouterr().out)["matching"]["unknown"] == {"zebra": 2}


def test_a_written_path_is_shown(capsys):
    show.written(Path("somewhere/report.html"), as_json=False)
    assert "report.html" in capsys.readouterr().out
