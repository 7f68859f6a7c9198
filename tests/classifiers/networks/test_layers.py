import pytest
import torch
from torch import nn

from linnet.classifiers.base import create
from linnet.classifiers.capabilities import Buildable
from linnet.classifiers.networks.layers import describe_layers
from linnet.errors import ConfigError, ImagesError


def test_the_textbook_network_is_described_to_its_last_number():
    found = describe_layers(create("cnn", {}), (3, 32, 32), 10)
    assert (found["parameters"], found["picture_shape"], found["n_classes"]) == (5_852_170, [3, 32, 32], 10)
    assert round(found["n_bytes"] / 2**20, 2) == 22.33


def test_pictures_that_the_rung_shrinks_are_described_as_the_network_gets_them():
    found = describe_layers(create("mlp", {"hidden": [7], "max_side": 8, "batch_norm": False}), (3, 16, 32), 2)
    assert found["picture_shape"] == [3, 16, 32]
    assert found["input_shape"] == [3, 4, 8]
    assert found["parameters"] == 3 * 4 * 8 * 7 + 7 + 7 * 2 + 2


def test_the_global_random_state_is_left_as_it_was():
    before = torch.random.get_rng_state()
    describe_layers(create("resnet", {}), (1, 8, 8), 2)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize(("shape", "n_classes"), [((3, 0, 8), 2), ((3, 8), 2), ((3, 8, 8), 0)])
def test_what_is_no_shape_or_no_number_of_classes_is_refused(shape, n_classes):
    with pytest.raises(ConfigError, match="A network wants"):
        describe_layers(create("mlp", {}), shape, n_classes)


class Refusing:
    max_side = 0

    def build(self, image_shape, n_classes):
        raise RuntimeError("can't allocate memory")


def test_a_network_that_does_not_fit_into_memory_is_one_sentence():
    assert isinstance(Refusing(), Buildable)
    with pytest.raises(ImagesError, match=r"\(3, 8, 8\) and 2 classes here \(can't allocate memory\)"):
        describe_layers(Refusing(), (3, 8, 8), 2)


class Narrow(Refusing):
    def build(self, image_shape, n_classes):
        return nn.Linear(5, n_classes)


def test_a_network_that_does_not_take_the_pictures_is_one_sentence():
    with pytest.raises(ImagesError, match="does not take pictures"):
        describe_layers(Narrow(), (3, 8, 8), 2)


@pytest.mark.parametrize(("name", "is_network"), [("mlp", True), ("cnn", True), ("resnet", True), ("knn", False)])
def test_only_networks_can_be_built(name, is_network):
    assert isinstance(create(name, {}), Buildable) == is_network
