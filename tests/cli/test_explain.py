import json
import re

import numpy as np
import pytest
from PIL import Image

from linnet.records.inquiry import Inquiry
from panels import in_catalog


@pytest.fixture(autouse=True)
def entries(monkeypatch):
    in_catalog(monkeypatch)


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "eight.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20), dtype=np.uint8)).save(path)
    return path


def test_a_file_is_explained_in_a_folder_of_its_own(command, run_folder, picture, tmp_path):
    code, out, _ = command("explain", run_folder, picture, "--out", tmp_path / "out")
    assert code == 0
    assert "What least-squares says" in out
    assert "explanations.html" in out
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {
        "1.png", "1-brightness.png", "1-nearest-pixels.png", "explanations.json", "explanations.html",
    }  # fmt: skip


def test_pictures_of_the_runs_data_are_named_by_id(command, run_folder, tmp_path):
    words = ("all/00003", "all/00008", "--with", "brightness,chart", "--target", "8", "--json", "--seed", 4)
    code, out, _ = command("explain", run_folder, *words, "--out", tmp_path / "out")
    assert code == 0
    plain = json.loads(out)
    assert plain["page"] == str(tmp_path / "out" / "explanations.html")
    assert [answer["label"] for answer in plain["answers"]] == ["3", "8"]
    assert [answer["target"] for answer in plain["answers"]] == ["8", "8"]
    read = Inquiry.read(tmp_path / "out" / "explanations.json")
    assert (read.seed, [drawing.method for drawing in read.drawings]) == (4, ["chart"])
    assert sum(plain["answers"][0]["probabilities"].values()) == pytest.approx(1, abs=1e-6)


def test_without_out_folders_in_the_run_are_numbered(command, run_folder, picture):
    for number in (1, 2):
        code, _, _ = command("explain", run_folder, picture, "--with", "brightness")
        assert code == 0
        assert (run_folder / "explanations" / str(number) / "explanations.html").exists()


def test_sanity_is_said(command, run_folder, picture, tmp_path):
    words = ("--with", "brightness", "--sanity", "--out", tmp_path / "out")
    code, out, _ = command("explain", run_folder, picture, *words)
    assert code == 0
    sentence = Inquiry.read(tmp_path / "out" / "explanations.json").answers[0].drawings[0].sanity
    assert sentence
    assert sentence in re.sub(r"\s+", " ", out)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.png",), "neither|no file or folder"),
        (("all/00000",), "is in no split"),
        (("{broken}",), "no usable picture"),
        (("{picture}", "--rung", "majorty"), "did you mean 'majority'"),
        (("{picture}", "--target", "9"), "no class named '9'"),
        (("{picture}", "--with", "nearest", "--sanity"), "--sanity is said of explainers, and none is asked for"),
        (("{picture}", "--with", "brightnes"), "did you mean 'brightness'"),
        (("{picture}", "--with", "activations"), "that is layered, and least-squares is not"),
        (
            ("{picture}", "--rung", "majority", "--with", "brightness,sloped"),
            "that is differentiable, and majority is not",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(command, run_folder, picture, words, said):
    folder, broken = picture.parent, picture.parent / "broken.png"
    broken.write_bytes(picture.read_bytes()[:60])
    before = {path.name for path in folder.iterdir()}
    asked = [word.format(picture=picture, broken=broken) for word in words]
    code, out, err = command("explain", run_folder, *asked, "--out", folder / "out")
    assert code == 1
    assert out == ""
    (line,) = [line for line in err.splitlines() if line.startswith("linnet: ")]
    assert re.search(said, line)
    assert {path.name for path in folder.iterdir()} == before


def test_an_existing_folder_is_left_as_it_is(command, run_folder, picture, tmp_path):
    code, _, err = command("explain", run_folder, picture, "--out", tmp_path)
    assert code == 1
    assert "exists already" in err
    assert [path.name for path in tmp_path.iterdir()] == [picture.name]


def test_a_folder_that_is_no_run_is_refused(command, picture, tmp_path):
    code, _, err = command("explain", tmp_path / "none", picture)
    assert code == 1
    assert "There is no run folder" in err


def test_without_a_picture_it_is_a_question_of_usage(command, run_folder):
    code, _, err = command("explain", run_folder)
    assert code == 2
    assert "at least one picture" in err
