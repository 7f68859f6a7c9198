"""The verbs that look and change no rung: inspect, evaluate on other pictures, report, describe, explain."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import linnet
from climbs import Listening, write_pictures
from linnet import catalog, cli, workbench
from linnet.classifiers.base import load
from linnet.errors import (
    ConfigError,
    UnknownNameError,
    UnsupportedError,
)
from linnet.records.evaluation import Evaluation


def test_another_folder_is_scored_with_classes_matched_by_name(finished, tmp_path):
    # The same classes in another order of folders, one missing and one that the run does not know.
    other = write_pictures(tmp_path / "other", n=10, class_names=("zebra", "light"), seed=5)
    for path in (other / "zebra").iterdir():
        path.unlink()
    for i in range(10):
        Image.fromarray(np.random.default_rng(i).normal(60, 30, (8, 8)).clip(0, 255).astype(np.uint8)).save(
            other / "zebra" / f"{i}.png"
        )
    said = []
    board = linnet.evaluate(finished.folder, other, out=tmp_path / "out", progress=Listening(said))
    assert {row.n for row in board.rows} == {10}
    assert any("zebra" in sentence for sentence in said)
    assert any("dark" in sentence for sentence in said)
    assert (tmp_path / "out" / "predictions-knn.csv").exists()
    numbers = Evaluation.read(tmp_path / "out" / "evaluation-knn.json")
    assert (numbers.rung, numbers.split, numbers.n) == ("knn", "other", 10)
    assert {row.rung: row for row in board.rows}["knn"].accuracy > 0.8
    assert len(finished.openings) == 1


def test_inspect_trains_nothing_and_writes_only_when_asked(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = linnet.inspect(pictures)
    assert found.facts.class_names == ("dark", "light", "striped")
    assert found.facts.counts == {"used": 90}
    assert list(tmp_path.iterdir()) == []
    linnet.inspect(pictures, out=tmp_path / "facts")
    assert {path.name for path in (tmp_path / "facts").iterdir()} == {"manifest.csv", "data.json"}


def test_report_can_be_made_again_without_the_data(finished, tmp_path):
    path = linnet.report(finished.folder, out=tmp_path / "again.html")
    assert path.read_text(encoding="utf-8") == (finished.folder / "report.html").read_text(encoding="utf-8")


def test_a_report_completes_the_numbers_of_an_older_run(finished, tmp_path):
    older = tmp_path / "older"
    shutil.copytree(finished.folder, older)
    lacking = [older / "comparisons.json", *sorted(older.glob("rungs/*/evaluation-*.json"))]
    assert len(lacking) == 1 + 2 * len(finished.rungs)
    before = [path.read_bytes() for path in lacking]
    for path in lacking:
        path.unlink()
    linnet.report(older)
    assert [path.read_bytes() for path in lacking] == before


def test_the_ladder_is_in_order_of_cost():
    names = workbench.ladder_names()
    assert names[0] == "majority"
    assert names.index("knn") < names.index("two-layer")


def test_describe_names_settings_of_a_rung_and_says_what_a_data_set_is():
    assert linnet.describe("knn").settings["k"][0] == "int"
    assert linnet.describe("digits").family == "datasets"
    with pytest.raises(UnknownNameError, match="did you mean 'digits'"):
        linnet.describe("digit")


@pytest.mark.parametrize("family", sorted(catalog.FAMILIES))
def test_every_entry_of_every_family_is_described(family):
    for name in catalog.names(family):
        found = linnet.describe(name.replace("-", "_"))
        assert (found.name, found.family, found.layers) == (name, family, None)
        assert found.about
        assert found.text
        json.dumps(found.settings)
        assert not any("linnet." in kind or "typing." in kind for kind, _ in found.settings.values())


def test_settings_of_augmentations_and_losses_come_with_their_defaults():
    assert linnet.describe("focal").settings == {"gamma": ("float", 2.0)}
    assert linnet.describe("cross-entropy").settings == {}
    assert linnet.describe("sometimes").settings == {"p": ("float", None), "of": ("Augmentation", None)}
    assert linnet.describe("sequence").settings["steps"] == ("tuple[Augmentation, ...]", [])


def test_layers_are_described_with_the_settings_asked_for():
    found = linnet.describe("mlp", input_shape=(1, 8, 8), n_classes=3, settings={"mlp": {"hidden": (5,)}})
    linear = [row["output_shape"] for row in found.layers["rows"] if row["kind"] == "Linear"]
    assert linear == [[5], [3]]
    with pytest.raises(UnsupportedError, match="those that have: mlp, fast-cnn, cnn, resnet"):
        linnet.describe("majority", input_shape=(1, 8, 8))


@pytest.mark.usefixtures("entries")
def test_pictures_are_explained_from_python(finished, pictures, tmp_path):
    file = pictures / "dark" / "dark-0.png"
    found = linnet.explain(
        finished.folder, file, rung="knn", target="light", methods=["brightness"], out=tmp_path / "x"
    )
    assert found.folder == tmp_path / "x"
    assert found.page.read_text(encoding="utf-8").startswith("<!doctype html>")
    (answer,) = found.inquiry.answers
    assert (found.inquiry.rung, answer.target) == ("knn", "light")
    said = load(finished.rung_folder("knn")).predict_proba(np.asarray(Image.open(file))[None, None]).numpy()[0]
    assert list(answer.probabilities.values()) == pytest.approx(said.tolist())


def test_methods_take_settings_in_brackets(finished, pictures, tmp_path, capsys):
    file = pictures / "dark" / "dark-0.png"
    words = [
        "explain",
        str(finished.folder),
        str(file),
        "--rung",
        "least-squares",
        "--out",
        str(tmp_path / "x"),
        "--json",
    ]
    assert cli.run([*words, "--with", "occlusion(window=3, fill=black),nearest(k=2)"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)["answers"]
    assert answer["drawings"][0]["title"] == "occlusion(window=3,fill=black)"
    assert [drawing["method"] for drawing in answer["drawings"]] == ["occlusion", "nearest"]
    plain = linnet.explain(finished.folder, file, rung="least-squares", methods=["occlusion"], out=tmp_path / "plain")
    maps = [(folder / "1-occlusion.png").read_bytes() for folder in (tmp_path / "x", plain.folder)]
    assert maps[0] != maps[1]


@pytest.mark.parametrize(
    ("methods", "error", "said"),
    [
        (["occlusion(widow=3)"], UnknownNameError, "no setting of occlusion named 'widow'; did you mean 'window'"),
        (["occlusion(window=big)"], ConfigError, r"occlusion\.window should be a valid integer"),
        (["oclusion(window=3)"], UnknownNameError, "did you mean 'occlusion'"),
        (["occlusion(window=3"], ConfigError, "A method is written like occlusion"),
        (["occlusion(window=3)", "occlusion"], ConfigError, "occlusion can be asked for once at a time"),
    ],
)
def test_methods_that_cannot_be_are_refused_before_anything_is_written(finished, tmp_path, methods, error, said):
    image_id = str(finished.manifest.id[0])
    with pytest.raises(error, match=said):
        linnet.explain(finished.folder, image_id, rung="knn", methods=methods, out=tmp_path / "x")
    assert not (tmp_path / "x").exists()


@pytest.mark.usefixtures("entries")
def test_explaining_leaves_the_run_as_it_was(finished, pictures, tmp_path):
    before = {path: path.read_bytes() for path in finished.folder.rglob("*") if path.is_file()}
    linnet.explain(finished.folder, [pictures / "dark"], methods=["brightness"], out=tmp_path / "x")
    assert {path: path.read_bytes() for path in finished.folder.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("entries")
def test_the_same_question_gets_the_same_answer(finished, tmp_path):
    image_id = str(finished.manifest.id[0])
    folders = [linnet.explain(finished.folder, [image_id], out=tmp_path / name, seed=3).folder for name in "ab"]
    one, other = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert one == other
