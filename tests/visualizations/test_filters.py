"""Known kernels are found in the tiles, and the right sentence stands below them."""

import numpy as np
import pytest
import torch
from torch import nn

from linnet.errors import ConfigError, UnknownNameError, UnsupportedError
from linnet.visualizations.filters import Filters
from looked_at import convolution, random_pictures, subject_of


def panel_of(body, shape=(1, 6, 6), **settings):
    (panel,) = Filters(**settings).draw(subject_of(body, random_pictures(1, shape)))
    return panel


def linear(weights):
    layer = nn.Linear(weights.shape[1], weights.shape[0])
    with torch.no_grad():
        layer.weight.copy_(weights)
    return layer


def test_a_known_kernel_appears_in_its_tile():
    edge = [[[[-1.0, 0.0, 1.0]] * 3], [[[0.0, 0.5, 0.0]] * 3]]
    panel = panel_of(nn.Sequential(convolution(edge), nn.ReLU()), side=9)
    tiles = panel.image[:, :, 0]
    assert tiles.shape == (9, 9 + 2 + 9)
    assert tiles[0, :9].tolist() == [1] * 3 + [128] * 3 + [255] * 3
    assert np.array_equal(tiles[0, 11:], [128] * 3 + [192] * 3 + [128] * 3)
    assert panel.name == "filters-0"
    assert "2 filters of 3 x 3 pixels, on one channel" in panel.caption


def test_filters_on_three_channels_are_in_color():
    kernels = torch.zeros(1, 3, 1, 2)
    kernels[0, 0, 0, 0], kernels[0, 1, 0, 1] = 2.0, -2.0
    panel = panel_of(nn.Sequential(convolution(kernels)), (3, 4, 4), side=8)
    assert panel.image[0, 0].tolist() == [255, 128, 128]
    assert panel.image[0, 4].tolist() == [128, 1, 128]
    assert "in the colors of the channels" in panel.caption


def deep(channels):
    kernels = torch.zeros(2, channels, 1, 1)
    kernels[0, 0], kernels[0, 1], kernels[1, 1] = 1.0, 0.5, -1.0
    return nn.Sequential(nn.Conv2d(1, channels, 1), nn.ReLU(), convolution(kernels))


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_later_filters_show_their_mean_over_input_channels(channels):
    panel = panel_of(deep(channels), layer="2", side=8)
    mean = np.array([1.5, -1.0]) / channels
    expected = 128 + np.rint(127 * mean)
    assert panel.image[0, [0, -1], 0].tolist() == expected.tolist()
    assert f"the mean over its {channels} input channels" in panel.caption
    assert np.all(panel.image[:, :8, 0] == panel.image[:, :8, 2])


def test_later_filters_show_so_many_input_channels_as_are_asked_for():
    panel = panel_of(deep(4), layer="2", channels=2, side=8)
    assert panel.image.shape == (18, 18, 3)
    corners = [panel.image[row, column, 0] for row in (0, -1) for column in (0, -1)]
    assert [int(level) for level in corners] == [255, 192, 128, 1]
    assert "of which the first 2 are drawn" in panel.caption
    whole = panel_of(deep(4), layer="2", channels=9, side=8)
    assert whole.image.shape[1] == 4 * 8 + 3 * 2
    assert "of which" not in whole.caption


def test_units_on_pixels_are_pictures():
    weights = torch.zeros(2, 3 * 2 * 4)
    weights[1, 2 * 8 + 1 * 4 + 3] = 1.0  # the last channel's last row and column
    panel = panel_of(nn.Sequential(nn.Flatten(), linear(weights)), (3, 2, 4), side=8)
    tiles = panel.image
    assert tiles.shape == (2 * 4 + 2, 8, 3) or tiles.shape == (4, 18, 3)
    assert tiles[-1, -1].tolist() == [128, 128, 255]
    assert int((tiles[:, :, 0] == 128).sum()) == 2 * 4 * 8


def test_units_behind_other_layers_are_rows_of_cells():
    body = nn.Sequential(nn.Flatten(), nn.Linear(36, 3), linear(torch.tensor([[1.0, 0.0, -1.0], [0.0, 0.0, 0.0]])))
    panel = panel_of(body, layer="2")
    factor = 512 // 3
    assert panel.image.shape == (2 * factor, 3 * factor, 3)
    assert panel.image[0, ::factor, 0].tolist() == [255, 128, 1]
    assert "Each row is one of 2 units, each column one of its 3 inputs." in panel.caption


def test_wide_layers_are_cut_and_that_is_said():
    panel = panel_of(nn.Sequential(nn.Flatten(), nn.Linear(36, 600), nn.Linear(600, 5)), layer="2")
    assert panel.image.shape == (5, 512, 3)
    assert "600 inputs, of which the first 512 are drawn" in panel.caption


def test_pictures_are_as_small_as_the_network_shrinks_them():
    body = nn.Sequential(nn.Flatten(), nn.Linear(4 * 2, 2))
    (panel,) = Filters(side=8).draw(subject_of(body, random_pictures(1, (1, 16, 8)), max_side=4))
    assert "2 filters of 4 x 2 pixels" in panel.caption


def test_filters_beyond_the_limit_are_counted():
    panel = panel_of(nn.Sequential(nn.Conv2d(1, 10, 3)), filters=4)
    assert "one of 4 filters" in panel.caption
    assert "The other 6 of 10 are left out." in panel.caption


def test_a_layer_that_is_none_or_has_none_is_refused_with_those_that_have():
    body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32, 2))
    with pytest.raises(UnknownNameError, match="no layer named 'conv'"):
        panel_of(body, layer="conv")
    with pytest.raises(ConfigError, match="1 is a ReLU and has no filters; these have: 0, 3"):
        panel_of(body, layer="1")
    with pytest.raises(UnsupportedError, match="no convolution and no linear layer"):
        panel_of(nn.Sequential(nn.Flatten()))


@pytest.mark.parametrize("settings", [{"filters": 0}, {"channels": -1}, {"side": 7}])
def test_settings_out_of_their_range_are_refused(settings):
    with pytest.raises(ConfigError, match="Filters want"):
        Filters(**settings)
