import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

import toys
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
