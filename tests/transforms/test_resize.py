import pytest
import torch

from linnet.transforms.resize import shrink, shrunk_shape


@pytest.mark.parametrize(
    ("shape", "max_side", "expected"),
    [
        ((3, 32, 32), 32, (3, 32, 32)),
        ((3, 224, 224), 32, (3, 32, 32)),
        ((1, 100, 50), 20, (1, 20, 10)),
        ((1, 400, 3), 32, (1, 32, 1)),
        ((1, 400, 300), 0, (1, 400, 300)),
    ],
)
def test_shapes_keep_their_proportions(shape, max_side, expected):
    assert shrunk_shape(shape, max_side) == expected
    images = torch.zeros(2, *shape, dtype=torch.uint8)
    assert tuple(shrink(images, max_side).shape[1:]) == expected


def test_small_pictures_are_the_very_same():
    images = torch.randint(0, 256, (3, 1, 8, 8), dtype=torch.uint8)
    assert shrink(images, 8) is images


def test_a_halved_picture_keeps_its_mean():
    images = torch.randint(0, 256, (4, 3, 64, 64), dtype=torch.uint8)
    small = shrink(images, 32).float()
    assert torch.allclose(small.mean((2, 3)), images.float().mean((2, 3)), atol=1.0)


def test_bytes_and_floats_agree_to_rounding():
    images = torch.randint(0, 256, (4, 1, 50, 40), dtype=torch.uint8)
    from_bytes = shrink(images, 20).float() / 255
    from_floats = shrink(images.float() / 255, 20)
    assert float((from_bytes - from_floats).abs().max()) <= 0.5 / 255 + 1e-6


def test_a_picture_does_not_depend_on_its_batch():
    images = torch.randint(0, 256, (5, 3, 40, 40), dtype=torch.uint8)
    assert torch.equal(shrink(images, 16)[2:3], shrink(images[2:3], 16))
