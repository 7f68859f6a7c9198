import io
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import toys
from brightness import Brightness, Broken, Noise
from linnet.classifiers.least_squares import LeastSquares
from linnet.errors import ConfigError, DataError, UnsupportedError
from linnet.evaluation.answering import SIDE, Scene, Sheets
from linnet.evaluation.picking import Picked
from linnet.explainers import sanity
from linnet.images.heat import AGAINST, FOR, overlay
from linnet.visualizations.base import Panel
from panels import Activations, Chart, Nearest


@pytest.fixture(scope="module")
def train():
    return toys.patterns()


@pytest.fixture(scope="module")
def classifier(train):
    return LeastSquares().fit(train)


@pytest.fixture
def picked(train):
    return [Picked(name=f"{i}.png", pixels=train.images[i].numpy(), label="bee" if i else "") for i in range(3)]


@pytest.fixture
def data(train):
    return SimpleNamespace(learned_from=lambda classifier: train)


def gone(classifier):
    raise DataError("It is gone.")


def scene_of(classifier, picked, target=None, seed=0):
    return Scene.of(classifier, picked, target=target, seed=seed)


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_an_answer_is_what_the_rung_predicts(classifier, picked, train):
    answers = Sheets(scene_of(classifier, picked)).answers()
    chances = classifier.predict_proba(train.images[:3]).numpy()
    for answer, row in zip(answers, chances, strict=True):
        assert list(answer.probabilities) == list(train.class_names)
        assert list(answer.probabilities.values()) == pytest.approx(row.tolist())
        assert answer.predicted == answer.target == train.class_names[row.argmax()]
    assert [answer.name for answer in answers] == ["0.png", "1.png", "2.png"]
    assert [answer.label for answer in answers] == ["", "bee", "bee"]


def test_a_target_is_explained_for_every_picture(classifier, picked):
    sheets = Sheets(scene_of(classifier, picked, target="cat"))
    sheets.add_maps(Brightness())
    for answer in sheets.answers():
        assert answer.target == "cat"
        assert [drawing.target for drawing in answer.drawings] == ["cat"]
        assert [text for _, text in answer.drawings[0].legend] == ["for cat", "against cat"]


