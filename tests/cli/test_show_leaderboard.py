import dataclasses
import io

from rich.console import Console

from linnet.cli import show, show_leaderboard
from linnet.records.leaderboard import Leaderboard, LeaderboardRow
from linnet.records.run import Run

ROW = LeaderboardRow(
    rung="softmax-regression",
    accuracy=0.98889,
    accuracy_low=0.9718,
    accuracy_high=1.0,
    n=361,
    balanced_accuracy=1.0,
    log_loss=12.345,
    ece=0.017,
    fit_seconds=1234.5,
    ms_per_image=0.00213,
    parameters=650,
    megabytes=1234.5,
    tied_with_best=True,
    p_value=1.0,
    settings={"penalty": 0.01, "hidden": (64, 32), "views": "[none]"},
)
BOARD = Leaderboard(
    rows=(
        dataclasses.replace(ROW, rung="fast-cnn+views"),
        ROW,
        dataclasses.replace(ROW, rung="majority", accuracy=0.0997, log_loss=2.303, settings={}),
    )
)


def shown(draw, width=80):
    console = Console(file=io.StringIO(), width=width, highlight=False)
    draw(console)
    return console.file.getvalue()


def test_all_of_it_stands_in_80_columns():
    out = shown(lambda console: show_leaderboard.rows(console, BOARD))
    assert "…" not in out
    assert max(map(len, out.splitlines())) <= 80
    (line,) = [line for line in out.splitlines() if line.startswith("softmax-regression")]
    wanted = "softmax-regression = 98.89 % 97.2 to 100 100 % 12.3 0.017 1234 0.002 1234"
    assert " ".join(line.split()) == wanted


def test_every_column_has_its_heading():
    heads = shown(lambda console: show_leaderboard.rows(console, BOARD)).splitlines()[1:3]
    read = " ".join(" ".join(heads).split())
    for word in ("rung", "accuracy", "95 %", "interval", "bal-", "anced", "log-", "loss", "ece", "fit s", "MB"):
        assert word in read


def test_a_name_that_is_too_long_is_folded_and_not_cut():
    long = Leaderboard(rows=(dataclasses.replace(ROW, rung="a-rung-of-somebody-else+views"),))
    out = shown(lambda console: show_leaderboard.rows(console, long))
    assert "…" not in out
    assert "".join(line.split(" ")[0] for line in out.splitlines()[4:]) == "a-rung-of-somebody-else+views"


def test_settings_stand_below_whatever_the_width():
    chosen = {"softmax-regression": ("penalty", "hidden", "views"), "majority": ()}
    out = shown(lambda console: show_leaderboard.settings(console, BOARD, chosen), width=20)
    assert out == "Settings of softmax-regression: penalty=0.01, hidden=(64, 32), views=[none]\n"


def test_the_end_of_a_climb_is_whole_on_a_plain_terminal(run_folder, monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr(show, "_console", lambda: Console(file=out, width=80, highlight=False))
    show.finished_run(Run.open(run_folder), as_json=False)
    said = out.getvalue()
    assert "…" not in said
    assert "Settings of least-squares: ridge=" in said
    assert f"Report: {run_folder / 'report.html'}  (open it in a browser)" in said.splitlines()
