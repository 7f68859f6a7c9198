"""Frames and gradients of networks whose fields are known."""

import numpy as np
import pytest
import torch
from torch import nn

from linnet.errors import ConfigError, UnsupportedError
from linnet.visualizations import sheets
from linnet.visualizations.layers import as_numbers, survey
from linnet.visualizations.receptive_field import ReceptiveField, effective_fields
from looked_at import convolution, random_pictures, rung_of, same_state, state_of, subject_of


def positive(*, inputs=1, padding=0):
    return convolution(torch.full((2, inputs, 3, 3), 0.5), padding=padding)


def body_of():
    return nn.Sequential(
        positive(padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Conv2d(2, 2, 3, padding=1), nn.Flatten(),
        nn.Linear(2 * 6 * 6, 2),
    )  # fmt: skip


def panels_of(body, images, **settings):
    return ReceptiveField(**settings).draw(subject_of(body, images))


def framed_box(tile):
    """Top, left, height and width of the frame's bright line, with the dark line around it."""
    bright = np.all(tile == sheets.FRAME, axis=2)
    rows, columns = np.nonzero(bright.any(1))[0], np.nonzero(bright.any(0))[0]
    top, left = int(rows[0]) - 1, int(columns[0]) - 1
    return top, left, int(rows[-1]) + 2 - top, int(columns[-1]) + 2 - left


def test_the_frame_stands_around_the_field_of_the_middle():
    images = random_pictures(2, (1, 12, 12))
    frames, _ = panels_of(body_of(), images, side=120)
    assert frames.image.shape == (2 * 120 + 2, 4 * 120 + 3 * 2, 3)
    tiles = [frames.image[:120, start : start + 120] for start in range(0, 488, 122)]
    # Row 6 of 12 sees rows 5 to 7. Row 3 of 6 after the pooling sees 5 to 8; the next layer 2 more on each side.
    assert framed_box(tiles[0]) == (50, 50, 30, 30)
    assert framed_box(tiles[1]) == (50, 50, 40, 40)
    assert framed_box(tiles[2]) == (30, 30, 80, 80)
    assert framed_box(tiles[3]) == (0, 0, 120, 120)
    for words in ("0 (3 x 3), 2 (4 x 4), 3 (8 x 8), 5 (the whole picture", "in the middle"):
        assert words in frames.caption


def test_a_given_place_is_framed_and_the_frame_ends_at_the_edge():
    frames, _ = panels_of(body_of(), random_pictures(1, (1, 12, 12)), layer="3", row=0, column=5, side=120)
    assert framed_box(frames.image) == (0, 70, 50, 50)  # rows -3 to 4 and columns 7 to 14, of 12
    assert "row 0 and column 5" in frames.caption


def test_places_outside_a_map_are_refused():
    with pytest.raises(ConfigError, match="maps of 3 have 6 rows and 6 columns, counted from 0; row 6 and column 3"):
        panels_of(body_of(), random_pictures(1, (1, 12, 12)), layer="3", row=6)


def test_gradients_are_those_of_the_weights():
    images = random_pictures(4, (1, 6, 6))
    kernels = torch.arange(-9.0, 9.0).view(2, 1, 3, 3)
    network = nn.Sequential(convolution(kernels), nn.ReLU())
    found = survey(network, (1, 6, 6))
    (count,) = effective_fields(network, as_numbers(images), [found.calls[0]], [(1, 2)], found)
    expected = np.zeros((6, 6))
    expected[1:4, 2:5] = np.abs(kernels.sum(0)[0].numpy())
    assert np.allclose(count, expected)


def test_gradients_are_averaged_over_pictures_and_taken_before_layers_that_work_in_place():
    network = nn.Sequential(convolution([[[[1.0]]]]), nn.ReLU(inplace=True), convolution([[[[2.0]]]]))
    with torch.no_grad():
        network[0].bias.fill_(-0.5)
    images = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1)
    found = survey(network, (1, 1, 1))
    first, bent, last = effective_fields(network, as_numbers(images), list(found.calls), [(0, 0)] * 3, found)
    assert (float(first[0, 0]), float(bent[0, 0]), float(last[0, 0])) == (1.0, 0.5, 1.0)  # the black picture is silent


def test_gradients_of_many_pictures_are_averaged_in_parts():
    images = random_pictures(19, (1, 12, 12))
    network = body_of().eval()
    found = survey(network, (1, 12, 12))
    call = found.find("3")
    (count,) = effective_fields(network, as_numbers(images), [call], [(3, 3)], found)
    each = [effective_fields(network, as_numbers(image[None]), [call], [(3, 3)], found)[0] for image in images]
    assert np.allclose(count, np.mean(each, axis=0), rtol=1e-5)


