import json
import struct

import pytest
import torch
from torch import nn

from linnet.errors import RunError
from linnet.training.checkpoints import Checkpoint, optimizer_state, prefixed, restore_optimizer, without_prefix

MAKERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95)),
    "lbfgs": lambda p: torch.optim.LBFGS(p, lr=0.5, max_iter=3, history_size=4),
}


def make_steps(network, optimizer, n, offset=0):
    for i in range(n):

        def closure(i=i):
            optimizer.zero_grad()
            x = torch.linspace(-1, 1, 15).view(5, 3) * (offset + i + 1)
            loss = network(x).square().mean()
            loss.backward()
            return loss

        optimizer.step(closure)


def network_of(seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


@pytest.mark.parametrize("name", MAKERS)
def test_an_optimizer_goes_on_as_if_it_had_not_stopped(name, tmp_path):
    whole, part = network_of(), network_of()
    straight, stopped = MAKERS[name](whole.parameters()), MAKERS[name](part.parameters())
    make_steps(whole, straight, 6)
    make_steps(part, stopped, 3)
    tensors, plain = optimizer_state(stopped)
    Checkpoint(tensors=prefixed("optimizer", tensors), plain=plain).write(tmp_path / "last.safetensors")
    read = Checkpoint.read(tmp_path / "last.safetensors")
    again = MAKERS[name](part.parameters())
    restore_optimizer(again, without_prefix("optimizer", read.tensors), read.plain)
    make_steps(part, again, 3, offset=3)
    for ours, theirs in zip(part.parameters(), whole.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_lbfgs_goes_on_from_a_step_that_brought_no_direction(tmp_path):
    network = network_of()
    optimizer = torch.optim.LBFGS(network.parameters(), lr=0.5, max_iter=1)
    make_steps(network, optimizer, 1)
    assert optimizer.state_dict()["state"][0]["old_dirs"] == []
    tensors, plain = optimizer_state(optimizer)
    again = torch.optim.LBFGS(network.parameters(), lr=0.5, max_iter=1)
    restore_optimizer(again, tensors, json.loads(json.dumps(plain)))
    make_steps(network, again, 1, offset=1)


def test_what_is_kept_beside_a_weight_lies_in_memory_as_the_weight_does():
    layer = nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
    layer(torch.randn(2, 4, 5, 5)).square().mean().backward()
    optimizer.step()
    tensors, plain = optimizer_state(optimizer)
    read = {name: tensor.contiguous() for name, tensor in tensors.items()}  # as a file has it
    restore_optimizer(optimizer, read, plain)
    kept = optimizer.state[layer.weight]["exp_avg"]
    assert kept.stride() == layer.weight.stride()
    assert torch.equal(kept, read["0.exp_avg"])


def test_numbers_come_back_to_the_bit(tmp_path):
    plain = {"loss": 0.1 + 0.2, "best": None, "rows": [[1, 1e-300], []], "endless": float("inf")}
    tensors = {"a.b": torch.randn(3, 4), "step": torch.tensor(7), "half": torch.ones(2, dtype=torch.bfloat16)}
    Checkpoint(tensors=tensors, plain=plain).write(tmp_path / "c.safetensors")
    read = Checkpoint.read(tmp_path / "c.safetensors")
    assert read.plain == plain
    assert all(torch.equal(read.tensors[name], tensor) for name, tensor in tensors.items())


def test_a_missing_checkpoint_is_one_sentence(tmp_path):
    with pytest.raises(RunError, match="cannot be read"):
        Checkpoint.read(tmp_path / "none.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_damaged_checkpoint_is_one_sentence(tmp_path, share):
    path = tmp_path / "c.safetensors"
    Checkpoint(tensors={"a": torch.ones(100)}, plain={"epoch": 1}).write(path)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(RunError, match="cannot be read"):
        Checkpoint.read(path)


def test_a_bit_that_has_turned_over_is_one_sentence(tmp_path):
    path = tmp_path / "c.safetensors"
    Checkpoint(tensors={"a": torch.ones(100), "b": torch.tensor(3)}, plain={"epoch": 1}).write(path)
    data = bytearray(path.read_bytes())
    data[-9] ^= 4
    path.write_bytes(data)
    with pytest.raises(RunError, match=r"damaged.*delete it to start this rung again"):
        Checkpoint.read(path)


def test_somebody_elses_safetensors_file_is_one_sentence(tmp_path):
    header = json.dumps({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "c.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + b"\0\0\0\0")
    with pytest.raises(RunError, match="cannot be read"):
        Checkpoint.read(tmp_path / "c.safetensors")


def test_a_newer_format_is_refused(tmp_path):
    Checkpoint(tensors={"a": torch.ones(1)}, plain={"format": 99}).write(tmp_path / "c.safetensors")
    with pytest.raises(RunError, match="format 99"):
        Checkpoint.read(tmp_path / "c.safetensors")


def test_the_state_of_another_network_is_refused():
    tensors, plain = optimizer_state(MAKERS["sgd"](network_of().parameters()))
    with pytest.raises(RunError, match="another network"):
        restore_optimizer(MAKERS["sgd"](nn.Linear(3, 4).parameters()), tensors, plain)
