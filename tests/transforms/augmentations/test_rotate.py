import pytest
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as reference

from augmenting import augmented, draws, floats
from linnet.transforms.augmentations.rotate import Rotate


def test_pictures_turn_by_their_own_angles():
    images = floats(8)
    angles = draws(8).uniform("degrees", -40, 40)
    result = augmented(Rotate(degrees=40), images)
    for i, angle in enumerate(angles.tolist()):
        expected = reference.rotate(images[i], -angle, interpolation=InterpolationMode.BILINEAR)
        assert torch.allclose(result[i], expected, atol=2e-5)


@pytest.mark.parametrize("edge", ["zero", "reflect"])
def test_the_edge_is_as_asked_for(edge):
    result = augmented(Rotate(degrees=45, edge=edge), torch.ones(20, 1, 8, 8))
    assert (float(result.min()) < 0.5) == (edge == "zero")
