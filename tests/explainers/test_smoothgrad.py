import numpy as np
import pytest
import torch

from linnet.errors import ConfigError
from linnet.explainers.gradient import Gradient
from linnet.explainers.smoothgrad import SmoothGrad


def test_without_noise_it_is_the_gradient(patch_net, patches):
    images = patches[0][:5]
    expected = Gradient().explain(patch_net, images)
    assert np.allclose(SmoothGrad(noise=0, n_samples=3).explain(patch_net, images), expected, atol=1e-5)


def test_on_a_linear_rung_noise_changes_nothing(linear, images):
    assert np.allclose(SmoothGrad().explain(linear, images), Gradient().explain(linear, images), atol=1e-5)


def test_it_is_the_mean_of_gradients_at_noisy_copies(patch_net, patches):
    image = patches[0][:1].float() / 255
    generator = torch.Generator().manual_seed(1)
    noisy = (image + 0.15 * torch.randn(4000, *image.shape[1:], generator=generator)).requires_grad_()
    (slopes,) = torch.autograd.grad(patch_net.logits(noisy)[:, 1].sum(), noisy)
    found = SmoothGrad(n_samples=1000).explain(patch_net, image, [1])
    expected = slopes.mean(0)[0].numpy()
    # The mean of a thousand is off by a thirtieth of what single ones are.
    assert np.abs(found[0] - expected).max() < 6 * float(slopes.std(0).max()) / 1000**0.5


def test_more_samples_make_seeds_agree(patch_net, patches):
    def differ(n):
        maps = [SmoothGrad(n_samples=n).explain(patch_net, patches[0][:4], seed=seed) for seed in (0, 1)]
        return np.abs(maps[0] - maps[1]).mean()

    assert differ(100) < 0.5 * differ(4)


@pytest.mark.parametrize("settings", [{"noise": -0.1}, {"noise": float("nan")}, {"n_samples": 0}])
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match=rf"^smoothgrad\.{next(iter(settings))} should be"):
        SmoothGrad(**settings)
