import numpy as np
import pytest

from linnet.datasets.base import Dataset
from linnet.evaluation.facts import data_facts, level_counts
from linnet.images import Geometry
from loaded import loaded_of


def color_dataset(n=50):
    pixels = np.random.default_rng(0).integers(0, 256, (n, 3, 6, 5), dtype=np.uint8)
    pixels[:, 2] //= 4
    return Dataset.of(pixels, np.arange(n) % 2, ["a", "b"])


def test_every_pixel_is_counted_once():
    data = color_dataset()
    counts, _ = level_counts(data)
    assert counts.shape == (3, 256)
    assert counts.sum(axis=1).tolist() == [50 * 30] * 3
    assert counts[1, 7] == int((data.images[:, 1] == 7).sum())


def test_every_picture_counts_once_by_the_mean_of_its_pixels():
    data = color_dataset()
    _, brightness = level_counts(data)
    wanted = np.histogram(data.images.numpy().mean(axis=(1, 2, 3)) / 255, bins=20, range=(0, 1))[0]
    assert brightness.tolist() == wanted.tolist()


def test_black_and_white_pictures_stand_at_the_ends():
    pixels = np.repeat(np.array([0, 255, 255], dtype=np.uint8), 12).reshape(3, 1, 3, 4)
    _, brightness = level_counts(Dataset.of(pixels, np.zeros(3, dtype=np.int64), ["a"]))
    assert brightness.tolist() == [1, *[0] * 18, 2]


def test_the_brightness_is_that_of_the_training_pictures_only():
    data = color_dataset()
    facts = data_facts(loaded_of(data, np.array(["train"] * 30 + ["valid"] * 10 + ["test"] * 10)))
    assert sum(facts.brightness) == 30


def test_mean_and_deviation_are_those_of_the_training_pictures_only():
    data = color_dataset()
    split = np.array(["train"] * 30 + ["valid"] * 10 + ["test"] * 10)
    facts = data_facts(loaded_of(data, split))
    train = data.images[:30].numpy().astype(np.float64) / 255
    assert facts.mean == pytest.approx(train.mean(axis=(0, 2, 3)))
    assert facts.std == pytest.approx(train.std(axis=(0, 2, 3)))


def test_the_test_split_is_named_by_its_content_whatever_the_order():
    data = color_dataset()
    split = np.array(["train"] * 30 + ["test"] * 20)
    one = data_facts(loaded_of(data, split)).split_hash
    assert one == data_facts(loaded_of(data, split)).split_hash
    assert one != data_facts(loaded_of(data, split[::-1].copy())).split_hash


def test_geometry_is_kept_for_prediction():
    facts = data_facts(loaded_of(color_dataset(), np.array(["train"] * 50)))
    assert Geometry.from_plain(facts.geometry).shape == (3, 6, 5)