def test_what_counts_is_inside_of_what_can_be_seen():
    frames, counts = panels_of(body_of(), random_pictures(3, (1, 12, 12)), layers=4, side=12)
    assert counts.image.shape == (12, 4 * 12 + 3 * 2, 3)
    # Rows 3 to 10, as the frame has it: nothing counts outside, something within.
    tile = counts.image[:, 2 * 14 : 2 * 14 + 12, 0]
    assert tile[3:11, 3:11].max() == 255
    tile[3:11, 3:11] = 0
    assert tile.max() == 0
    assert "averaged over 3 pictures" in counts.caption
    assert frames.name != counts.name


def test_layers_without_gradients_are_left_out_and_counted():
    class Steps(nn.Module):
        def forward(self, x):
            return (x > 0.5).float()

    body = nn.Sequential(positive(), Steps(), positive(inputs=2))
    panels = panels_of(body, random_pictures(1, (1, 8, 8)))
    assert [panel.name for panel in panels] == ["receptive-field", "effective-field"]
    assert "1 without gradients is left out" in panels[1].caption
    assert len(panels_of(nn.Sequential(Steps(), positive()), random_pictures(1, (1, 8, 8)))) == 1


def test_of_many_layers_the_ends_and_some_between_are_drawn():
    body = nn.Sequential(*[nn.Conv2d(1, 1, 3, padding=1) for _ in range(9)])
    frames, _ = panels_of(body, random_pictures(1, (1, 32, 32)), layers=3)
    assert "0 (3 x 3), 4 (11 x 11), 8 (19 x 19)" in frames.caption


def test_only_the_first_of_the_layers_that_see_everything_is_drawn():
    body = nn.Sequential(*[nn.Conv2d(1, 1, 5, padding=2) for _ in range(5)], nn.Flatten(), nn.Linear(64, 2))
    frames, _ = panels_of(body, random_pictures(1, (1, 8, 8)))
    assert "0 (5 x 5), 1 (9 x 9), in pixels" in frames.caption


def test_a_network_of_linear_layers_sees_the_whole_picture():
    frames, counts = panels_of(nn.Sequential(nn.Flatten(), nn.Linear(64, 2)), random_pictures(1, (1, 8, 8)), side=64)
    assert framed_box(frames.image) == (0, 0, 64, 64)
    assert counts.image.min() > 0


def test_pictures_are_drawn_as_small_as_the_network_sees_them():
    subject = subject_of(nn.Sequential(nn.Conv2d(1, 1, 3)), random_pictures(1, (1, 32, 32)), max_side=8)
    frames, counts = ReceptiveField(side=64).draw(subject)
    assert framed_box(frames.image) == (24, 24, 24, 24)  # row 3 of 6 sees rows 3 to 5 of 8
    assert counts.image.shape == (64, 64, 3)


def test_large_pictures_are_made_smaller_and_the_frame_with_them():
    frames, counts = panels_of(nn.Sequential(nn.Conv2d(1, 1, 21)), random_pictures(1, (1, 60, 60)), side=30)
    assert frames.image.shape == (30, 30, 3)
    assert framed_box(frames.image) == (10, 10, 10, 10)  # rows 20 to 40 of 60, at half the size
    assert "averaged over 1 picture." in counts.caption


def test_the_network_is_given_back_also_after_an_error():
    rung = rung_of(body_of(), (1, 12, 12))
    rung.network_.train()
    before = state_of(rung.network_)
    found = survey(rung.network_, (1, 12, 12))
    with pytest.raises(IndexError):
        effective_fields(rung.network_, torch.rand(1, 1, 12, 12), [found.calls[0]], [(99, 0)], found)
    assert same_state(before, state_of(rung.network_))


def test_a_network_without_such_layers_is_refused():
    with pytest.raises(UnsupportedError, match="no convolution, pooling or linear layer"):
        panels_of(nn.Sequential(nn.Flatten()), random_pictures(1, (1, 8, 8)))


@pytest.mark.parametrize("settings", [{"layers": 0}, {"row": -2}, {"pictures": 0}, {"averaged": 0}, {"side": 3}])
def test_settings_out_of_their_range_are_refused(settings):
    with pytest.raises(ConfigError, match="A receptive field wants"):
        ReceptiveField(**settings)
