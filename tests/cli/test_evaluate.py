import json


def test_the_test_split_stays_sealed(command, run_folder):
    code, out, err = command("evaluate", run_folder)
    assert code == 1
    assert out == ""
    assert "--again" in err


def test_other_pictures_are_scored_without_opening_the_test_split(command, run_folder, tmp_path):
    before = (run_folder / "ledger.jsonl").read_bytes()
    code, out, _ = command("evaluate", run_folder, "digits[8,3]", "--out", tmp_path / "scores", "--json")
    assert code == 0
    assert json.loads(out)["rows"][0]["rung"] == "least-squares"
    assert json.loads(out)["rows"][0]["accuracy"] > 0.95
    assert (run_folder / "ledger.jsonl").read_bytes() == before
    assert (tmp_path / "scores" / "leaderboard.csv").exists()
    assert (tmp_path / "scores" / "evaluation-least-squares.json").exists()


def test_an_existing_folder_is_not_written_over(command, run_folder, tmp_path):
    code, _, err = command("evaluate", run_folder, "digits[8,3]", "--out", tmp_path)
    assert code == 1
    assert "exists already" in err
