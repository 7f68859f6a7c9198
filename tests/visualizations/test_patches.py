"""A filter that looks for a known pattern must find it, and the piece that is cut out must be that pattern."""

import numpy as np
import pytest
import torch
from torch import nn

from linnet.datasets.base import Dataset
from linnet.errors import ConfigError, UnknownNameError, UnsupportedError
from linnet.training.anatomy.receptive import Field
from linnet.visualizations.patches import Patches, best_places, box_of, joined, merged
from linnet.visualizations.sheets import GAP_LEVEL
from looked_at import convolution, random_pictures, subject_of

CROSS = torch.tensor([[255, 0, 255], [0, 255, 0], [255, 0, 255]], dtype=torch.uint8)


def hidden(places, side=12):
    """Faint noise with a cross whose top left corner is at each place; None hides none."""
    images = random_pictures(len(places), (1, side, side)) // 8
    for image, place in zip(images, places, strict=True):
        if place is not None:
            row, column = place
            image[0, row : row + 3, column : column + 3] = CROSS
    return images


def data_of(images):
    return Dataset.of(images, torch.arange(len(images)) % 2, ["ant", "bee"])


def finder(**geometry):
    """A filter that answers most where the cross is."""
    return convolution((CROSS.float() / 127.5 - 1).view(1, 1, 3, 3), **geometry)


def panel_of(body, images, *, seed=0, **settings):
    (panel,) = Patches(**settings).draw(subject_of(body, images[:1], train=data_of(images), seed=seed))
    return panel


def tiles_of(panel, n_columns, size, row=0):
    """The tiles of one row as small pictures again."""
    step = (panel.image.shape[1] - 2 * (n_columns - 1)) // n_columns
    factor = step // size
    top = row * (step + 2)
    return [
        panel.image[top : top + step : factor, column * (step + 2) : column * (step + 2) + step : factor, 0]
        for column in range(n_columns)
    ]


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_the_piece_that_is_cut_out_is_the_pattern_that_the_filter_looks_for(padding):
    images = hidden([None, (0, 0), None, (4, 7), (9, 9), None])
    panel = panel_of(nn.Sequential(finder(padding=padding), nn.ReLU()), images, columns=3, side=9)
    for tile in tiles_of(panel, 3, 3):
        assert np.array_equal(tile, CROSS.numpy())


def test_strides_and_poolings_are_reckoned_with():
    # Steps of 4, begun one pixel before the picture: the window stands exactly on these.
    places = [(3, 7), (7, 3), (7, 7)]
    body = nn.Sequential(finder(stride=4, padding=1))
    panel = panel_of(body, hidden(places, side=16), columns=3, side=9)
    assert [np.array_equal(tile, CROSS.numpy()) for tile in tiles_of(panel, 3, 3)] == [True] * 3
    pooled = nn.Sequential(finder(), nn.ReLU(), nn.MaxPool2d(2))
    panel = panel_of(pooled, hidden([(4, 4), (2, 8)], side=16), layer="2", columns=2, side=12)
    # Two by two places of the 3 x 3 window: 4 x 4 pixels, with the cross in its top left corner.
    for tile in tiles_of(panel, 2, 4):
        assert np.array_equal(tile[:3, :3], CROSS.numpy())


