import hashlib

import numpy as np
import pytest

from linnet.datasets.base import ArraySource
from linnet.datasets.packing.arrays import of_arrays
from linnet.datasets.packing.survey import Wanted
from linnet.errors import DataError
from linnet.images import Geometry, fit
from linnet.records.manifest import texts_of

IMAGES = np.random.Generator(np.random.PCG64(0)).integers(0, 256, (5, 1, 6, 4), dtype=np.uint8)
NATIVE = Wanted(size=None, fit="crop")


def source(images=IMAGES, splits=("train", "train", "test", "train", "test")):
    return ArraySource(
        name="toy",
        images=images,
        labels=np.arange(len(images), dtype=np.int64) % 2,
        splits=texts_of(splits),
        class_names=("zero", "one"),
        messages=("Said.",),
    )


def test_arrays_are_taken_as_they_are():
    stored, images = of_arrays(source(), NATIVE)
    assert images is IMAGES
    assert stored.geometry.shape == (1, 6, 4)
    assert stored.rows.tolist() == [0, 1, 2, 3, 4]
    assert stored.class_names == ("zero", "one")
    assert stored.messages == ("Said.",)


def test_each_picture_has_a_row_with_its_place_and_content():
    manifest = of_arrays(source(), NATIVE)[0].manifest
    assert manifest.id.tolist() == ["train/00000", "train/00001", "test/00000", "train/00002", "test/00001"]
    assert manifest.label.tolist() == ["zero", "one", "zero", "one", "zero"]
    assert manifest.split.tolist() == ["train", "train", "test", "train", "test"]
    assert manifest.content_hash.tolist() == [hashlib.sha256(image.tobytes()).hexdigest() for image in IMAGES]
    assert manifest.counts() == {"used": 5}


def test_pictures_without_split_are_numbered_together():
    assert of_arrays(source(splits=[""] * 5), NATIVE)[0].manifest.id[4] == "all/00004"


def test_ids_sort_as_they_count_also_beyond_100000_pictures():
    many = np.zeros((100_001, 1, 1, 1), dtype=np.uint8)
    ids = of_arrays(source(many, ["train"] * len(many)), NATIVE)[0].manifest.id
    assert ids[0] == "train/000000"
    assert sorted(ids.tolist()) == ids.tolist()


def test_a_wanted_size_is_fitted_like_any_picture():
    stored, images = of_arrays(source(), Wanted(size=8, fit="pad"))
    geometry = Geometry(channels=1, height=8, width=8, fit="pad")
    assert stored.geometry == geometry
    np.testing.assert_array_equal(images[3], fit(IMAGES[3].transpose(1, 2, 0), geometry).transpose(2, 0, 1))


def test_facts_have_the_keys_of_files():
    facts = of_arrays(source(), NATIVE)[0].facts
    assert facts["n_pictures"] == 5
    assert facts["height"] == {"min": 6, "median": 6, "max": 6}
    assert facts["common_sizes"] == [{"height": 6, "width": 4, "n": 5}]


def test_no_pictures_are_refused():
    with pytest.raises(DataError, match="toy holds no pictures"):
        of_arrays(source(IMAGES[:0], []), NATIVE)
