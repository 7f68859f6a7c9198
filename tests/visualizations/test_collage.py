"""Pictures side by side: nothing is lost, and small ones stay as they are."""

import numpy as np
import pytest
import torch

from linnet.errors import ImagesError
from linnet.visualizations.collage import PAPER, blank, framed, side_by_side, tile


def test_small_pictures_become_squares_of_their_pixels():
    image = torch.arange(6, dtype=torch.uint8).view(1, 2, 3) * 40
    large = tile(image, side=11)
    assert large.shape == (6, 9, 3)
    for y in range(2):
        for x in range(3):
            assert (large[3 * y : 3 * y + 3, 3 * x : 3 * x + 3] == int(image[0, y, x])).all()


def test_colors_stand_last():
    image = torch.zeros(3, 2, 2, dtype=torch.uint8)
    image[1, 0, 1] = 200
    assert tile(image, side=2)[0, 1].tolist() == [0, 200, 0]


def test_large_pictures_are_averaged_down():
    image = torch.zeros(1, 8, 8, dtype=torch.uint8)
    image[:, :, 4:] = 200
    small = tile(image, side=2)
    assert small.shape == (2, 2, 3)
    assert int(small[0, 0, 0]) < 60
    assert int(small[0, 1, 0]) > 140


def test_floats_are_taken_as_shares_of_white():
    image = torch.tensor([[[0.0, 0.5, 1.0]]])
    assert tile(image, side=3)[0, :, 0].tolist() == [0, 128, 255]


def test_what_is_no_picture_is_refused():
    with pytest.raises(ImagesError, match=r"\(1 or 3, h, w\); it got \(2, 4, 4\)"):
        tile(torch.zeros(2, 4, 4), side=4)


def test_tiles_stand_in_order_with_paper_between_them():
    tiles = [np.full((2, 3, 3), level, dtype=np.uint8) for level in (10, 20, 30)]
    row = side_by_side(tiles, gap=1, first_gap=4)
    assert row.shape == (2, 14, 3)
    assert row[0, :, 0].tolist() == [10] * 3 + [PAPER[0]] * 4 + [20] * 3 + [PAPER[0]] + [30] * 3
    assert side_by_side(tiles[:1], gap=1, first_gap=4).shape == (2, 3, 3)
    assert side_by_side(tiles, gap=1).shape == (2, 11, 3)


def test_a_frame_goes_around_and_hides_nothing():
    picture = np.full((2, 3, 3), 7, dtype=np.uint8)
    whole = framed(picture, (1, 2, 3), width=2)
    assert whole.shape == (6, 7, 3)
    assert (whole[2:4, 2:5] == picture).all()
    assert whole[0, 0].tolist() == whole[-1, -1].tolist() == [1, 2, 3]
    assert (blank(2, 3) == PAPER).all()
