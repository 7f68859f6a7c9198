import io
import os
import pickle

import numpy as np
import pytest
import torch
from PIL import Image

from linnet.datasets.base import ArraySource
from linnet.datasets.named.torchvision_items import FilesSource, ItemsSource, as_source
from linnet.errors import DataError, UnreadableImageError


class Things:
    """Stand in for a torchvision data set: pictures with a label each, and any attributes."""

    def __init__(self, images, labels, **attributes):
        self.pairs = list(zip(images, labels, strict=True))
        for name, value in attributes.items():
            setattr(self, name, value)

    def __len__(self):
        return len(self.pairs)

    def __getitem__(self, i):
        return self.pairs[i]


def pictures(*sizes, mode="L"):
    generator = np.random.default_rng(0)
    shape = {"L": (), "RGB": (3,), "CMYK": ()}[mode]
    return [Image.fromarray(generator.integers(0, 256, (h, w, *shape), dtype=np.uint8)).convert(mode) for w, h in sizes]


def test_items_of_one_size_become_arrays(tmp_path):
    images = pictures(*[(6, 4)] * 3, mode="RGB")
    source = as_source("toy", tmp_path, {"train": Things(images[:2], [1, 0]), "test": Things(images[2:], [2])})
    assert isinstance(source, ArraySource)
    assert source.images.shape == (3, 3, 4, 6)
    np.testing.assert_array_equal(source.images[2], np.asarray(images[2]).transpose(2, 0, 1))
    assert source.labels.tolist() == [1, 0, 2]
    assert source.splits.tolist() == ["train", "train", "test"]
    assert source.class_names == ("0", "1", "2")


def test_items_of_different_sizes_are_encoded_without_loss(tmp_path):
    images = pictures((6, 4), (5, 5))
    source = as_source("toy", tmp_path, {"": Things(images, [0, 1], classes=["a", "b"])})
    assert isinstance(source, ItemsSource)
    assert [(item.id, item.label, item.split) for item in source.items()] == [
        ("all/00000", "a", ""),
        ("all/00001", "b", ""),
    ]
    for item, image in zip(source.items(), images, strict=True):
        decoded = Image.open(io.BytesIO(source.read(item, limit=10**6)))
        np.testing.assert_array_equal(np.asarray(decoded), np.asarray(image))


def test_encoded_items_survive_pickling(tmp_path):
    source = as_source("toy", tmp_path, {"": Things(pictures((6, 4), (5, 5)), [0, 1])})
    again = pickle.loads(pickle.dumps(source))  # noqa: S301 - our own bytes
    assert again.read(again.items()[1], limit=10**6) == source.read(source.items()[1], limit=10**6)
    assert again.fingerprint() == source.fingerprint()


def test_a_color_mode_that_png_does_not_know_is_converted(tmp_path):
    source = as_source("toy", tmp_path, {"": Things(pictures((6, 4), (5, 5), mode="CMYK"), [0, 1])})
    assert Image.open(io.BytesIO(source.read(source.items()[0], limit=10**6))).mode == "RGB"


def test_an_item_beyond_the_limit_is_too_large(tmp_path):
    source = as_source("toy", tmp_path, {"": Things(pictures((60, 40), (5, 5)), [0, 1])})
    with pytest.raises(UnreadableImageError) as caught:
        source.read(source.items()[0], limit=100)
    assert caught.value.status == "too large"


def test_an_item_that_torchvision_cannot_read_is_unreadable(tmp_path):
    class Broken(Things):
        def __getitem__(self, i):
            if self.broken:
                raise OSError("cut short")
            return self.pairs[i]

    part = Broken(pictures((6, 4), (5, 5)), [0, 1], broken=False)
    source = as_source("toy", tmp_path, {"": part})
    part.broken = True
    with pytest.raises(UnreadableImageError, match="cut short"):
        source.read(source.items()[0], limit=10**6)


def test_labels_are_taken_from_lists_without_reading_pictures(tmp_path):
    read = []

    class Watched(Things):
        def __getitem__(self, i):
            read.append(i)
            return self.pairs[i]

    part = Watched(pictures((6, 4), *[(5, 5)] * 9), [0, 1] * 5, targets=torch.tensor([0, 1] * 5))
    source = as_source("toy", tmp_path, {"": part})
    assert [item.label for item in source.items()] == ["0", "1"] * 5
    assert len(read) <= 6


def test_a_list_of_something_else_is_not_taken_for_labels(tmp_path):
    part = Things(pictures((6, 4), (6, 4), (6, 4)), [2, 1, 0], y=[7, 7, 7])
    assert as_source("toy", tmp_path, {"": part}).labels.tolist() == [2, 1, 0]


def test_listed_files_are_given_as_they_are(tmp_path):
    paths = [tmp_path / "in" / name for name in ("b.png", "a.png")]
    paths[0].parent.mkdir()
    for path, image in zip(paths, pictures((6, 4), (5, 5)), strict=True):
        image.save(path)
    part = Things([Image.new("L", (1, 1))] * 2, [1, 0], _image_files=paths, _labels=[1, 0])
    source = as_source("toy", tmp_path, {"train": part, "test": part}, ("Note.",))
    assert isinstance(source, FilesSource)
    ids = [item.id for item in source.items()]
    assert ids[:2] == ["in/b.png", "in/a.png"]
    assert len(set(ids)) == 4
    for item, path in zip(source.items(), paths * 2, strict=True):
        assert source.read(item, limit=10**6) == path.read_bytes()
    assert source.messages() == ("Note.",)
    paths[0].unlink()
    with pytest.raises(UnreadableImageError):
        source.read(source.items()[0], limit=10**6)


def test_the_fingerprint_of_files_follows_them(tmp_path):
    path = tmp_path / "a.png"
    pictures((6, 4))[0].save(path)
    os.utime(path, (1, 1))
    source = FilesSource("toy", tmp_path, [("", path, "a")], class_names=("a",))
    before = source.fingerprint()
    path.write_bytes(b"other")
    assert source.fingerprint() != before


@pytest.mark.parametrize("labels", [[None, None], [(1, 2), (0, 1)], ["cat", "dog"]])
def test_items_without_one_whole_number_each_are_refused(tmp_path, labels):
    with pytest.raises(DataError, match="a picture and a class number"):
        as_source("toy", tmp_path, {"": Things(pictures((6, 4), (6, 4)), labels)})


def test_a_split_without_labels_is_left_out_and_said(tmp_path):
    images = pictures(*[(6, 4)] * 4)
    source = as_source("toy", tmp_path, {"train": Things(images[:2], [0, 1]), "test": Things(images[2:], [None, None])})
    assert set(source.splits) == {"train"}
    assert source.messages == ("The test split of toy has no labels and is left out.",)


def test_equal_names_and_synonyms_become_different_class_names(tmp_path):
    part = Things(pictures(*[(6, 4)] * 3), [0, 1, 2], classes=[("crane", "bird"), ("crane",), ("crane",)])
    assert as_source("toy", tmp_path, {"": part}).class_names == ("crane, bird", "crane", "crane (2)")


def test_too_few_names_are_no_names(tmp_path):
    part = Things(pictures(*[(6, 4)] * 3), [0, 1, 2], classes=["a", "b"])
    assert as_source("toy", tmp_path, {"": part}).class_names == ("0", "1", "2")
