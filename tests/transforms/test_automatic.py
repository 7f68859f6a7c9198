import gc

import pytest
import torch

from linnet.datasets.base import Dataset
from linnet.transforms import automatic
from linnet.transforms.automatic import automatic_augmentation, has_flips, usual_augmentation
from listening import Heard


def turned():
    """Two classes that mirror each other: light on the left, or on the right."""
    images = torch.randint(0, 60, (200, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(200) % 2
    images[labels == 0, :, :, :4] += 120
    images[labels == 1, :, :, 4:] += 120
    return Dataset.of(images, labels)


def upright():
    """Two classes that lie above each other."""
    data = turned()
    return Dataset.of(data.images.transpose(2, 3).contiguous(), data.labels)


@pytest.mark.parametrize(
    ("shape", "spec"),
    [
        ((3, 32, 32), "pad-crop(padding=4),flip"),
        ((1, 28, 100), "pad-crop(padding=3),flip"),
        ((1, 4, 4), "pad-crop(padding=1),flip"),
    ],
)
def test_shifts_are_an_eighth_of_the_shorter_side_and_at_least_a_pixel(shape, spec):
    assert usual_augmentation(shape) == spec


@pytest.mark.parametrize("flip", ["flip", "alternating-flip", "sometimes(0.5,flip)"])
def test_flips_go_where_they_change_the_label(flip):
    spec = f"pad-crop(padding=1),{flip},blur"
    assert automatic_augmentation(spec, turned(), seed=0).spec() == "pad-crop(padding=1),blur"
    assert automatic_augmentation(spec, upright(), seed=0).spec() == spec


def test_without_flips_nothing_is_probed():
    heard = Heard()
    assert automatic_augmentation("noise", turned(), seed=0, progress=heard).spec() == "noise"
    assert heard.said == []


def test_the_same_pictures_are_probed_once_and_other_rows_labels_or_seeds_again():
    heard, data = Heard(), turned()
    for _ in range(2):
        automatic_augmentation("flip", data.subset(range(150)), seed=0, progress=heard)
    assert len(heard.said) == 1
    assert "Flips are off" in heard.said[0]
    automatic_augmentation("flip", data.subset(range(50, 200)), seed=0, progress=heard)
    automatic_augmentation("flip", data.subset(range(150)), seed=1, progress=heard)
    relabelled = Dataset(
        pixels=data.pixels, rows=data.rows, labels=1 - data.labels, class_names=data.class_names, ids=data.ids
    ).subset(range(150))
    automatic_augmentation("flip", relabelled, seed=0, progress=heard)
    assert len(heard.said) == 4


def test_pictures_that_are_gone_are_forgotten():
    gc.collect()
    before = len(automatic._PROBED)
    data = turned()
    automatic_augmentation("flip", data, seed=0)
    assert len(automatic._PROBED) == before + 1
    del data
    gc.collect()
    assert len(automatic._PROBED) == before


@pytest.mark.parametrize(
    ("spec", "flips"),
    [("none", False), ("pad-crop(padding=2)", False), ("flip", True), ("pad-crop,sometimes(0.5,flip)", True)],
)
def test_whether_an_augmentation_mirrors_is_seen_wherever_the_flip_stands(spec, flips):
    assert has_flips(spec) == flips
