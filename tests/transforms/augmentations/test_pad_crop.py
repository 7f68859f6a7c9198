import numpy as np
import torch

from augmenting import augmented, draws, pictures
from linnet.transforms.augmentations.pad_crop import PadCrop


def test_each_picture_is_a_cut_of_its_padded_self_at_the_drawn_place():
    images = pictures(50)
    result = augmented(PadCrop(padding=3), images).numpy()
    down, right = draws(50).integers("down", -3, 4), draws(50).integers("right", -3, 4)
    wide = np.pad(images.numpy(), ((0, 0), (0, 0), (3, 3), (3, 3)), mode="reflect")
    for i in range(50):
        top, left = 3 - int(down[i]), 3 - int(right[i])
        assert np.array_equal(result[i], wide[i, :, top : top + 9, left : left + 12])


def test_every_place_occurs():
    images = torch.zeros(500, 1, 5, 5, dtype=torch.uint8)
    images[:, :, 2, 2] = 255
    places = torch.nonzero(augmented(PadCrop(padding=2, edge="zero"), images))[:, 2:]
    assert len({tuple(place) for place in places.tolist()}) == 25


def test_black_comes_in_where_that_is_wanted():
    images = torch.full((100, 3, 6, 6), 200, dtype=torch.uint8)
    assert set(augmented(PadCrop(padding=1, edge="zero"), images).unique().tolist()) == {0, 200}
    assert set(augmented(PadCrop(padding=1), images).unique().tolist()) == {200}
