import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

import toys
from linnet.errors import TrainingError
from linnet.training import scoring
from linnet.training.scoring import score


class Rank:
    """One of several processes, whose sums are added up by hand."""

    device = torch.device("cpu")

    def __init__(self, rank, world):
        self.global_rank, self.world_size = rank, world
        self.own = None

    def to_device(self, things):
        return things

    def all_reduce(self, totals, reduce_op):
        assert reduce_op == "sum"
        self.own = totals
        return totals.clamp(min=1e-30)


class Linear(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, 64 * 3).view(3, 64))

    def forward(self, images):
        return images.flatten(1).float() / 255 @ self.weight.T


@pytest.mark.parametrize("batch", [7, 500])
def test_it_is_the_mean_over_all_pictures_whatever_the_batch(monkeypatch, batch):
    monkeypatch.setattr(scoring, "BATCH", batch)
    data, network = toys.patterns(), Linear()
    found = score(network, data, fabric=Fabric(accelerator="cpu", devices=1))
    logits = network(data.images).detach()
    assert found.n == len(data)
    assert found.loss == pytest.approx(float(nn.functional.cross_entropy(logits, data.labels)), rel=1e-5)
    assert found.accuracy == pytest.approx(float((logits.argmax(1) == data.labels).double().mean()))


@pytest.mark.parametrize("world", [2, 5, 30])
def test_several_processes_count_each_picture_once(world):
    data, network = toys.patterns().subset(range(21)), Linear()
    ranks = [Rank(rank, world) for rank in range(world)]
    for rank in ranks:
        score(network, data, fabric=rank)
    total = sum(rank.own for rank in ranks)
    assert total[2] == 21
    alone = score(network, data, fabric=Rank(0, 1))
    assert float(total[1] / 21) == pytest.approx(alone.accuracy)
    assert float(total[0] / 21) == pytest.approx(alone.loss)


@pytest.mark.parametrize("mode", [True, False])
def test_the_mode_is_as_it_was(mode):
    network = nn.Sequential(Linear(), nn.Dropout(0.9)).train(mode)
    found = [score(network, toys.patterns(), fabric=Rank(0, 1)) for _ in range(2)]
    assert network.training is mode
    assert found[0] == found[1]


class Narrow(nn.Module):
    """A machine with memory for so many pictures at once."""

    def __init__(self, room):
        super().__init__()
        self.room, self.tried = room, []

    def forward(self, images):
        self.tried.append(len(images))
        if len(images) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return images


def test_what_does_not_fit_into_memory_is_judged_in_smaller_batches(monkeypatch):
    monkeypatch.setattr(scoring, "BATCH", 40)
    data, fabric, narrow = toys.patterns().subset(range(100)), Fabric(accelerator="cpu", devices=1), Narrow(13)
    found = score(nn.Sequential(narrow, Linear()), data, fabric=fabric)
    whole = score(Linear(), data, fabric=fabric)
    assert (found.n, found.accuracy) == (whole.n, whole.accuracy)
    assert found.loss == pytest.approx(whole.loss, rel=1e-6)
    assert narrow.tried == [40, 20] + [10] * 8 + [5] * 4  # what did not fit once is not tried again


def test_no_room_to_judge_one_picture_is_one_sentence():
    with pytest.raises(TrainingError, match="Not even one picture at a time"):
        score(nn.Sequential(Narrow(0), Linear()), toys.patterns(), fabric=Fabric(accelerator="cpu", devices=1))
