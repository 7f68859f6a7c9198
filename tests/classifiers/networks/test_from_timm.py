import sys
from types import ModuleType, SimpleNamespace

import pytest
import torch
from torch import nn

from linnet.classifiers.networks.from_timm import build_timm
from linnet.errors import ConfigError, UnknownNameError


@pytest.fixture
def calls(monkeypatch):
    """A stand-in for timm that writes down what it was asked for."""
    asked = []

    def create_model(name, **settings):
        asked.append((name, settings))
        if settings.get("img_size", (16, 16)) != (16, 16):
            raise AssertionError("patches do not fit")
        shrink = nn.MaxPool2d(32) if name == "convnext_atto" else nn.AdaptiveMaxPool2d(1)
        return nn.Sequential(shrink, nn.Flatten(), nn.Linear(settings["in_chans"], settings["num_classes"]))

    library = ModuleType("timm")
    library.list_models = lambda: ["convnext_atto", "resnet18", "resnet34", "vit_tiny_patch16_224"]
    library.get_pretrained_cfg = lambda name: SimpleNamespace(fixed_input_size=True) if "vit" in name else None
    library.create_model = create_model
    monkeypatch.setitem(sys.modules, "timm", library)
    return asked


def test_it_builds_from_scratch_for_any_channels_and_classes(calls):
    network = build_timm("resnet18", (1, 28, 28), 7)
    assert network[-1].out_features == 7
    assert network.training
    assert calls == [("resnet18", {"pretrained": False, "num_classes": 7, "in_chans": 1})]


def test_only_architectures_with_a_fixed_size_are_told_it(calls):
    build_timm("vit_tiny_patch16_224", (3, 16, 16), 2)
    assert calls[0][1]["img_size"] == (16, 16)
    assert calls[0][1]["pretrained"] is False


def test_an_unknown_name_names_the_nearest_before_anything_is_made(calls):
    with pytest.raises(UnknownNameError, match="no timm architecture named 'resnet81'; did you mean 'resnet18'"):
        build_timm("resnet81", (3, 32, 32), 10)
    with pytest.raises(UnknownNameError):
        build_timm("hf-hub:someone/resnet18", (3, 32, 32), 10)
    assert calls == []


def test_a_size_that_the_architecture_cannot_take_is_said_in_one_sentence(calls):
    with pytest.raises(ConfigError, match=r"vit_tiny_patch16_224 for pictures of shape \(3, 9, 9\) \(patches do not"):
        build_timm("vit_tiny_patch16_224", (3, 9, 9), 10)


def test_one_that_shrinks_pictures_to_nothing_is_told_so_before_any_training(calls):
    with pytest.raises(
        ConfigError, match=r"cannot build convnext_atto for pictures of shape \(3, 9, 9\) \([^\n]*\); take"
    ):
        build_timm("convnext_atto", (3, 9, 9), 10)


def test_shapes_are_checked_first(calls):
    with pytest.raises(ConfigError, match="channels, height, width"):
        build_timm("resnet18", (0, 9, 9), 10)


@pytest.mark.parametrize(("name", "shape"), [("resnet18", (1, 33, 40)), ("vit_tiny_patch16_224", (3, 32, 32))])
def test_the_library_itself_gives_logits_of_the_asked_shape(name, shape):
    with torch.no_grad():
        assert build_timm(name, shape, 3).eval()(torch.zeros(2, *shape)).shape == (2, 3)
