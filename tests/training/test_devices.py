import pytest
import torch

from linnet.errors import ConfigError
from linnet.training.devices import Devices


@pytest.fixture
def with_gpus(monkeypatch):
    def pretend(n):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: n > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: n)

    return pretend


def test_auto_takes_a_gpu_where_there_is_one(with_gpus):
    with_gpus(0)
    assert Devices().chosen() == "cpu"
    assert Devices(count=3).chosen() == "cpu"
    with_gpus(2)
    assert Devices().chosen() == "cuda"
    assert Devices(count=2).chosen() == "cuda"


def test_the_processor_can_always_be_asked_for(with_gpus):
    with_gpus(1)
    assert Devices(kind="cpu", count=4).chosen() == "cpu"


def test_a_missing_gpu_is_one_sentence_with_what_there_is(with_gpus):
    with_gpus(0)
    with pytest.raises(ConfigError, match=r"wants a GPU that torch can use, and there is none .*use --device cpu"):
        Devices(kind="cuda").chosen()
    with_gpus(1)
    for kind in ("cuda", "auto"):
        with pytest.raises(ConfigError, match=r"wants 2 GPUs .* there is only 1"):
            Devices(kind=kind, count=2).chosen()


def test_an_apple_gpu_is_one_only(monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert Devices(kind="mps").chosen() == "mps"
    with pytest.raises(ConfigError, match="wants a Mac"):
        Devices(kind="mps", count=2).chosen()


@pytest.mark.parametrize(("changes", "said"), [({"kind": "tpu"}, "'tpu'"), ({"count": 0}, "at least 1")])
def test_what_is_no_device_is_refused(changes, said):
    with pytest.raises(ConfigError, match=said):
        Devices(**changes).chosen()