def test_pictures_are_kept_as_the_rung_sees_them_each_pixel_a_square(classifier, picked):
    sheets = Sheets(scene_of(classifier, picked))
    assert set(sheets.files) == {"1.png", "2.png", "3.png"}
    shown = opened(sheets.files["2.png"])
    assert shown.shape == (SIDE, SIDE, 3)
    assert (shown[:: SIDE // 8, :: SIDE // 8, 0] == picked[1].pixels[0]).all()


def test_a_map_lies_over_its_picture(classifier, picked):
    sheets = Sheets(scene_of(classifier, picked, target="ant"))
    sheets.add_maps(Brightness())
    for i, one in enumerate(picked):
        drawing = sheets.answers()[i].drawings[0]
        assert (drawing.method, drawing.file) == ("brightness", f"{i + 1}-brightness.png")
        wanted = overlay(one.pixels, one.pixels[0] / np.float32(255) - np.float32(0.5))
        shown = opened(sheets.files[drawing.file])[:: SIDE // 8, :: SIDE // 8]
        assert np.abs(shown.astype(int) - wanted).max() <= 1


def test_the_legend_names_only_what_is_there(classifier):
    bright = [Picked(name="x", pixels=np.full((1, 8, 8), 250, dtype=np.uint8))]
    dark = [Picked(name="x", pixels=np.zeros((1, 8, 8), dtype=np.uint8))]
    for picked, color in ((bright, FOR), (dark, AGAINST)):
        sheets = Sheets(scene_of(classifier, picked))
        sheets.add_maps(Brightness())
        ((css, _),) = sheets.answers()[0].drawings[0].legend
        assert css == f"rgb({color[0]}, {color[1]}, {color[2]})"


def test_a_map_of_nothing_says_so(classifier, picked, monkeypatch):
    monkeypatch.setattr(Brightness, "_explain", lambda self, classifier, images, targets, generator: 0 * images[:, 0])
    sheets = Sheets(scene_of(classifier, picked))
    sheets.add_maps(Brightness())
    drawing = sheets.answers()[0].drawings[0]
    assert drawing.legend == ()
    assert drawing.caption == "No pixel speaks for the class or against it."


def test_chance_comes_from_the_seed(classifier, picked):
    def files(seed):
        sheets = Sheets(scene_of(classifier, picked, seed=seed))
        sheets.add_maps(Noise())
        return sheets.files

    assert files(1) == files(1)
    assert files(1) != files(2)


def test_sanity_is_asked_with_the_same_pictures_targets_and_seed(classifier, picked, monkeypatch):
    asked = []

    def check(explainer, classifier, images, *, targets, seed):
        asked.append((explainer.name(), images.shape, targets.tolist(), seed))
        return SimpleNamespace(sentence="It hangs on it.")

    monkeypatch.setattr(sanity, "sanity", check)
    sheets = Sheets(scene_of(classifier, picked, target="bee", seed=4))
    sheets.add_maps(Brightness())
    sheets.add_maps(Brightness(), with_sanity=True)
    assert asked == [("brightness", (3, 1, 8, 8), [1, 1, 1], 4)]
    assert [drawing.sanity for drawing in sheets.answers()[0].drawings] == ["", "It hangs on it."]


def test_panels_about_pictures_are_drawn_for_each(classifier, picked, data):
    sheets = Sheets(scene_of(classifier, picked))
    sheets.add_panels(Nearest(), data)
    assert sheets.own == []
    for i, answer in enumerate(sheets.answers()):
        (drawing,) = answer.drawings
        assert (drawing.method, drawing.file) == ("nearest", f"{i + 1}-nearest-pixels.png")
        assert drawing.caption == f"{i}.png of 120"
        assert opened(sheets.files[drawing.file]).shape == (4, 9, 3)


def test_other_panels_are_drawn_once_of_the_rung_with_all_pictures(classifier, picked, data):
    sheets = Sheets(scene_of(classifier, picked, seed=5))
    sheets.add_panels(Chart(), data)
    (drawing,) = sheets.own
    assert (drawing.file, drawing.caption) == ("rung-chart-lines.svg", "3 pictures, 120 learned from, seed 5")
    assert sheets.files[drawing.file].startswith(b"<svg")
    assert all(answer.drawings == () for answer in sheets.answers())


def test_a_panel_named_after_its_method_is_not_named_twice(classifier, picked, data, monkeypatch):
    panels = [Panel(name=name, title="", caption="", svg="<svg></svg>") for name in ("chart-a", "a", "b")]
    monkeypatch.setattr(Chart, "_draw", lambda self, subject: panels)
    sheets = Sheets(scene_of(classifier, picked))
    sheets.add_panels(Chart(), data)
    assert [drawing.file for drawing in sheets.own] == ["rung-chart-a.svg", "rung-chart-a-2.svg", "rung-chart-b.svg"]


def test_without_training_pictures_only_who_wants_them_is_refused(classifier, picked):
    sheets = Sheets(scene_of(classifier, picked))
    data = SimpleNamespace(learned_from=gone)
    with pytest.raises(ConfigError, match=r"nearest wants the pictures .* cannot be read: It is gone\."):
        sheets.add_panels(Nearest(), data)
    sheets.add_panels(Chart(), data)
    assert sheets.own[0].caption == "3 pictures, 0 learned from, seed 0"


def test_what_cannot_be_drawn_of_the_rung_is_refused_and_leaves_nothing(classifier, picked, data):
    sheets = Sheets(scene_of(classifier, picked))
    before = set(sheets.files)
    with pytest.raises(UnsupportedError, match="activations wants a rung that is layered, and least-squares is not"):
        sheets.add_panels(Activations(), data)
    with pytest.raises(UnsupportedError, match="Not today"):
        sheets.add_maps(Broken(error=UnsupportedError("Not today.")))
    assert set(sheets.files) == before
    assert sheets.answers()[0].drawings == ()


def test_large_pictures_are_not_enlarged():
    data = toys.patterns(counts=(4, 4), shape=(3, 30, 300))
    picked = [Picked(name="x", pixels=data.images[0].numpy())]
    sheets = Sheets(scene_of(LeastSquares().fit(data), picked))
    assert opened(sheets.files["1.png"]).shape == (30, 300, 3)
