import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

import toys
from brightness import Brightness
from linnet.evaluation import climbing, explaining, showing
from linnet.records.experiment import DataSpec, Experiment, Protocol
from linnet.records.pictures import explanation_name, image_name, template_name
from linnet.records.run import Run
from loaded import loaded_of


@pytest.fixture
def run_and_data(tmp_path, monkeypatch):
    monkeypatch.setattr(explaining.choosing, "suitable", lambda classifier: Brightness())
    data = loaded_of(toys.patterns(), np.array(["train"] * 70 + ["valid"] * 20 + ["test"] * 30))
    run = Run.create(
        tmp_path / "run", Experiment(command="climb", data=DataSpec(source="toy"), rungs=("majority", "least-squares"))
    )
    climbing.climb(run, climbing.ladder(run.experiment), data)
    climbing.open_test(run, data, command="climb")
    showing.store_pictures(run, data)
    return run, data


def opened(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"))


def test_stored_pictures_are_those_of_the_data(run_and_data):
    run, data = run_and_data
    names = [name for name in run.pictures if name.startswith("images/")]
    assert names
    for image_id in data.everything.ids.tolist():
        if image_name(image_id) in run.pictures:
            row = data.row_of(image_id)
            assert (opened(run.pictures[image_name(image_id)]) == data.everything.images[row, 0].numpy()).all()


def test_every_class_has_samples(run_and_data):
    run, data = run_and_data
    shown = {name.removeprefix("images/").removesuffix(".png") for name in run.pictures}
    for label in range(data.everything.n_classes):
        assert shown & set(data.everything.ids[data.everything.labels.numpy() == label].tolist())


def test_equal_pictures_are_stored_as_long_as_both_are_in_the_data(run_and_data):
    run, data = run_and_data
    ids = data.everything.ids.tolist()
    hidden = [one for one in ids if image_name(one) not in run.pictures]
    first, second, third = hidden[:3]
    examples = [[first, second, "exact"], [third, "dropped.png", "near"]]
    showing.store_pictures(run, replace(data, duplicates={"examples": examples}))
    added = {name for name in run.pictures if name.startswith("images/")}
    assert {image_name(first), image_name(second)} <= added
    assert image_name(third) not in added


def test_linear_rungs_show_a_template_per_class_and_others_none(run_and_data):
    run, data = run_and_data
    templates = [name for name in run.pictures if name.startswith("templates/")]
    assert sorted(templates) == [template_name("least-squares", i) for i in range(data.everything.n_classes)]
    assert opened(run.pictures[templates[0]]).shape == (8, 8)


def test_a_weight_of_zero_is_mid_gray_and_the_largest_is_black_or_white():
    pixels = showing._as_pixels(np.array([[[0.0, -2.0], [1.0, 2.0]]], dtype=np.float32))
    assert pixels.tolist() == [[[128, 0], [191, 255]]]


def test_a_template_of_zeros_is_plain_gray():
    assert set(showing._as_pixels(np.zeros((1, 2, 2), dtype=np.float32)).ravel().tolist()) == {128}


def test_every_rung_says_what_it_looked_at_in_the_shared_pictures_and_its_own(run_and_data):
    run, _ = run_and_data
    predictions = {rung: run.predictions(rung, "test") for rung in run.rungs}
    shared, own = showing.explained_wanted(predictions)
    assert run.explanations.shared == tuple(shared)
    assert [found.rung for found in run.explanations.rungs] == ["majority", "least-squares"]
    for found in run.explanations.rungs:
        assert [one.id for one in found.explained] == list(dict.fromkeys([*shared, *own[found.rung]]))
        assert found.explainer == "brightness"


def test_every_explained_picture_is_there_with_its_map(run_and_data):
    run, _ = run_and_data
    pictures = run.pictures
    for found in run.explanations.rungs:
        for number, one in enumerate(found.explained):
            assert one.picture == explanation_name(found.rung, number)
            assert {one.picture, image_name(one.id)} <= set(pictures)


def test_the_target_of_an_explanation_is_what_the_rung_has_said(run_and_data):
    run, _ = run_and_data
    for found in run.explanations.rungs:
        said = run.predictions(found.rung, "test")
        names = dict(zip(said.ids.tolist(), said.predicted.tolist(), strict=True))
        assert [one.target for one in found.explained] == [said.class_names[names[one.id]] for one in found.explained]


def test_a_rung_that_was_not_scored_is_not_explained(run_and_data):
    run, data = run_and_data
    for split in ("valid", "test"):
        (run.rung_folder("majority") / f"predictions-{split}.csv").unlink()
    showing.store_pictures(run, data)
    assert [found.rung for found in run.explanations.rungs] == ["least-squares"]


def test_the_same_run_stores_the_same_bytes(run_and_data):
    run, data = run_and_data
    before = [(run.folder / name).read_bytes() for name in ("pictures.zip", "explanations.json")]
    showing.store_pictures(run, data)
    assert [(run.folder / name).read_bytes() for name in ("pictures.zip", "explanations.json")] == before


@pytest.mark.usefixtures("short_descent")
def test_views_share_the_maps_of_their_rung(tmp_path, monkeypatch):
    asked = []
    real = showing.explain_shown
    monkeypatch.setattr(explaining.choosing, "suitable", lambda classifier: Brightness())
    monkeypatch.setattr(
        showing, "explain_shown", lambda rung, *rest, **more: asked.append(rung) or real(rung, *rest, **more)
    )
    data = loaded_of(toys.patterns(), np.array(["train"] * 70 + ["valid"] * 20 + ["test"] * 30))
    experiment = Experiment(
        command="climb", data=DataSpec(source="toy"), rungs=("mlp",), protocol=Protocol(views=True),
        settings={"mlp": {"hidden": (16,), "epochs": 2}},
    )  # fmt: skip
    run = Run.create(tmp_path / "run", experiment)
    climbing.climb(run, climbing.ladder(experiment), data)
    climbing.open_test(run, data, command="climb")
    showing.store_pictures(run, data)
    assert asked == ["mlp"]
    own, lent = run.explanations.rungs
    assert lent.rung == "mlp+views"
    assert set(lent.explained) <= set(own.explained)
