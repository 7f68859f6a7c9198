import numpy as np
import pytest
import torch

from augmenting import floats, pictures
from linnet.transforms.augmentations import moving
from linnet.transforms.augmentations.moving import _gathered, mirrored, moved, padded, reflected


def by_hand(picture, down, right, edge):
    """Look up each pixel of one (c, h, w) picture where it comes from."""
    _, h, w = picture.shape
    result = np.zeros_like(picture)
    for y in range(h):
        for x in range(w):
            from_y, from_x = y - down, x - right
            if edge == "reflect":
                while not 0 <= from_y < h:
                    from_y = -from_y if from_y < 0 else 2 * (h - 1) - from_y
                while not 0 <= from_x < w:
                    from_x = -from_x if from_x < 0 else 2 * (w - 1) - from_x
            if 0 <= from_y < h and 0 <= from_x < w:
                result[:, y, x] = picture[:, from_y, from_x]
    return result


def test_positions_are_folded_at_the_outermost_pixels():
    assert reflected(torch.arange(-4, 9), 4).tolist() == [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert reflected(torch.arange(-4, 9), 1).tolist() == [0] * 13


@pytest.mark.parametrize("margins", [(0, 0), (3, 2), (2, 0), (8, 11)], ids=str)
@pytest.mark.parametrize("edge", ["reflect", "zero"])
def test_padding_agrees_with_numpy(margins, edge):
    down, right = margins
    images = pictures()
    expected = np.pad(
        images.numpy(),
        ((0, 0), (0, 0), (down, down), (right, right)),
        **({"mode": "reflect"} if edge == "reflect" else {}),
    )
    assert np.array_equal(padded(images, down, right, edge).numpy(), expected)


def test_pictures_smaller_than_the_margin_are_folded_again_and_again():
    images = pictures(2, (1, 2, 3))
    expected = np.pad(images.numpy(), ((0, 0), (0, 0), (7, 7), (9, 9)), mode="reflect")
    assert np.array_equal(padded(images, 7, 9, "reflect").numpy(), expected)


@pytest.mark.parametrize("edge", ["reflect", "zero"])
@pytest.mark.parametrize("make", [pictures, floats])
def test_each_picture_moves_by_its_own_distance(edge, make):
    images = make(6)
    down, right = torch.tensor([0, 1, -1, 3, -3, 2]), torch.tensor([0, -5, 5, 1, 0, -2])
    result = moved(images, down, right, reach=(3, 5), edge=edge)
    assert result.dtype == images.dtype
    for i in range(6):
        expected = by_hand(images[i].numpy(), int(down[i]), int(right[i]), edge)
        assert np.array_equal(result[i].numpy(), expected)


@pytest.mark.parametrize("edge", ["reflect", "zero"])
@pytest.mark.parametrize("make", [pictures, floats])
@pytest.mark.parametrize("shape", [(3, 41, 36), (1, 64, 65)], ids=str)
def test_large_pictures_move_as_small_ones_do(edge, make, shape):
    images = make(7, shape)
    reach = ((shape[1] - 2) // 2, (shape[2] - 2) // 2)  # as far as they are moved one by one
    down = torch.tensor([0, 1, -1, 3, -3, reach[0], -reach[0]])
    right = torch.tensor([0, -5, 5, 1, 0, reach[1], -reach[1]])
    assert images[:1].nbytes >= moving._LARGE
    result = moved(images, down, right, reach=reach, edge=edge)
    assert result.dtype == images.dtype
    for i in range(7):
        expected = by_hand(images[i].numpy(), int(down[i]), int(right[i]), edge)
        assert np.array_equal(result[i].numpy(), expected)


@pytest.mark.parametrize("edge", ["reflect", "zero"])
def test_large_pictures_that_move_further_are_cut_from_padded_ones(edge):
    images = pictures(2, (3, 40, 40))
    down, right = torch.tensor([35, -35]), torch.tensor([-50, 50])
    result = moved(images, down, right, reach=(35, 50), edge=edge)
    for i in range(2):
        expected = by_hand(images[i].numpy(), int(down[i]), int(right[i]), edge)
        assert np.array_equal(result[i].numpy(), expected)


def test_pictures_that_lie_crosswise_in_memory_are_moved_alike():
    images = pictures(4).permute(0, 1, 3, 2)
    down, right = torch.tensor([1, 0, -1, 2]), torch.tensor([0, 2, 1, -1])
    straight = moved(images.contiguous(), down, right, reach=(2, 2), edge="reflect")
    assert torch.equal(moved(images, down, right, reach=(2, 2), edge="reflect"), straight)
    assert torch.equal(mirrored(images, down > 0), mirrored(images.contiguous(), down > 0))


def test_the_way_for_a_gpu_cuts_the_same_windows():
    images = pictures(5)
    down, right = torch.tensor([0, 1, -1, 2, -2]), torch.tensor([3, -3, 0, 1, -1])
    larger = padded(images, 2, 3, "reflect")
    cut = _gathered(larger, 2 - down, 3 - right, size=(9, 12))
    assert torch.equal(cut, moved(images, down, right, reach=(2, 3), edge="reflect"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_does_the_same():
    images, down, right = pictures(5), torch.tensor([0, 1, -1, 2, -2]), torch.tensor([2, -2, 0, 1, -1])
    there = moved(images.cuda(), down.cuda(), right.cuda(), reach=(2, 2), edge="zero")
    assert torch.equal(there.cpu(), moved(images, down, right, reach=(2, 2), edge="zero"))
    assert torch.equal(mirrored(images.cuda(), (down > 0).cuda()).cpu(), mirrored(images, down > 0))


def test_the_chosen_pictures_are_mirrored():
    for images in (pictures(4), floats(4)):
        result = mirrored(images, torch.tensor([True, False, False, True]))
        assert np.array_equal(result[0].numpy(), images[0].numpy()[:, :, ::-1])
        assert torch.equal(result[1:3], images[1:3])
        assert np.array_equal(result[3].numpy(), np.flip(images[3].numpy(), -1))
