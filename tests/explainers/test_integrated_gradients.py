import numpy as np
import pytest
import torch

import toys
from linnet.classifiers.base import create
from linnet.errors import ConfigError, ImagesError
from linnet.explainers.baselines import baseline_of
from linnet.explainers.integrated_gradients import IntegratedGradients


@pytest.fixture(scope="module")
def rungs(short_descent):
    """Fit each rung once."""
    kept = {}
    small = {"two-layer": {"hidden": 32}, "cnn": {"width": 0.1, "learning_rate": 1e-3}, "fast-cnn": {"width": 0.1}}

    def fitted(rung):
        if rung not in kept:
            data = toys.patterns(shape=(1, 12, 12))
            kept[rung] = create(rung, small.get(rung, {})).fit(data, seed=1)
        return kept[rung]

    return fitted


@pytest.mark.parametrize("baseline", ["black", "mean", "blurred"])
@pytest.mark.parametrize("rung", ["softmax-regression", "two-layer", "cnn", "fast-cnn"])
def test_maps_sum_to_the_difference_of_the_logits_within_one_percent(rung, baseline, rungs):
    fitted = rungs(rung)
    images = toys.patterns(counts=(6, 6, 6), shape=(1, 12, 12), seed=1).images
    targets = fitted.predict(images)
    # Some maps sum to a hundredth of what is in them, and want more steps than usual: which, depends on the processor.
    explainer = IntegratedGradients(baseline=baseline, max_steps=2**15)
    maps = explainer.explain(fitted, images, targets)
    pixels = images.float() / 255
    with torch.no_grad():
        rise = fitted.logits(pixels) - fitted.logits(baseline_of(pixels, baseline))
    rise = rise[torch.arange(18), targets].double().numpy()
    assert (np.abs(maps.sum((1, 2)) - rise) <= np.maximum(0.01 * np.abs(rise), 2e-4)).all()
    assert (explainer.gaps(fitted, images, targets, maps=maps) <= 0.0105).all()


def test_a_linear_rung_has_weights_times_pixels(linear, images):
    maps = IntegratedGradients().explain(linear, images, np.zeros(12, int))
    weights = linear.templates()[0] * float(linear.affine_.sharpness)
    assert np.allclose(maps, (weights * images / 255).sum(1), atol=1e-5)


def test_the_integral_is_that_of_a_fine_sum_by_hand(patch_net, patches):
    pixels = patches[0][:1].float() / 255
    ways = ((torch.arange(4000) + 0.5) / 4000).view(-1, 1, 1, 1)
    along = (ways * pixels).requires_grad_()
    (slopes,) = torch.autograd.grad(patch_net.logits(along)[:, 1].sum(), along)
    expected = slopes.mean(0)[0] * pixels[0, 0]
    maps = IntegratedGradients(tolerance=1e-4).explain(patch_net, pixels, [1])
    assert np.allclose(maps[0], expected, atol=0.02 * float(expected.abs().max()))


def test_steps_are_doubled_where_few_are_not_enough(patch_net, patches):
    images, targets = patches[0], np.ones(30, int)
    coarse = IntegratedGradients(n_steps=2, max_steps=2)
    fine = IntegratedGradients(n_steps=2)
    gaps = [
        one.gaps(patch_net, images, targets, maps=one.explain(patch_net, images, targets)) for one in (coarse, fine)
    ]
    assert gaps[0].max() > 0.02
    assert gaps[1].max() <= 0.0105


def test_the_gap_is_what_is_missing_as_a_share(patch_net, patches):
    images, targets, explainer = patches[0][:3], [1, 1, 1], IntegratedGradients(tolerance=1e-3)
    maps = explainer.explain(patch_net, images, targets)
    assert explainer.gaps(patch_net, images, targets, maps=maps * 1.5) == pytest.approx(np.full(3, 0.5), abs=5e-3)
    assert explainer.gaps(patch_net, images[:0], [], maps=maps[:0]).shape == (0,)


def test_a_picture_that_is_its_baseline_has_a_map_of_zeros_and_no_gap(patch_net):
    black = torch.zeros(2, 1, 24, 24)
    maps = IntegratedGradients().explain(patch_net, black, [0, 1])
    assert not maps.any()
    assert IntegratedGradients().gaps(patch_net, black, [0, 1], maps=maps).tolist() == [0, 0]


def test_gaps_refuse_other_pictures_and_targets(patch_net, patches):
    with pytest.raises(ImagesError):
        IntegratedGradients().gaps(patch_net, patches[0][:, :, :5], [1] * 30, maps=np.zeros((30, 5, 24)))
    with pytest.raises(ConfigError):
        IntegratedGradients().gaps(patch_net, patches[0], [2] * 30, maps=np.zeros((30, 24, 24)))


@pytest.mark.parametrize(
    "settings",
    [{"baseline": "white"}, {"n_steps": 1}, {"n_steps": 50, "max_steps": 40}, {"tolerance": 0.0}, {"tolerance": 1.0}],
)
def test_settings_out_of_range_are_refused(settings):
    with pytest.raises(ConfigError, match=r"^integrated-gradients"):
        IntegratedGradients(**settings)
