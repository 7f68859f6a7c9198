"""Templates of rungs whose weights are known: gray, bright and dark stand where they must."""

import numpy as np
import pytest
import torch

import toys
from linnet.classifiers.least_squares import LeastSquares
from linnet.errors import ConfigError
from linnet.visualizations.base import Subject
from linnet.visualizations.templates import Templates

NAMES = ("ant", "bee", "cat")


def rung_with(weights, names=NAMES):
    """A fitted rung whose templates are given."""
    rung = LeastSquares().fit(toys.patterns(counts=(5,) * len(names), shape=tuple(weights.shape[1:])))
    rung.templates = lambda: weights
    return rung


def panel_of(weights, names=NAMES, **settings):
    (panel,) = Templates(**settings).draw(Subject(classifier=rung_with(weights, names)))
    return panel


def test_the_weights_stand_in_the_tiles_on_one_scale():
    weights = torch.zeros(3, 1, 2, 2)
    weights[0, 0, 0, 1] = 4.0
    weights[1, 0, 1, 0] = -2.0
    image = panel_of(weights, side=8).image[:, :, 0]
    # Three tiles side by side, a pixel 4 wide, 2 between: 0 is gray, the largest white, minus half of it half dark.
    assert image.shape == (8, 28)
    assert np.all(image[:4, 4:8] == 255)
    assert np.all(image[4:, 10:14] == 128 - 64)
    assert np.all(image[:, 20:] == 128)
    assert np.all(image[4:, :8] == 128)


def test_colors_are_the_channels():
    weights = torch.zeros(2, 3, 1, 1)
    weights[0, 0], weights[1, 2] = 1.0, -1.0
    image = panel_of(weights, ("ant", "bee"), side=8).image
    assert image[0, 0].tolist() == [255, 128, 128]
    assert image[0, -1].tolist() == [128, 128, 1]


def test_the_caption_names_the_classes_in_order_and_what_the_levels_mean():
    panel = panel_of(torch.ones(3, 1, 2, 2) * 0.25)
    assert "ant, bee, cat." in panel.caption
    for word in ("gray", "bright", "dark", "±0.25"):
        assert word in panel.caption
    assert "color" not in panel.caption
    assert "Each color" in panel_of(torch.ones(2, 3, 2, 2), ("ant", "bee")).caption


def test_classes_beyond_the_limit_are_counted():
    panel = panel_of(torch.ones(3, 1, 2, 2), classes=2)
    assert "ant, bee." in panel.caption
    assert "Not drawn: 1 of 3 classes." in panel.caption


def test_a_learned_template_looks_like_its_class():
    data = toys.patterns(shape=(1, 6, 6), noise=5.0)
    rung = LeastSquares().fit(data)
    (panel,) = Templates(side=8).draw(Subject(classifier=rung))
    tiles = panel.image[:6, :, 0].astype(float)
    means = torch.stack([data.images[data.labels == k].float().mean(0)[0] for k in range(3)])
    for k in range(3):
        tile = tiles[:, 8 * k : 8 * k + 6].ravel()
        ours, others = means[k], means[[other for other in range(3) if other != k]].mean(0)
        assert np.corrcoef(tile, (ours - others).numpy().ravel())[0, 1] > 0.5


@pytest.mark.parametrize("settings", [{"classes": 0}, {"side": 4}])
def test_settings_out_of_their_range_are_refused(settings):
    with pytest.raises(ConfigError, match="Templates want"):
        Templates(**settings)
