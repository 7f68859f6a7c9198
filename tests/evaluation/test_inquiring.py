import shutil

import numpy as np
import pytest
from PIL import Image

from linnet import workbench
from linnet.errors import ConfigError, DataError, RunError, UnknownNameError, UnsupportedError
from linnet.evaluation.inquiring import Question, inquire, rung_of
from linnet.progress import SilentProgress
from linnet.records.run import Run
from panels import Nearest, in_catalog

pytestmark = pytest.mark.usefixtures("short_descent")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder, generator = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for level, name in ((60, "dark"), (190, "light")):
        (folder / name).mkdir()
        for i in range(15):
            pixels = generator.normal(level, 20, (8, 8)).clip(0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="module")
def run(pictures, tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("LINNET_CACHE", str(tmp_path_factory.mktemp("cache")))
    settings = {"mlp": {"hidden": (4,), "epochs": 1}}
    folder = tmp_path_factory.mktemp("runs") / "run"
    yield workbench.climb(pictures, rungs=("majority", "least-squares", "mlp"), settings=settings, out=folder)
    patch.undo()


@pytest.fixture(autouse=True)
def entries(monkeypatch):
    in_catalog(monkeypatch)


@pytest.fixture
def progress():
    silent = SilentProgress()
    silent.said = []
    silent.say = silent.said.append
    return silent


def methods(drawings):
    return [drawing.method for drawing in drawings]


def test_without_a_wish_the_best_rung_is_asked_by_what_suits_it(run):
    inquiry, files = inquire(run, ["dark/0.png", "light/0.png"], Question())
    assert inquiry.rung == run.leaderboard.rows[0].rung
    assert inquiry.run == "run"
    assert [answer.name for answer in inquiry.answers] == ["dark/0.png", "light/0.png"]
    assert [answer.label for answer in inquiry.answers] == ["dark", "light"]
    assert inquiry.left_out == ()
    named = {answer.file for answer in inquiry.answers}
    named |= {drawing.file for answer in inquiry.answers for drawing in answer.drawings}
    assert named == set(files)


def test_only_networks_are_looked_into_by_default(run):
    found = {rung: inquire(run, ["dark/0.png"], Question(rung=rung))[0] for rung in ("least-squares", "mlp")}
    assert methods(found["least-squares"].answers[0].drawings) == ["brightness", "nearest"]
    assert methods(found["mlp"].answers[0].drawings) == ["brightness", "nearest", "activations", "activations"]


def test_methods_come_in_the_families_order_and_once(run):
    question = Question(rung="mlp", methods=("chart", "noise", "brightness", "noise"), seed=2)
    inquiry, files = inquire(run, ["dark/0.png"], question)
    assert methods(inquiry.answers[0].drawings) == ["noise", "brightness"]
    assert methods(inquiry.drawings) == ["chart"]
    assert inquiry.seed == 2
    assert "rung-chart-lines.svg" in files


def test_the_nearest_are_those_that_the_rung_learned_from(run):
    inquiry, _ = inquire(run, ["dark/0.png"], Question(rung="least-squares"))
    n_learned = len(run.manifest.rows(split="train")) + len(run.manifest.rows(split="valid"))
    assert inquiry.answers[0].drawings[1].caption == f"dark/0.png of {n_learned}"


def test_a_named_class_is_explained(run):
    inquiry, _ = inquire(run, ["dark/0.png"], Question(target="light", methods=("brightness",)))
    assert inquiry.answers[0].target == "light"
    assert inquiry.answers[0].predicted == "dark"


@pytest.mark.parametrize(
    ("question", "error", "message"),
    [
        (Question(rung="mpl"), UnknownNameError, "did you mean 'mlp'"),
        (Question(target="lihgt"), UnknownNameError, "did you mean 'light'"),
        (Question(methods=("brightnes",)), UnknownNameError, "did you mean 'brightness'"),
        (
            Question(rung="majority", methods=("sloped",)),
            UnsupportedError,
            "that is differentiable, and majority is not",
        ),
        (
            Question(rung="majority", methods=("activations",)),
            UnsupportedError,
            "that is layered, and majority is not",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_any_picture_is_read(run, question, error, message):
    with pytest.raises(error, match=message):
        inquire(run, ["no such picture"], question)


def without_data(run, tmp_path):
    folder = shutil.copytree(run.folder, tmp_path / "copy")
    path = folder / "experiment.toml"
    source = run.experiment.data.source
    path.write_text(path.read_text(encoding="utf-8").replace(source, source + "-gone"), encoding="utf-8")
    return Run.open(folder)


def test_where_training_pictures_are_gone_the_nearest_are_left_out_and_that_is_said(run, pictures, tmp_path, progress):
    copy = without_data(run, tmp_path)
    inquiry, _ = inquire(copy, [str(pictures / "dark" / "0.png")], Question(rung="least-squares"), progress=progress)
    assert methods(inquiry.answers[0].drawings) == ["brightness"]
    (sentence,) = inquiry.left_out
    assert sentence.startswith("nearest is left out: nearest wants the pictures that the rung learned from")
    assert sentence in progress.said


def test_who_asks_for_the_nearest_by_name_is_told_why_not(run, pictures, tmp_path):
    copy = without_data(run, tmp_path)
    with pytest.raises(ConfigError, match="nearest wants the pictures"):
        inquire(copy, [str(pictures / "dark" / "0.png")], Question(methods=("nearest",)))


def test_files_of_a_folder_that_are_no_pictures_are_named(run, tmp_path, pictures, progress):
    shutil.copy(pictures / "dark" / "0.png", tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    inquiry, _ = inquire(run, [str(tmp_path)], Question(methods=("brightness",)), progress=progress)
    assert len(inquiry.answers) == 1
    assert "b.png is left out" in inquiry.left_out[0]


def test_a_run_without_a_fitted_rung_is_refused(run, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    shutil.copy(run.folder / "experiment.toml", folder)
    with pytest.raises(RunError, match="has no fitted rung"):
        rung_of(Run(folder), None)


def test_an_unfinished_run_wants_a_rung_by_name(run, tmp_path):
    folder = shutil.copytree(run.folder, tmp_path / "run")
    (folder / "leaderboard.json").unlink()
    with pytest.raises(RunError, match=r"did not finish, .* name one of majority, least-squares, mlp"):
        rung_of(Run(folder), None)
    assert rung_of(Run(folder), "least_squares") == "least-squares"


def test_the_best_rung_that_is_still_there_is_asked(run, tmp_path):
    folder = shutil.copytree(run.folder, tmp_path / "run")
    first, second, *_ = [row.rung for row in run.leaderboard.rows]
    shutil.rmtree(folder / "rungs" / first)
    assert rung_of(run, None) == first
    assert rung_of(Run(folder), None) == second


def test_a_default_panel_that_fails_is_left_out_with_its_reason(run, monkeypatch):
    def fail(self, subject):
        raise DataError("Something is odd.")

    monkeypatch.setattr(Nearest, "_draw", fail)
    inquiry, _ = inquire(run, ["dark/0.png"], Question(rung="least-squares"))
    assert inquiry.left_out == ("nearest is left out: Something is odd.",)
