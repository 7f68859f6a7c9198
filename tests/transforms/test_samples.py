import numpy as np
import pytest
import torch

from augmenting import find, pictures
from linnet.errors import ConfigError
from linnet.transforms.augmentations.flip import Flip
from linnet.transforms.augmentations.parsing import parse
from linnet.transforms.draws import Draws
from linnet.transforms.samples import augmented_sheet


def cells(sheet, n_rows, n_columns):
    """Cut a sheet into its pictures, checking that all the rest is gap."""
    high, wide = (sheet.shape[0] - 2) // n_rows, (sheet.shape[1] - 2) // n_columns
    assert sheet.shape == (n_rows * high + 2, n_columns * wide + 2, 3)
    rest = sheet.copy()
    found = {}
    for i in range(n_rows):
        for j in range(n_columns):
            place = (slice(2 + i * high, (i + 1) * high), slice(2 + j * wide, (j + 1) * wide))
            found[i, j] = sheet[place]
            rest[place] = 225
    assert (rest == 225).all()
    return found


def test_the_first_column_shows_the_pictures_and_the_others_their_versions():
    images = pictures(3, (3, 70, 90))
    sheet = augmented_sheet(images, Flip(), seed=4, n_versions=5)
    assert sheet.dtype == np.uint8
    for (i, j), cell in cells(sheet, 3, 6).items():
        picture = images[i].permute(1, 2, 0).numpy()
        if j > 0:
            turned = Draws(seed=4, epoch=j - 1, rows=np.arange(3)).bernoulli("mirror", 0.5)[i]
            picture = picture[:, ::-1] if turned else picture
        assert np.array_equal(cell, picture)


def test_small_gray_pictures_are_enlarged_by_a_whole_factor():
    images = pictures(2, (1, 10, 28))
    sheet = augmented_sheet(images, parse("none", find), seed=0, n_versions=1)
    for (i, _), cell in cells(sheet, 2, 2).items():
        expected = images[i, 0].numpy().repeat(3, 0).repeat(3, 1)
        assert np.array_equal(cell, np.stack([expected] * 3, -1))


def test_floats_are_shown_as_their_nearest_bytes():
    images = torch.full((1, 3, 64, 64), 77, dtype=torch.uint8)
    sheet = augmented_sheet(images, parse("noise(deviation=0)", find), seed=0, n_versions=2)
    assert set(np.unique(sheet)) == {77, 225}


@pytest.mark.parametrize("spec", ["strong", "mixup(alpha=1.0)", "light"])
def test_any_augmentation_can_be_shown(spec):
    sheet = augmented_sheet(pictures(4), parse(spec, find), seed=0, n_versions=3)
    first, *others = (cells(sheet, 4, 4)[0, j] for j in range(4))
    assert all(not np.array_equal(first, other) for other in others)


@pytest.mark.parametrize(("n", "n_versions"), [(0, 3), (3, 0)])
def test_a_sheet_of_nothing_is_refused(n, n_versions):
    with pytest.raises(ConfigError, match=f"it got {n} and {n_versions}"):
        augmented_sheet(pictures(n), Flip(), seed=0, n_versions=n_versions)
