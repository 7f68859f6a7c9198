import gzip

import numpy as np
import pytest

from linnet.datasets.named.idx import find_files, read_idx, read_set
from linnet.errors import DataError
from named_files import idx_bytes, write_idx_set


def test_a_plain_file_is_read_as_it_was_written(tmp_path):
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "x").write_bytes(idx_bytes(array))
    np.testing.assert_array_equal(read_idx(tmp_path / "x", n_dimensions=3), array)


def test_compression_is_told_by_content_and_not_by_name(tmp_path):
    array = np.arange(7, dtype=np.uint8)
    (tmp_path / "x").write_bytes(gzip.compress(idx_bytes(array)))
    (tmp_path / "y.gz").write_bytes(idx_bytes(array))
    for name in ("x", "y.gz"):
        np.testing.assert_array_equal(read_idx(tmp_path / name, n_dimensions=1), array)


def test_nothing_in_a_file_is_an_empty_array(tmp_path):
    (tmp_path / "x").write_bytes(idx_bytes(np.zeros((0, 28, 28), np.uint8)))
    assert read_idx(tmp_path / "x", n_dimensions=3).shape == (0, 28, 28)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG", "begins with 89504e47"),
        (idx_bytes(np.zeros(3, np.uint8)), "unsigned bytes with 1"),
        (idx_bytes(np.zeros((1, 2, 2), np.uint8), kind=13), "floats with 3"),
        (idx_bytes(np.zeros((1, 2, 2), np.uint8), kind=77), "type 77"),
        (idx_bytes(np.zeros((2, 2, 2), np.uint8))[:-1], "2 x 2 x 2, 24 bytes in all, and it has 23"),
        (idx_bytes(np.zeros((2, 2, 2), np.uint8)) + b"!", "and it has 25"),
        (idx_bytes(np.zeros((2, 2, 2), np.uint8))[:9], "24 bytes|and it has 9"),
        (gzip.compress(idx_bytes(np.zeros((9, 9, 9), np.uint8)), mtime=0)[:-12], "compression is damaged"),
        (gzip.compress(b"x", mtime=0)[:-6] + b"123456", "compression is damaged"),
    ],
)
def test_a_file_that_is_none_is_refused_with_its_fault(tmp_path, data, words):
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(DataError, match=words):
        read_idx(tmp_path / "x", n_dimensions=3)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere.*cannot be read"):
        read_idx(tmp_path / "nowhere", n_dimensions=3)


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_set_has_its_parts_in_order(tmp_path, suffix):
    images, labels = write_idx_set(tmp_path, suffix=suffix)
    source = read_set(find_files(tmp_path), name="toy", class_names=("a", "b", "c"))
    np.testing.assert_array_equal(source.images[:, 0], images)
    np.testing.assert_array_equal(source.labels, labels)
    assert source.splits.tolist() == ["train"] * 5 + ["test"] * 3
    assert source.labels.dtype == np.int64


def test_the_other_spelling_of_the_names_is_found(tmp_path):
    write_idx_set(tmp_path)
    for path in list(tmp_path.iterdir()):
        path.rename(tmp_path / path.name.replace("-idx", ".idx"))
    assert find_files(tmp_path) is not None


def test_an_incomplete_set_is_not_found(tmp_path):
    write_idx_set(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert find_files(tmp_path) is None


def test_pictures_and_labels_that_do_not_belong_together_are_refused(tmp_path):
    write_idx_set(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(4, np.uint8)))
    with pytest.raises(DataError, match=r"5 pictures and .* 4 labels"):
        read_set(find_files(tmp_path), name="toy", class_names=("a", "b", "c"))


def test_a_label_that_is_no_class_is_refused(tmp_path):
    write_idx_set(tmp_path, labels=np.full(8, 9, np.uint8))
    with pytest.raises(DataError, match="has the label 9, and toy has 3 classes"):
        read_set(find_files(tmp_path), name="toy", class_names=("a", "b", "c"))


def test_parts_of_different_sizes_are_refused(tmp_path):
    write_idx_set(tmp_path)
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx_bytes(np.zeros((3, 4, 5), np.uint8)))
    with pytest.raises(DataError, match="one size; they are 6 x 4 and 5 x 4"):
        read_set(find_files(tmp_path), name="toy", class_names=("a", "b", "c"))
