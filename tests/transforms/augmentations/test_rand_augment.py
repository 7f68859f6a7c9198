import torch

from augmenting import augmented, draws, floats
from linnet.transforms.augmentations.operations import OPERATIONS, Reach, operated
from linnet.transforms.augmentations.rand_augment import RandAugment

REACH = Reach(degrees=30, slant=0.3, share=0.45, enhancement=0.9, lost_bits=4)


def test_operations_follow_each_other_at_one_strength():
    images, d = floats(60), draws(60)
    expected = images
    for i in range(3):
        signs = 2 * d.integers(f"{i} direction", 0, 2) - 1
        expected = operated(expected, d.integers(f"{i} operation", 0, 14), signs * 0.5, REACH)
    assert torch.equal(augmented(RandAugment(n=3, magnitude=15), images), expected.clamp(0, 1))


def test_more_strength_changes_more():
    images = floats(200)
    weak, strong = ((augmented(RandAugment(magnitude=m), images) - images).abs().mean() for m in (2, 25))
    assert strong > 1.5 * weak


def test_every_operation_is_drawn():
    assert set(draws(500).integers("0 operation", 0, len(OPERATIONS)).tolist()) == set(range(14))
