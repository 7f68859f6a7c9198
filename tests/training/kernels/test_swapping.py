import pytest
import torch
from torch import nn
from torch.nn import functional

from linnet.training.kernels import swapping
from linnet.training.kernels.swapping import QuickKernels


@pytest.fixture
def swapped(monkeypatch):
    """Note which quicker ways are asked."""
    asked = []

    def noting(name, function):
        return lambda *given, **more: asked.append(name) or function(*given, **more)

    for name in ("small_maps", "gelu"):
        monkeypatch.setattr(swapping, name, noting(name, getattr(swapping, name)))
    return asked


def network_of():
    return nn.Sequential(nn.Conv2d(64, 8, 3, padding=1), nn.GELU(), nn.Flatten(), nn.Dropout(0.1), nn.Linear(72, 2))


def test_plain_layers_take_their_quicker_ways(swapped):
    with QuickKernels():
        network_of()(torch.zeros(2, 64, 3, 3))
    assert swapped == ["small_maps", "gelu"]


def test_outside_nothing_is_swapped(swapped):
    with QuickKernels():
        pass
    network_of()(torch.zeros(2, 64, 3, 3))
    assert swapped == []


def test_nothing_else_is_touched():
    x = torch.randn(6, 64, 8, 8, generator=torch.Generator().manual_seed(1))
    with QuickKernels():
        assert torch.equal(functional.relu(x), x.clamp(min=0))
        assert torch.equal(torch.cat([x, x])[:6], x)


def test_what_is_called_by_keywords_is_left_to_torch(swapped):
    with QuickKernels():
        out = functional.conv2d(torch.ones(1, 1, 3, 3), weight=torch.ones(1, 1, 3, 3))
        bent = functional.gelu(input=out)
    assert out.item() == 9
    assert bent.item() == pytest.approx(9)
    assert swapped == []


def test_a_setting_of_gelu_arrives(swapped):
    x = torch.linspace(-2, 2, 9)
    with QuickKernels():
        found = functional.gelu(x, approximate="tanh")
    assert torch.equal(found, functional.gelu(x, approximate="tanh"))
    assert not torch.equal(found, functional.gelu(x))
    assert swapped == ["gelu"]
