import numpy as np
import pytest
import torch

from linnet.errors import ConfigError
from linnet.explainers.baselines import baseline_of
from linnet.explainers.gradient import Gradient
from linnet.explainers.gradient_times_input import GradientTimesInput


@pytest.mark.parametrize("baseline", ["black", "mean", "blurred"])
def test_on_a_linear_rung_it_sums_to_what_the_logit_gained(baseline, linear, images):
    pixels = images.float() / 255
    targets = torch.arange(12) % 3
    maps = GradientTimesInput(baseline=baseline).explain(linear, images, targets)
    rise = (linear.logits(pixels) - linear.logits(baseline_of(pixels, baseline)))[torch.arange(12), targets]
    assert np.allclose(maps.sum((1, 2)), rise, rtol=1e-4, atol=1e-5)


def test_it_is_the_product_on_gray_pictures(patch_net, patches):
    pixels = patches[0][:4].float() / 255
    maps = GradientTimesInput().explain(patch_net, pixels)
    assert np.allclose(maps, Gradient().explain(patch_net, pixels) * pixels[:, 0].numpy(), atol=1e-5)


def test_what_equals_the_baseline_has_no_relevance(patch_net):
    half = torch.full((1, 1, 24, 24), 0.5)
    half[..., 12:] = 0
    maps = GradientTimesInput().explain(patch_net, half)
    assert not maps[..., 12:].any()
    assert maps[..., :12].any()


def test_an_unknown_baseline_is_refused():
    with pytest.raises(ConfigError, match=r"^gradient-times-input\.baseline should be one of"):
        GradientTimesInput(baseline="gray")
