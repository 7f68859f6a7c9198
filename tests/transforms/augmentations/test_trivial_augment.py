import torch

from augmenting import augmented, draws, floats
from linnet.transforms.augmentations.operations import OPERATIONS, Reach
from linnet.transforms.augmentations.trivial_augment import TrivialAugment

REACH = Reach(degrees=135, slant=0.99, share=0.5, enhancement=0.99, lost_bits=6)


def test_each_picture_is_changed_by_the_one_operation_it_drew():
    images, d = floats(60), draws(60)
    result = augmented(TrivialAugment(), images)
    which, strengths = d.integers("operation", 0, 14), d.uniform("strength", -1, 1)
    operations = list(OPERATIONS.values())
    for i in range(60):
        alone = operations[int(which[i])](images[i : i + 1], strengths[i : i + 1], REACH)
        assert torch.equal(result[i], alone[0].clamp(0, 1))


def test_strength_bounds_what_happens():
    images = floats(300)
    plain = torch.tensor([name not in ("auto-contrast", "equalize") for name in OPERATIONS])
    bounded = plain[draws(300).integers("operation", 0, 14)]
    changed = (augmented(TrivialAugment(strength=0), images) - images).abs().amax((1, 2, 3))
    assert float(changed[bounded].max()) < 2e-6
