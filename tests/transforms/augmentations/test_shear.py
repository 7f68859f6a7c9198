import math

import torch
from scipy.ndimage import affine_transform

from augmenting import augmented, draws, floats
from linnet.transforms.augmentations.shear import Shear


def test_pictures_are_slanted_by_their_own_angles_both_ways():
    images = floats(6, (1, 11, 14))
    result = augmented(Shear(degrees=30), images)
    across, down = (torch.tan(draws(6).uniform(n, -30, 30) * math.pi / 180).numpy() for n in ("across", "down"))
    for i in range(6):
        matrix = torch.tensor([[1, down[i]], [across[i], 1]]).numpy()
        middle = torch.tensor([5.0, 6.5], dtype=torch.float64).numpy()
        expected = affine_transform(
            images[i, 0].numpy().astype(float), matrix, offset=middle - matrix @ middle, order=1, mode="grid-constant"
        )
        assert torch.allclose(result[i, 0].double(), torch.from_numpy(expected), atol=2e-5)


def test_a_right_angle_is_never_reached():
    assert torch.isfinite(augmented(Shear(degrees=45), floats(200, (1, 4, 4)))).all()
