import torch

from augmenting import augmented, draws, floats
from linnet.transforms.augmentations.color_jitter import ColorJitter
from linnet.transforms.augmentations.colors import brightened, contrasted, hue_turned, saturated


def test_the_four_changes_follow_each_other_with_their_own_draws():
    images, d = floats(20), draws(20)
    expected = brightened(images, d.uniform("brightness", 0.8, 1.2))
    expected = contrasted(expected, d.uniform("contrast", 0.7, 1.3))
    expected = saturated(expected, d.uniform("saturation", 0.6, 1.4))
    expected = hue_turned(expected, d.uniform("hue", -0.1, 0.1))
    jitter = ColorJitter(brightness=0.2, contrast=0.3, saturation=0.4, hue=0.1)
    assert torch.equal(augmented(jitter, images), expected.clamp(0, 1))


def test_gray_pictures_change_in_brightness_and_contrast_only():
    images = floats(8, (1, 5, 5))
    assert torch.equal(augmented(ColorJitter(brightness=0, contrast=0, saturation=1, hue=0.5), images), images)
    assert not torch.equal(augmented(ColorJitter(brightness=0.5, contrast=0), images), images)
    assert not torch.equal(augmented(ColorJitter(brightness=0, contrast=0.5), images), images)


def test_what_is_set_to_0_stays():
    images = floats(8)
    only_light = augmented(ColorJitter(brightness=0.5, contrast=0, saturation=0, hue=0), images)
    assert torch.allclose(only_light, brightened(images, draws(8).uniform("brightness", 0.5, 1.5)))
