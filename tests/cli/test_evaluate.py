import json

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits


def test_the_test_split_stays_sealed(command, run_folder):
    code, out, err = command("evaluate", run_folder)
    assert code == 1
    assert out == ""
    assert "--again" in err


@pytest.fixture
def others(tmp_path):
    """Digits as files of another look, none of which the run has seen."""
    digits = load_digits()
    for i in range(300, 600):
        place = tmp_path / "others" / str(digits.target[i])
        place.mkdir(parents=True, exist_ok=True)
        pixels = (digits.images[i] * 14 + 7).astype(np.uint8)
        Image.fromarray(pixels).save(place / f"{i}.png")
    return tmp_path / "others"


def test_what_would_have_no_effect_is_refused_before_the_split_is_opened(command, run_folder, tmp_path):
    before = (run_folder / "ledger.jsonl").read_bytes()
    for words in (["--again", "--out", tmp_path / "x"], ["digits[3,8]", "--end"]):
        code, out, err = command("evaluate", run_folder, *words)
        assert (code, out) == (2, "")
        assert "leave it out" in err
    assert (run_folder / "ledger.jsonl").read_bytes() == before


def test_other_pictures_are_scored_without_opening_the_test_split(command, run_folder, others, tmp_path):
    before = (run_folder / "ledger.jsonl").read_bytes()
    code, out, _ = command("evaluate", run_folder, f"{others}[8,3]", "--out", tmp_path / "scores", "--json")
    assert code == 0
    assert json.loads(out)["rows"][0]["rung"] == "least-squares"
    assert json.loads(out)["rows"][0]["accuracy"] > 0.95
    assert (run_folder / "ledger.jsonl").read_bytes() == before
    assert (tmp_path / "scores" / "leaderboard.csv").exists()
    assert (tmp_path / "scores" / "evaluation-least-squares.json").exists()
    assert json.loads(out)["matching"] == json.loads((tmp_path / "scores" / "leaderboard.json").read_text())["matching"]


def test_pictures_of_the_test_split_under_another_name_are_refused(command, run_folder):
    before = (run_folder / "ledger.jsonl").read_bytes()
    code, out, err = command("evaluate", run_folder, "digits[8,1]")
    assert (code, out) == (1, "")
    assert "of the test split of" in " ".join(err.split())
    assert (run_folder / "ledger.jsonl").read_bytes() == before


def test_classes_that_only_one_side_has_are_in_the_output_and_said(command, run_folder, others):
    code, out, err = command("evaluate", run_folder, f"{others}[5,8,1]", "--json")
    assert code == 0
    matching = json.loads(out)["matching"]
    assert (matching["unknown"].keys(), matching["missing"]) == ({"5", "1"}, ["3"])
    assert json.loads(out)["rows"][0]["n"] == matching["n_scored"] == len(list((others / "8").iterdir()))
    assert "Classes of the run without a picture here: 3." in " ".join(err.split())


def test_pictures_of_other_classes_alone_are_refused(command, run_folder):
    code, out, err = command("evaluate", run_folder, "digits[5,1]")
    assert (code, out) == (1, "")
    assert "name the folders as the run names its classes" in " ".join(err.split())


def test_an_existing_folder_is_not_written_over(command, run_folder, tmp_path):
    code, _, err = command("evaluate", run_folder, "digits[8,3]", "--out", tmp_path)
    assert code == 1
    assert "exists already" in err
