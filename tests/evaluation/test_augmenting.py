import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from linnet.classifiers.base import create
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError, RunError, UnknownNameError
from linnet.evaluation.augmenting import (
    augmentation_of,
    contact_sheet,
    free_sheet,
    refuse_unknown,
    spread_over_classes,
)


def dataset(labels, *, channels=3, side=32):
    n = len(labels)
    images = torch.randint(0, 256, (n, channels, side, side), generator=torch.Generator().manual_seed(0)).byte()
    names = tuple(f"class {i}" for i in range(max(labels) + 1))
    return Dataset.of(images, torch.tensor(labels), class_names=names)


def named(spec):
    return augmentation_of(spec, dataset([0, 1]), seed=0)


def pixels(png):
    return np.asarray(Image.open(io.BytesIO(png)))


def tile(sheet, row, column, side=64):
    top, left = 2 + row * (side + 2), 2 + column * (side + 2)
    return sheet[top : top + side, left : left + side]


def test_a_sheet_has_eight_pictures_and_eight_versions_of_each():
    sheet = pixels(contact_sheet(dataset([0, 1] * 10), named("pad-crop"), seed=0))
    assert sheet.shape == (8 * 66 + 2, 9 * 66 + 2, 3)


def test_the_first_column_is_training_pictures_as_they_are_in_the_order_of_classes():
    data = dataset([2, 0, 1, 2, 0, 1, 2, 0])
    sheet = pixels(contact_sheet(data, named("noise"), seed=0))
    order = spread_over_classes(data.labels, 8, seed=0)
    assert data.labels[order].tolist() == [0, 0, 0, 1, 1, 2, 2, 2]
    for row, chosen in enumerate(order):
        wanted = data.images[chosen].permute(1, 2, 0).numpy().repeat(2, 0).repeat(2, 1)
        assert np.array_equal(tile(sheet, row, 0), wanted)
        assert not np.array_equal(tile(sheet, row, 1), wanted)


def test_versions_are_mirror_images_where_flips_were_asked_for():
    sheet = pixels(contact_sheet(dataset([0, 1] * 4), named("flip(p=1)"), seed=3))
    assert np.array_equal(tile(sheet, 5, 4), tile(sheet, 5, 0)[:, ::-1])


def test_the_same_seed_draws_the_same_bytes_and_another_one_others():
    data = dataset([0, 1, 2] * 10)
    first, again, other = (contact_sheet(data, named("rotate"), seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_gray_pictures_and_fewer_than_eight_make_a_smaller_sheet():
    sheet = pixels(contact_sheet(dataset([0, 0, 1], channels=1), named("none"), seed=0))
    assert sheet.shape == (3 * 66 + 2, 9 * 66 + 2, 3)


@pytest.mark.parametrize(
    ("counts", "wanted"), [([50, 50, 50], [3, 3, 2]), ([50, 1, 50], [4, 1, 3]), ([1] * 20, [1] * 8), ([2, 1], [2, 1])]
)
def test_rows_are_spread_as_evenly_over_classes_as_can_be(counts, wanted):
    labels = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    rows = spread_over_classes(labels, 8, seed=0)
    assert len(set(rows.tolist())) == len(rows)
    found = np.bincount(labels[torch.from_numpy(rows)].numpy())
    assert sorted(found[found > 0].tolist()) == sorted(wanted)
    assert (np.diff(labels[torch.from_numpy(rows)].numpy()) >= 0).all()


def test_another_seed_chooses_other_rows():
    labels = torch.arange(1000) % 4
    assert spread_over_classes(labels, 8, seed=0).tolist() != spread_over_classes(labels, 8, seed=1).tolist()


def test_a_spec_that_means_nothing_is_refused():
    for refuse in (named, refuse_unknown):
        with pytest.raises(UnknownNameError, match="did you mean 'flip'"):
            refuse("flipp")
        with pytest.raises(ConfigError, match="erasing"):
            refuse("erasing(p=2)")


def test_auto_is_what_a_network_takes_for_the_pictures():
    refuse_unknown("auto")
    data = dataset([0, 1] * 100, side=16)
    rung = create("mlp", {"hidden": 4, "epochs": 1}).fit(data)
    found = augmentation_of("auto", data, seed=0).spec()
    assert found == rung.recipe_.augment
    assert found.startswith("pad-crop(padding=2)")


def test_a_sheet_is_never_written_over_another(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert free_sheet(None) == Path("augmented.png")
    assert free_sheet(tmp_path / "new") == tmp_path / "new" / "augmented.png"
    Path("augmented.png").write_text("mine")
    with pytest.raises(RunError, match="exists already and is left as it is"):
        free_sheet(None)
