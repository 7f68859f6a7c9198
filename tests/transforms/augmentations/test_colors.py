import colorsys

import pytest
import torch
from torchvision.transforms.v2 import functional as reference

from augmenting import floats, pictures
from linnet.transforms.augmentations.colors import brightened, contrasted, grayed, hue_turned, saturated

FACTORS = (0.0, 0.4, 1.0, 1.7)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (brightened, reference.adjust_brightness),
        (contrasted, reference.adjust_contrast),
        (saturated, reference.adjust_saturation),
    ],
)
@pytest.mark.parametrize("c", [1, 3])
def test_each_picture_changes_by_its_own_factor_as_in_torchvision(ours, theirs, c):
    images = floats(4, (c, 9, 12))
    result = ours(images, torch.tensor(FACTORS, dtype=torch.float64))
    for i, factor in enumerate(FACTORS):
        # Their weights of the colors have four digits, 0.2989 for red.
        assert torch.allclose(result[i], theirs(images[i], factor), atol=3e-4)


@pytest.mark.parametrize("turn", [-0.5, -0.21, 0.0, 0.1, 0.4])
def test_hue_is_turned_as_by_the_standard_library(turn):
    images = floats(2, (3, 4, 5))
    images[0, :, 0, 0] = torch.tensor([0.3, 0.3, 0.3])
    images[0, :, 0, 1] = torch.tensor([1.0, 1.0, 0.0])
    images[0, :, 0, 2] = 0
    result = hue_turned(images, torch.full((2,), turn, dtype=torch.float64))
    for i, y, x in torch.cartesian_prod(torch.arange(2), torch.arange(4), torch.arange(5)).tolist():
        hue, saturation, value = colorsys.rgb_to_hsv(*images[i, :, y, x].tolist())
        expected = colorsys.hsv_to_rgb((hue + turn) % 1, saturation, value)
        assert result[i, :, y, x].tolist() == pytest.approx(expected, abs=2e-6)


def test_gray_is_what_pillow_makes_of_it():
    from PIL import Image

    images = pictures(1, (3, 30, 40))
    theirs = torch.tensor(list(Image.fromarray(images[0].permute(1, 2, 0).numpy()).convert("L").tobytes()))
    ours = (grayed(images.float() / 255) * 255).flatten()
    assert float((ours - theirs).abs().max()) < 0.51


def test_gray_pictures_have_no_hue_and_no_saturation():
    images = floats(2, (1, 4, 4))
    half = torch.full((2,), 0.5)
    assert torch.equal(hue_turned(images, half), images)
    assert torch.equal(saturated(images, half), images)
    assert torch.equal(grayed(images), images)
