import io

import numpy as np
import pytest
import torch
from PIL import Image

import toys
from brightness import Brightness, Broken, Noise
from linnet.classifiers.least_squares import LeastSquares
from linnet.errors import UnsupportedError
from linnet.evaluation import explaining
from linnet.images.heat import overlay
from linnet.records.explanations import Explained, RungExplanations
from linnet.records.pictures import explanation_name
from linnet.records.predictions import Predictions
from loaded import loaded_of

SPLIT = np.array(["train"] * 70 + ["valid"] * 20 + ["test"] * 30)


@pytest.fixture(scope="module")
def data():
    return loaded_of(toys.patterns(), SPLIT)


@pytest.fixture(scope="module")
def classifier(data):
    return LeastSquares().fit(data.part("train"))


@pytest.fixture
def use(monkeypatch):
    """Let an explainer be the one that suits every rung."""

    def use(explainer):
        monkeypatch.setattr(explaining.choosing, "suitable", lambda classifier: explainer)

    use(Brightness())
    return use


def explain(classifier, data, ids, seed=0):
    return explaining.explain_shown("least-squares", classifier, data, ids, seed=seed)


@pytest.mark.usefixtures("use")
def test_each_picture_has_a_map_of_what_was_predicted(classifier, data):
    ids = data.part("test").ids[:6].tolist()
    found, pictures = explain(classifier, data, ids)
    said = classifier.predict(data.part("test").images[:6]).tolist()
    assert (found.rung, found.explainer, found.reason) == ("least-squares", "brightness", "")
    assert [one.id for one in found.explained] == ids
    assert [one.target for one in found.explained] == [data.everything.class_names[k] for k in said]
    assert [one.picture for one in found.explained] == [explanation_name("least-squares", i) for i in range(6)]
    assert set(pictures) == {one.picture for one in found.explained}


@pytest.mark.usefixtures("use")
def test_a_map_lies_over_its_own_picture(classifier, data):
    ids = ["7", "3", "110", "5", "90"]
    found, pictures = explain(classifier, data, ids)
    for one in found.explained:
        image = data.everything.images[int(one.id)].numpy()
        # A heat map knows no scale, so that the target's factor does not matter.
        wanted = overlay(image, image[0] / np.float32(255) - np.float32(0.5))
        shown = np.asarray(Image.open(io.BytesIO(pictures[one.picture])).convert("RGB"))
        assert np.abs(shown.astype(int) - wanted.astype(int)).max() <= 1


def test_chance_comes_from_the_seed(use, classifier, data):
    use(Noise())
    ids = ["1", "2"]
    assert explain(classifier, data, ids) == explain(classifier, data, ids)
    assert explain(classifier, data, ids)[1] != explain(classifier, data, ids, seed=1)[1]


def test_time_is_bounded_and_what_was_left_out_is_counted(use, classifier, data, monkeypatch):
    monkeypatch.setattr(explaining, "SECONDS", 2.0)
    clock = iter(range(0, 1000, 3))
    monkeypatch.setattr(explaining.time, "monotonic", lambda: next(clock))
    found, pictures = explain(classifier, data, data.part("test").ids[:10].tolist())
    assert len(found.explained) == len(pictures) == explaining.BATCH
    assert found.explainer == "brightness"
    assert "6 pictures are left out" in found.reason
    found, _ = explain(classifier, data, data.part("test").ids[: explaining.BATCH + 1].tolist())
    assert found.reason.endswith("; 1 picture is left out.")


def test_where_no_explainer_suits_the_reason_is_told(classifier, data, monkeypatch):
    def refuse(classifier):
        raise UnsupportedError("Nobody knows.")

    monkeypatch.setattr(explaining.choosing, "suitable", refuse)
    assert explain(classifier, data, ["1"]) == (
        RungExplanations(rung="least-squares", explainer="", reason="Nobody knows.", explained=()),
        {},
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (UnsupportedError("Not today."), "Not today."),
        (MemoryError(), "broken could not be computed (there is not enough memory)."),
        (RuntimeError("shapes"), "broken could not be computed (shapes)."),
    ],
)
def test_an_explainer_that_fails_is_a_reason_and_not_the_end(use, classifier, data, error, reason):
    use(Broken(error=error))
    found, pictures = explain(classifier, data, ["1", "2"])
    assert (found.explainer, found.reason, found.explained, pictures) == ("", reason, (), {})


@pytest.mark.usefixtures("use")
def test_no_picture_is_no_work(classifier, data):
    found, pictures = explain(classifier, data, [])
    assert (found.explainer, found.reason, found.explained, pictures) == ("brightness", "", (), {})


def test_large_pictures_have_small_maps(use):
    data = loaded_of(toys.patterns(counts=(4, 4), shape=(3, 150, 200)), np.array(["train"] * 8))
    classifier = LeastSquares().fit(data.part("train"))
    _, pictures = explain(classifier, data, ["0"])
    (shown,) = pictures.values()
    assert Image.open(io.BytesIO(shown)).size == (112, 84)


def test_only_the_pictures_that_are_asked_for_are_read(data):
    pixels = explaining.pixels_of(data, ["3", "99", "4"])
    assert (pixels == data.everything.images[torch.tensor([3, 99, 4])].numpy()).all()


def said_of(answers):
    probabilities = np.array([[0.9, 0.1], [0.1, 0.9]], dtype=np.float32)[list(answers.values())]
    return Predictions(
        ids=np.array(list(answers)),
        labels=np.zeros(len(answers), dtype=np.int64),
        probabilities=probabilities,
        class_names=("ant", "bee"),
    )


def test_views_are_lent_the_maps_of_their_rung_where_the_answer_is_the_same():
    maps = tuple(
        Explained(id=name, target=target, picture=f"{name}.png")
        for name, target in (("a", "ant"), ("b", "ant"), ("c", "bee"), ("d", "bee"))
    )
    own = RungExplanations(rung="cnn", explainer="grad-cam", reason="", explained=maps)
    lent = explaining.of_views("cnn+views", {"cnn": own}, said_of({"c": 1, "b": 1, "a": 0}))
    assert lent == RungExplanations(rung="cnn+views", explainer="grad-cam", reason="", explained=(maps[0], maps[2]))


def test_who_is_no_second_row_is_lent_nothing():
    own = RungExplanations(rung="cnn", explainer="grad-cam", reason="", explained=())
    assert explaining.of_views("cnn", {"cnn": own}, said_of({"a": 0})) is None
    assert explaining.of_views("mlp+views", {"cnn": own}, said_of({"a": 0})) is None
    assert explaining.of_views("cnn+views", {"cnn": own}, None) is None
