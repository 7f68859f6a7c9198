"""The average against a loop in float64, the swap to the bit, and resuming against not having stopped."""

import pytest
import torch
from torch import nn

from linnet.errors import ConfigError, RunError
from linnet.training.averaging import WeightAverage


def network(dtype=torch.float32):
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.Flatten(), nn.Linear(3, 2)).to(dtype)
    return move(net, 0)


def move(net, seed):
    """Stand in for a training step."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in [*net.parameters(), *net.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(torch.randn(tensor.shape, generator=generator))
            else:
                tensor.add_(1)
    return net


def floats(net):
    return {name: tensor.clone() for name, tensor in net.state_dict().items() if tensor.is_floating_point()}


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.9])
def test_it_agrees_with_a_loop(decay):
    net = network()
    expected = {name: tensor.double() for name, tensor in floats(net).items()}
    average = WeightAverage(net, decay)
    for t in range(30):
        move(net, t + 1)
        average.update()
        share = min(decay, (1 + t) / (10 + t))
        for name, tensor in floats(net).items():
            expected[name] = share * expected[name] + (1 - share) * tensor.double()
    with average.swapped():
        for name, tensor in floats(net).items():
            assert torch.allclose(tensor.double(), expected[name], atol=1e-6)
    assert average.n_updates == 30


def test_it_starts_as_the_networks_own_weights_and_holds_still_with_them():
    net = network()
    average = WeightAverage(net, 0.99)
    before = floats(net)
    average.update()
    with average.swapped():
        assert all(torch.allclose(tensor, before[name], atol=1e-7) for name, tensor in floats(net).items())


def test_the_swap_puts_everything_back_to_the_bit_even_after_an_error():
    net = network()
    average = WeightAverage(net, 0.9)
    move(net, 1)
    average.update()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    with pytest.raises(ZeroDivisionError), average.swapped() as inside:  # noqa: PT012
        assert inside is net
        assert not torch.equal(net[0].weight, before["0.weight"])
        move(net, 7)
        _ = 1 / 0
    for name, tensor in floats(net).items():
        assert torch.equal(tensor, before[name])


def test_the_swap_moves_no_tensor_and_keeps_what_wants_gradients():
    net = network()
    places = [tensor.data_ptr() for tensor in net.parameters()]
    with WeightAverage(net, 0.9).swapped():
        assert [tensor.data_ptr() for tensor in net.parameters()] == places
        assert all(parameter.requires_grad for parameter in net.parameters())
    assert [tensor.data_ptr() for tensor in net.parameters()] == places


def test_counters_stay_the_networks_own():
    net = network()
    average = WeightAverage(net, 0.9)
    move(net, 1)
    average.update()
    count = int(net[1].num_batches_tracked)
    with average.swapped():
        assert int(net[1].num_batches_tracked) == count
    assert not any("num_batches" in name for name in average.state_dict())


def test_bfloat16_weights_are_averaged_in_float32():
    net = nn.Linear(1, 1, bias=False).to(torch.bfloat16)
    nn.init.constant_(net.weight, 1.0)
    average = WeightAverage(net, 0.999)
    for _ in range(9000):  # past the quick start, where steps are a thousandth
        average.update()
    nn.init.constant_(net.weight, 2.0)
    for _ in range(100):
        average.update()
    found = average.state_dict()["average.weight"]
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(2 - 0.999**100, abs=1e-4)


def test_a_restored_state_goes_on_to_the_bit():
    whole, first = network(), network()
    averages = WeightAverage(whole, 0.95), WeightAverage(first, 0.95)
    for t in range(10):
        for net, average in zip((whole, first), averages, strict=True):
            if t < 4 or net is whole:
                move(net, t)
                average.update()
    resumed = network()
    again = WeightAverage(resumed, 0.95)
    again.load_state_dict(averages[1].state_dict())
    for t in range(4, 10):
        move(resumed, t)
        again.update()
    state = again.state_dict()
    assert all(torch.equal(tensor, state[name]) for name, tensor in averages[0].state_dict().items())


def test_a_saved_state_does_not_move_on():
    net = network()
    average = WeightAverage(net, 0.5)
    state = average.state_dict()
    kept = state["average.0.weight"].clone()
    move(net, 3)
    average.update()
    assert torch.equal(state["average.0.weight"], kept)
    assert int(state["n_updates"]) == 0


@pytest.mark.parametrize("other", [nn.Linear(3, 2), nn.Sequential(nn.Conv2d(2, 4, 3))])
def test_the_average_of_another_network_is_refused_and_nothing_changes(other):
    average = WeightAverage(network(), 0.9)
    before = average.state_dict()
    with pytest.raises(RunError, match=r"another network: they differ in average\."):
        average.load_state_dict(WeightAverage(other, 0.9).state_dict())
    assert all(torch.equal(tensor, before[name]) for name, tensor in average.state_dict().items())


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_a_decay_out_of_its_range_is_refused(decay):
    with pytest.raises(ConfigError, match="below 1; it is"):
        WeightAverage(network(), decay)
