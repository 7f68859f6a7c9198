import pytest
import torch

from linnet.datasets.base import Dataset
from linnet.training.batches import balancing_weights, batches, one_hot, share
from linnet.training.recipe import Recipe


@pytest.fixture
def data():
    images = torch.arange(21, dtype=torch.uint8).view(21, 1, 1, 1).expand(21, 1, 2, 3).contiguous()
    return Dataset.of(images, torch.arange(21) % 3)


def seen(data, **asked):
    return [(batch.images[:, 0, 0, 0].tolist(), batch.rows.tolist(), batch.n_total) for batch in batches(data, **asked)]


def test_every_picture_comes_once_per_epoch_with_its_label(data):
    found = list(batches(data, size=4, seed=3, epoch=0))
    assert sorted(torch.cat([b.images[:, 0, 0, 0] for b in found]).tolist()) == list(range(21))
    assert all((b.labels == b.images[:, 0, 0, 0] % 3).all() for b in found)
    assert [len(b.labels) for b in found] == [4, 4, 4, 4, 5]


def test_epochs_and_seeds_have_orders_of_their_own(data):
    first = seen(data, size=21, seed=0, epoch=0)
    assert first == seen(data, size=21, seed=0, epoch=0)
    assert first != seen(data, size=21, seed=0, epoch=1)
    assert first != seen(data, size=21, seed=1, epoch=0)


def test_a_round_goes_on_in_the_middle(data):
    assert seen(data, size=4, seed=1, epoch=5, first=2) == seen(data, size=4, seed=1, epoch=5)[2:]


def test_a_batch_larger_than_the_set_is_the_set(data):
    assert [n for _, _, n in seen(data, size=1000, seed=0, epoch=0)] == [21]


@pytest.mark.parametrize("world", [2, 3, 8])
def test_processes_share_the_same_batches(data, world):
    whole = seen(data, size=4, seed=1, epoch=0)
    parts = [seen(data, size=4, seed=1, epoch=0, rank=rank, world=world) for rank in range(world)]
    for step, (pictures, _, n) in enumerate(whole):
        assert sorted(picture for part in parts for picture in part[step][0]) == sorted(pictures)
        assert all(part[step][2] == n for part in parts)


def test_twenty_one_pictures_on_two_processes_are_twenty_one():
    positions = [*share(21, rank=0, world=2), *share(21, rank=1, world=2)]
    assert sorted(positions) == list(range(21))


def test_batches_of_one_stay_batches_of_one(data):
    assert [n for _, _, n in seen(data, size=1, seed=0, epoch=0)] == [1] * 21


@pytest.mark.parametrize("size", [1, 2, 4, 5, 10, 20, 21, 100])
def test_there_are_as_many_batches_as_the_recipe_counts(data, size):
    assert len(seen(data, size=size, seed=0, epoch=0)) == Recipe(batch_size=size).steps_per_epoch(21)


def test_subsets_are_read_through_their_rows(data):
    part = data.subset([20, 5, 7])
    (batch,) = batches(part, size=3, seed=0, epoch=0)
    assert batch.images[:, 0, 0, 0].tolist() == [[20, 5, 7][i] for i in batch.rows]


def test_class_shares_are_one_hot():
    assert one_hot(torch.tensor([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_balanced_classes_have_equal_sums():
    labels = torch.tensor([0] * 6 + [2] * 2)
    weights = balancing_weights(labels, 4)
    each = weights[labels]
    assert float(each[labels == 0].sum()) == pytest.approx(float(each[labels == 2].sum()))
    assert float(each.mean()) == pytest.approx(1.0)
    assert weights[1] == weights[3] == 0
