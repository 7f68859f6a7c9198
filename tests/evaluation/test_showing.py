import io

import numpy as np
import pytest
from PIL import Image

import toys
from linnet.evaluation import climbing, showing
from linnet.records.experiment import DataSpec, Experiment
from linnet.records.pictures import image_name, template_name
from linnet.records.run import Run
from loaded import loaded_of


@pytest.fixture
def run_and_data(tmp_path):
    data = loaded_of(toys.patterns(), np.array(["train"] * 70 + ["valid"] * 20 + ["test"] * 30))
    run = Run.create(
        tmp_path / "run", Experiment(command="climb", data=DataSpec(source="toy"), rungs=("majority", "least-squares"))
    )
    climbing.climb(run, climbing.ladder(run.experiment), data)
    climbing.open_test(run, data, command="climb")
    showing.store_pictures(run, data)
    return run, data


def opened(png):
    return np.asarray(Image.open(io.BytesIO(png)))


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
