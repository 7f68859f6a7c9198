import pickle

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import toys
from linnet.datasets.base import ArraySource, Dataset, Item, NamedSet, Source, gather, tensor_of
from linnet.errors import DataError, ImagesError
from linnet.records.manifest import texts_of


@pytest.fixture
def data():
    """Six 2 x 2 pictures; picture i is filled with the level i."""
    pixels = torch.arange(6, dtype=torch.uint8)[:, None, None, None].repeat(1, 1, 2, 2)
    return Dataset.of(pixels, [0, 1, 2, 0, 1, 2], ["owl", "tit", "emu"])


def levels(data):
    return data.images[:, 0, 0, 0].tolist()


def test_a_data_set_of_arrays_numbers_its_pictures(data):
    assert data.ids.tolist() == ["0", "1", "2", "3", "4", "5"]
    assert data.groups.tolist() == [""] * 6
    assert (len(data), data.n_classes, data.image_shape) == (6, 3, (1, 2, 2))
    assert Dataset.of(data.images, [0, 0, 0, 0, 0, 2]).class_names == ("0", "1", "2")


def test_arrays_of_numpy_share_their_memory():
    pixels = np.zeros((2, 1, 2, 2), dtype=np.uint8)
    data = Dataset.of(pixels, np.array([0, 1]))
    pixels[1] = 9
    assert levels(data) == [0, 9]


def test_an_empty_data_set_is_one():
    empty = Dataset.of(torch.zeros(0, 3, 4, 4, dtype=torch.uint8), [], ["owl"])
    assert len(empty) == 0
    assert empty.images.shape == (0, 3, 4, 4)
    assert list(empty.batches(2)) == []
    assert len(empty.subset([])) == 0


@pytest.mark.parametrize(
    "pixels",
    [
        torch.zeros(2, 1, 2, 2),
        torch.zeros(2, 2, 2, dtype=torch.uint8),
        torch.zeros(2, 4, 2, 2, dtype=torch.uint8),
        torch.zeros(2, 2, 2, 3, dtype=torch.uint8),
        np.full((2, 1, 2, 2), "text"),
    ],
    ids=["float", "3 axes", "4 channels", "channels last", "text"],
)
def test_pixels_of_another_form_are_refused(pixels):
    with pytest.raises(ImagesError):
        Dataset.of(pixels, [0, 0])


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([0, 1], "6 pictures want as many whole numbers as labels"),
        ([0] * 7, "6 pictures want as many"),
        ([0.5] * 6, "whole numbers"),
        ([[0]] * 6, "whole numbers"),
        ([0, 0, 0, 0, 0, 3], r"0 \.\. 2 for 3 classes; they reach 0 \.\. 3"),
        ([0, 0, 0, 0, 0, -1], "they reach -1"),
    ],
)
def test_labels_that_fit_neither_pictures_nor_classes_are_refused(data, labels, says):
    with pytest.raises(DataError, match=says):
        Dataset.of(data.images, labels, data.class_names)


def test_columns_of_different_lengths_are_refused(data):
    with pytest.raises(DataError, match="6 rows want as many labels, ids and groups; they are 6, 2 and 6"):
        Dataset(
            pixels=data.pixels,
            rows=data.rows,
            labels=data.labels,
            class_names=data.class_names,
            ids=texts_of(["a", "b"]),
        )


def test_rows_outside_the_pixels_are_refused(data):
    with pytest.raises(DataError, match=r"Rows must lie in 0 \.\. 5"):
        Dataset(
            pixels=data.pixels,
            rows=torch.tensor([0, 6]),
            labels=torch.tensor([0, 0]),
            class_names=("owl",),
            ids=texts_of(["a", "b"]),
        )


def test_two_classes_of_one_name_are_refused(data):
    with pytest.raises(DataError, match="name of its own"):
        Dataset.of(data.images, data.labels, ["owl", "tit", "owl"])


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_a_subset_keeps_the_order_given_and_shares_the_pixels(data, kind):
    part = data.subset(kind([4, 0, 4]))
    assert levels(part) == [4, 0, 4]
    assert part.labels.tolist() == [1, 0, 1]
    assert part.ids.tolist() == ["4", "0", "4"]
    assert part.pixels is data.pixels
    assert levels(part.subset([1])) == [0]


