import torch

from augmenting import augmented, draws, pictures
from linnet.transforms.augmentations.translate import Translate


def test_pictures_move_by_a_share_of_each_side():
    images = torch.zeros(2000, 1, 20, 40, dtype=torch.uint8)
    images[:, :, 10, 20] = 1
    places = torch.nonzero(augmented(Translate(share=0.1), images))[:, 2:]
    assert len(places) == 2000
    assert sorted(set(places[:, 0].tolist())) == [8, 9, 10, 11, 12]
    assert sorted(set(places[:, 1].tolist())) == list(range(16, 25))
    assert torch.equal(places[:, 0] - 10, draws(2000).integers("down", -2, 3))


def test_a_whole_side_may_go_out_of_sight():
    result = augmented(Translate(share=1), pictures(200, (1, 3, 3)))
    assert (result.flatten(1).sum(1) == 0).any()


def test_mirror_images_come_in_where_that_is_wanted():
    images = torch.full((100, 3, 16, 16), 9, dtype=torch.uint8)
    assert torch.equal(augmented(Translate(edge="reflect"), images), images)
    assert (augmented(Translate(), images) == 0).any()