def test_the_best_stand_first_and_each_picture_but_once():
    images = hidden([(1, 1), (5, 5), None])
    images[0, 0, 6:9, 6:9] = CROSS  # twice in one picture
    images[1] //= 2  # fainter
    panel = panel_of(nn.Sequential(finder()), images, columns=3, side=9)
    tiles = tiles_of(panel, 3, 3)
    assert np.array_equal(tiles[0], CROSS.numpy())
    assert np.array_equal(tiles[1], CROSS.numpy() // 2)
    assert tiles[2].max() <= 32


def test_the_result_does_not_depend_on_batches():
    images = hidden([(at, 9 - at) for at in range(9)])
    body = nn.Sequential(convolution(torch.randn(5, 1, 3, 3, generator=torch.Generator().manual_seed(1))))
    panels = [panel_of(body, images, batch=batch, columns=4, rows=5) for batch in (1, 4, 100)]
    assert all(np.array_equal(panels[0].image, panel.image) for panel in panels[1:])


def test_a_window_over_the_edge_is_gray_there():
    images = hidden([None])
    images[0, 0, 0, 0] = 255
    corner = torch.zeros(1, 1, 3, 3)
    corner[0, 0, 2, 2] = 1.0
    panel = panel_of(nn.Sequential(convolution(corner, padding=2)), images, columns=1, side=9)
    (tile,) = tiles_of(panel, 1, 3)
    assert np.all(tile[:2] == GAP_LEVEL)
    assert np.all(tile[:, :2] == GAP_LEVEL)
    assert tile[2, 2] == 255
    assert "beyond the picture's edge" in panel.caption


def test_pictures_are_cut_in_the_size_that_the_network_sees():
    images = hidden([(2, 5)], side=12).repeat_interleave(2, 2).repeat_interleave(2, 3)
    train = data_of(images)
    (panel,) = Patches(side=9).draw(subject_of(nn.Sequential(finder()), images, train=train, max_side=12))
    # Averaging down blurs the edges of the cross by its neighbors; what is bright stays bright.
    (tile,) = tiles_of(panel, 1, 3)
    assert np.all((tile > 128) == (CROSS.numpy() > 128))


def bank():
    """Three filters: the cross, nothing, and brightness."""
    kernels = torch.zeros(3, 1, 3, 3)
    kernels[0, 0] = CROSS.float() / 127.5 - 1
    kernels[2] = 0.01
    return nn.Sequential(convolution(kernels))


def test_filters_are_those_asked_for_or_those_that_answer_most():
    images = hidden([(1, 1), (5, 5)])
    asked = panel_of(bank(), images, filters=(3, 1), columns=2, side=9)
    assert "number 3, 1 of 3." in asked.caption
    assert np.array_equal(tiles_of(asked, 2, 3, row=1)[0], CROSS.numpy())
    strongest = panel_of(bank(), images, rows=2, columns=2, side=9)
    assert "number 1, 3 of 3, those that answer most." in strongest.caption
    with pytest.raises(ConfigError, match="counted from 1 to 3 here; 4 was asked for"):
        panel_of(bank(), images, filters=(1, 4))


def test_the_layer_is_the_last_one_that_sees_less_than_half_of_the_picture():
    body = nn.Sequential(finder(), finder(), finder(), finder(), nn.Flatten(), nn.Linear(16, 2))
    panel = panel_of(body, hidden([(1, 1)]), columns=1)
    assert panel.name == "patches-2"  # 7 x 7 of 12 x 12; the next one sees 9 x 9
    assert "pieces of 7 x 7 pixels" in panel.caption
    assert panel_of(body, hidden([(1, 1)]), layer="0").name == "patches-0"
    with pytest.raises(UnknownNameError):
        panel_of(body, hidden([(1, 1)]), layer="9")


def test_units_that_see_the_whole_picture_show_whole_pictures():
    images = hidden([(1, 1), (5, 5)])
    panel = panel_of(nn.Sequential(nn.Flatten(), nn.Linear(144, 4)), images, rows=4, columns=2, side=12)
    shown = tiles_of(panel, 2, 12)
    assert sorted(int(tile.sum()) for tile in shown) == sorted(int(image.sum()) for image in images)
    assert "the whole pictures" in panel.caption


def test_a_network_without_filters_is_refused():
    with pytest.raises(UnsupportedError, match="no convolution and no linear layer"):
        panel_of(nn.Sequential(nn.Flatten()), hidden([None]))


def test_of_many_pictures_some_are_drawn_by_the_seed():
    images = random_pictures(40, (1, 8, 8))
    panels = [panel_of(bank(), images, pictures=5, columns=4, seed=seed) for seed in (1, 1, 2)]
    assert np.array_equal(panels[0].image, panels[1].image)
    assert not np.array_equal(panels[0].image, panels[2].image)
    assert "among 5 training pictures" in panels[0].caption


def test_the_search_agrees_with_a_loop():
    generator = torch.Generator().manual_seed(0)
    maps = torch.randint(0, 5, (7, 3, 2, 4), generator=generator).float()  # many equal values
    found = merged(joined(best_places(maps[:4], first_row=0), best_places(maps[4:], first_row=4)), 5)
    for channel in range(3):
        answers = []
        for row in range(7):
            flat = maps[row, channel].flatten().tolist()
            answers.append((-max(flat), row, flat.index(max(flat))))
        expected = sorted(answers)[:5]
        assert found.values[channel].tolist() == [-value for value, _, _ in expected]
        assert found.rows[channel].tolist() == [row for _, row, _ in expected]
        assert found.places[channel].tolist() == [place for _, _, place in expected]


def test_a_box_begins_where_the_field_does():
    assert box_of(Field((5, 3), (4, 2), (-2, -1)), 3, 1, sides=(32, 16)) == (10, 1, 5, 3)
    assert box_of(None, 3, 1, sides=(32, 16)) == (0, 0, 32, 16)


@pytest.mark.parametrize("settings", [{"rows": 0}, {"columns": 0}, {"pictures": 0}, {"batch": 0}, {"side": 1}])
def test_settings_out_of_their_range_are_refused(settings):
    with pytest.raises(ConfigError, match="Patches want"):
        Patches(**settings)