def test_a_subset_may_be_chosen_by_a_mask(data):
    assert levels(data.subset(data.labels == 1)) == [1, 4]
    assert levels(data.subset(np.array([True, False, False, False, False, True]))) == [0, 5]


def test_relabeling_keeps_and_renumbers_some_classes(data):
    part = data.relabel(["emu", "owl"])
    assert part.class_names == ("emu", "owl")
    assert levels(part) == [0, 2, 3, 5]
    assert part.labels.tolist() == [1, 0, 1, 0]


def test_relabeling_refuses_a_class_that_is_not_there(data):
    with pytest.raises(DataError, match="No class is named 'elk'; the classes are owl, tit, emu"):
        data.relabel(["elk"])


def test_two_parts_of_one_data_set_are_joined_in_order(data):
    both = data.subset([5, 1]).joined(data.subset([0]))
    assert levels(both) == [5, 1, 0]
    assert both.labels.tolist() == [2, 1, 0]
    assert both.ids.tolist() == ["5", "1", "0"]


def test_strangers_are_not_joined(data):
    with pytest.raises(DataError, match="parts of one data set"):
        data.joined(toys.patterns())
    with pytest.raises(DataError, match="parts of one data set"):
        data.joined(data.relabel(["emu", "tit", "owl"]))


def test_batches_go_once_over_all_pictures_in_order(data):
    seen = list(data.subset([5, 3, 1, 0]).batches(3))
    assert [len(images) for images, _ in seen] == [3, 1]
    assert torch.cat([images for images, _ in seen])[:, 0, 0, 0].tolist() == [5, 3, 1, 0]
    assert torch.cat([labels for _, labels in seen]).tolist() == [2, 0, 1, 0]


def test_shuffled_batches_hold_the_same_pictures_with_their_labels(data):
    def once(seed):
        batches = list(data.batches(4, shuffle=torch.Generator().manual_seed(seed)))
        return [(int(x[0, 0, 0]), int(y)) for images, labels in batches for x, y in zip(images, labels, strict=True)]

    assert once(0) == once(0) != once(1)
    assert sorted(once(0)) == [(i, i % 3) for i in range(6)]


@given(rows=st.lists(st.integers(0, 5), max_size=8))
def test_gathering_is_indexing(rows):
    pixels = torch.arange(24, dtype=torch.uint8).reshape(6, 1, 2, 2)
    chosen = torch.tensor(rows, dtype=torch.int64)
    assert torch.equal(gather(pixels, chosen), pixels[chosen])


def test_pixels_in_a_read_only_memory_map_can_be_used(tmp_path):
    pixels = toys.patterns().images.numpy()
    np.save(tmp_path / "pixels.npy", pixels)
    mapped = np.load(tmp_path / "pixels.npy", mmap_mode="r")
    assert torch.equal(Dataset.of(mapped, [0] * 120).images, torch.from_numpy(pixels))


def test_arrays_with_negative_steps_become_tensors():
    flipped = np.arange(4, dtype=np.uint8).reshape(1, 1, 2, 2)[..., ::-1]
    assert tensor_of(flipped).flatten().tolist() == [1, 0, 3, 2]


def test_an_array_of_no_numbers_is_refused():
    with pytest.raises(ImagesError, match="array of numbers"):
        tensor_of(np.array([["a"]]))


def test_an_item_of_a_source_says_little_unless_told():
    item = Item(id="owl/1.png", label="owl")
    assert (item.split, item.group, item.reason, item.size) == ("", "", "", -1)
    assert pickle.loads(pickle.dumps(item)) == item  # noqa: S301 -- our own, as it travels between processes


def test_sources_and_named_sets_cannot_be_made_without_their_hooks():
    with pytest.raises(TypeError, match="abstract"):
        Source()
    with pytest.raises(TypeError, match="abstract"):
        NamedSet()


def test_a_source_has_nothing_to_say_by_default():
    class Minimal(Source):
        name = "minimal"
        class_names = ("owl",)

        def fingerprint(self):
            return ""

        def items(self):
            return []

        def read(self, item, *, limit):
            return b""

    assert Minimal().messages() == ()


def test_an_array_source_holds_arrays():
    source = ArraySource(
        name="toy",
        images=np.zeros((1, 1, 2, 2), dtype=np.uint8),
        labels=np.zeros(1, dtype=np.int64),
        splits=texts_of([""]),
        class_names=("owl",),
    )
    assert source.messages == ()
