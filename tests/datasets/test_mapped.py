import pickle

import pytest
import torch

import toys
from linnet.datasets.base import Dataset
from linnet.datasets.mapped import file_of, map_pixels
from linnet.errors import DataError


def bytes_of(thing):
    """Return what is sent to another process."""
    return pickle.dumps(thing)


def back_from(sent):
    """Return what another process makes of it."""
    return pickle.loads(sent)  # noqa: S301 # these bytes are our own


@pytest.fixture
def mapped(tmp_path):
    data = toys.patterns()
    path = tmp_path / "pixels"
    path.write_bytes(data.pixels.numpy().tobytes())
    pixels = map_pixels(path, tuple(data.pixels.shape))
    return Dataset(pixels=pixels, rows=data.rows, labels=data.labels, class_names=data.class_names, ids=data.ids), path


def test_a_mapped_tensor_holds_what_the_file_holds_and_knows_it(mapped):
    data, path = mapped
    assert torch.equal(data.pixels, toys.patterns().pixels)
    assert file_of(data.pixels) == path
    assert file_of(toys.patterns().pixels) is None


def test_writing_into_it_leaves_the_file_as_it_was(mapped):
    data, path = mapped
    before = path.read_bytes()
    data.pixels.zero_()
    assert path.read_bytes() == before


def test_a_data_set_travels_by_the_name_of_its_file(mapped):
    data, path = mapped
    part = data.subset(range(5, 30))
    sent = bytes_of(part)
    assert len(sent) < data.pixels.numel() / 2
    back = back_from(sent)
    assert torch.equal(back.images, part.images)
    assert file_of(back.pixels) == path
    path.unlink()
    with pytest.raises(DataError, match="cannot be read"):
        back_from(sent)


def test_a_data_set_in_memory_travels_whole():
    data = toys.patterns()
    back = back_from(bytes_of(data))
    assert torch.equal(back.images, data.images)
    assert back.class_names == data.class_names


def test_a_short_file_is_refused(tmp_path):
    (tmp_path / "pixels").write_bytes(b"12345")
    with pytest.raises(DataError, match="cannot be read"):
        map_pixels(tmp_path / "pixels", (2, 1, 8, 8))
