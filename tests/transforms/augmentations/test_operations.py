import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2 import functional as reference

from augmenting import floats, pictures
from linnet.transforms.augmentations.operations import OPERATIONS, Reach, operated

REACH = Reach(degrees=30, slant=0.3, share=0.5, enhancement=0.9, lost_bits=4)
NAMES = tuple(OPERATIONS)


def apply(name, images, *strengths):
    return OPERATIONS[name](images, torch.tensor(strengths, dtype=torch.float64), REACH)


def few_levels(n=3, shape=(3, 20, 30)):
    """Dark pictures of a narrow range, uneven in their levels."""
    values = np.random.default_rng(0).gamma(2.0, 15.0, (n, *shape)).clip(5, 180)
    return torch.from_numpy(values.astype(np.uint8))


def test_there_are_fourteen():
    assert len(NAMES) == 14


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, 9, 12), (3, 12, 9), (3, 1, 1)], ids=str)
def test_shape_type_and_finiteness_are_kept(name, shape):
    images = floats(4, shape)
    kept = images.clone()
    result = apply(name, images, -1, -0.3, 0.3, 1)
    assert result.shape == images.shape
    assert result.dtype == torch.float32
    assert torch.isfinite(result).all()
    assert torch.equal(images, kept)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("auto-contrast", "equalize")])
def test_strength_0_is_the_identity(name):
    images = floats(4)
    assert torch.allclose(apply(name, images, 0, 0, 0, 0), images, atol=2e-6)


@pytest.mark.parametrize("strength", [-1.0, -0.4, 0.7])
@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("brightness", reference.adjust_brightness),
        ("color", reference.adjust_saturation),
        ("contrast", reference.adjust_contrast),
        ("sharpness", reference.adjust_sharpness),
    ],
)
def test_enhancements_agree_with_torchvision(name, theirs, strength):
    images = floats(2)
    for ours, image in zip(apply(name, images, strength, strength), images, strict=True):
        # Rounded in theirs: the smoothed picture of sharpness, and the weights of the colors.
        assert torch.allclose(ours, theirs(image, 1 + 0.9 * strength), atol=1e-3)


def test_moves_go_where_their_signs_say():
    images = torch.zeros(2, 1, 9, 9)
    images[:, 0, 4, 4] = 1
    right, left = apply("translate-x", images, 4 / 9, -4 / 9)
    assert float(right[0, 4, 6]) == pytest.approx(1, abs=1e-5)
    assert float(left[0, 4, 2]) == pytest.approx(1, abs=1e-5)
    down, up = apply("translate-y", images, 4 / 9, -4 / 9)
    assert float(down[0, 6, 4]) == pytest.approx(1, abs=1e-5)
    assert float(up[0, 2, 4]) == pytest.approx(1, abs=1e-5)


def test_rotation_and_shearing_reach_as_far_as_they_may():
    from torchvision.transforms import InterpolationMode

    image = floats(1)
    turned = reference.rotate(image[0], -15, interpolation=InterpolationMode.BILINEAR)
    assert torch.allclose(apply("rotate", image, 0.5)[0], turned, atol=2e-5)
    degrees = float(np.degrees(np.arctan(0.15)))
    for name, shear in (("shear-x", [degrees, 0.0]), ("shear-y", [0.0, degrees])):
        theirs = reference.affine(image[0], 0.0, [0.0, 0.0], 1.0, shear, interpolation=InterpolationMode.BILINEAR)
        assert torch.allclose(apply(name, image, 0.5)[0], theirs, atol=2e-5)


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0, -1.0])
def test_posterizing_drops_bits_as_in_torchvision(strength):
    images = pictures(2)
    theirs = reference.posterize(images, 8 - round(abs(strength) * 4))
    assert torch.equal((apply("posterize", images / 255, strength, strength) * 255).round().to(torch.uint8), theirs)


@pytest.mark.parametrize("strength", [0.2, 0.6, 1.0])
def test_solarizing_inverts_what_is_bright_as_in_torchvision(strength):
    images = floats(2)
    threshold = np.float32(1 - strength)
    assert torch.equal(apply("solarize", images, strength, -strength), reference.solarize(images, float(threshold)))


def test_contrast_is_stretched_as_in_torchvision():
    images = few_levels()
    assert torch.allclose(
        apply("auto-contrast", images / 255, 1, 1, 1), reference.autocontrast(images / 255), atol=1e-6
    )


def test_levels_are_made_as_frequent_as_in_pillow():
    from PIL import ImageOps

    images = few_levels()
    result = (apply("equalize", images / 255, 1, 1, 1) * 255).round().to(torch.uint8)
    for i in range(3):
        theirs = np.array(ImageOps.equalize(Image.fromarray(images[i].permute(1, 2, 0).numpy())))
        assert np.array_equal(result[i].permute(1, 2, 0).numpy(), theirs)


@pytest.mark.parametrize("name", ["auto-contrast", "equalize"])
def test_flat_pictures_stay_flat(name):
    images = torch.full((2, 3, 8, 8), 100 / 255)
    assert torch.equal(apply(name, images, 1, 1), images)


def test_each_picture_gets_its_own_operation():
    images = floats(28)
    which, strengths = torch.arange(28) % 14, torch.linspace(-1, 1, 28, dtype=torch.float64)
    result = operated(images, which, strengths, REACH)
    for i in range(28):
        alone = OPERATIONS[NAMES[i % 14]](images[i : i + 1], strengths[i : i + 1], REACH)[0]
        assert torch.equal(result[i], alone.clamp(0, 1))
