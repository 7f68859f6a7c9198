from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn

import netted
import toys
from linnet.classifiers.base import create
from linnet.classifiers.capabilities import Differentiable, Layered
from linnet.errors import ConfigError, ImagesError, UnsupportedError
from linnet.explainers.base import Explainer, differentiable, kept, layered, pixels_of, targets_of


@dataclass(kw_only=True)
class Telling(Explainer):
    """Return the target, or whatever a test wants, and note what came."""

    about: ClassVar[str] = "a stand-in"
    chunk: ClassVar[int] = 2
    spoil: str = ""

    def _explain(self, classifier, images, targets, *, generator):
        self.seen = [*getattr(self, "seen", []), (len(images), images.dtype, torch.is_grad_enabled())]
        maps = targets[:, None, None] + torch.zeros(len(images), *images.shape[2:])
        images.zero_()  # it is the explainer's own copy
        if self.spoil == "shape":
            return maps[:, :1]
        return maps / 0 if self.spoil == "numbers" else maps


@pytest.fixture(scope="module")
def majority(toy_dataset):
    return create("majority", {}).fit(toy_dataset)


def test_targets_and_pictures_come_in_chunks(majority, toy_test):
    explainer = Telling()
    maps = explainer.explain(majority, toy_test.images[:5], [2, 0, 1, 1, 2])
    assert maps[:, 3, 4].tolist() == [2, 0, 1, 1, 2]
    assert explainer.seen == [(2, torch.float32, True), (2, torch.float32, True), (1, torch.float32, True)]


def test_float_pictures_stay_as_they_were(majority, toy_test):
    images = toy_test.images[:3].float() / 255
    kept_images = images.clone()
    Telling().explain(majority, images)
    assert torch.equal(images, kept_images)


@pytest.mark.parametrize("spoil", ["shape", "numbers"])
def test_an_entry_that_breaks_its_promise_is_found_out(spoil, majority, toy_test):
    with pytest.raises(ImagesError, match=r"should give finite maps of shape \(2, 8, 8\); it gave"):
        Telling(spoil=spoil).explain(majority, toy_test.images[:2], [1, 1])


def test_an_explainer_that_requires_nothing_supports_every_rung(majority):
    assert Telling.supports(type(majority))
    Telling.check_supported(majority)


def test_capabilities_are_told_from_a_class_before_anything_is_fitted():
    assert all(issubclass(type(create("cnn", {})), capability) for capability in (Differentiable, Layered))
    assert not issubclass(type(create("knn", {})), Differentiable)
    assert not issubclass(type(create("two-layer", {})), Layered)


def test_a_classifier_without_a_capability_is_not_taken_for_one_that_has_it(majority):
    for asked in (differentiable, layered):
        with pytest.raises(UnsupportedError, match="majority has no"):
            asked(majority)


def test_what_is_no_network_needs_no_keeping(majority):
    with kept(majority):
        pass


def test_a_norm_that_is_still_training_does_not_learn_from_the_pictures():
    network = netted.seeded(lambda: nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(64, 3)))
    classifier = netted.Netted.around(network, (1, 8, 8), 3)
    network.train()
    mean = network[0].running_mean.clone()
    Telling().explain(classifier, toys.patterns(counts=(3, 3)).images)
    assert torch.equal(network[0].running_mean, mean)


def test_pixels_are_floats_of_the_same_brightness():
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert torch.equal(pixels_of(levels.numpy()).flatten(), torch.arange(256) / 255)
    assert pixels_of(pixels_of(levels)).dtype == torch.float32


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor, lambda values: np.array(values, dtype=np.uint8)])
def test_targets_may_come_as_any_whole_numbers(kind):
    found = targets_of(kind([2, 0]), 2, 3)
    assert found.dtype == torch.int64
    assert found.tolist() == [2, 0]


def test_no_targets_for_no_pictures():
    assert targets_of([], 0, 3).shape == (0,)
    with pytest.raises(ConfigError):
        targets_of([], 1, 3)
