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
    assert json.loads(out)["matching"] == json.loads((tmp_path / "scores" / "leaderboard.json").read_text())["matching"]


def test_classes_that_only_one_side_has_are_in_the_output_and_said(command, run_folder):
    code, out, err = command("evaluate", run_folder, "digits[5,8,1]", "--json")
    assert code == 0
    matching = json.loads(out)["matching"]
    assert (matching["unknown"].keys(), matching["missing"]) == ({"5", "1"}, ["3"])
    assert json.loads(out)["rows"][0]["n"] == matching["n_scored"] == 174
    assert "Classes of the run without a picture here: 3." in " ".join(err.split())


def test_pictures_of_other_classes_alone_are_refused(command, run_folder):
    code, out, err = command("evaluate", run_folder, "digits[5,1]")
    assert (code, out) == (1, "")
    assert "name the folders as the run names its classes" in " ".join(err.split())


def test_an_existing_folder_is_not_written_over(command, run_folder, tmp_path):
    code, _, err = command("evaluate", run_folder, "digits[8,3]", "--out", tmp_path)
    assert code == 1
    assert "exists already" in err
