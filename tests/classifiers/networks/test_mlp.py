import pytest
import torch
from torch import nn

from linnet.classifiers.networks.mlp import build_mlp
from linnet.errors import ConfigError


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("hidden", "n_parameters"), [([512], 1_574_402), ([1024, 512, 128], 3_737_474)])
def test_the_presets_have_their_published_sizes(hidden, n_parameters):
    assert count(build_mlp((3, 32, 32), 2, hidden=hidden, activation="tanh")) == n_parameters


def test_layers_are_named_in_order():
    network = build_mlp((1, 8, 8), 10, hidden=(5, 4), activation="tanh", dropout=0.2, batch_norm=True)
    assert [name for name, _ in network.named_children()] == [
        *("flatten", "linear1", "norm1", "tanh1", "dropout1"),
        *("linear2", "norm2", "tanh2", "dropout2", "linear3"),
    ]


def test_it_computes_what_its_matrices_say():
    network = build_mlp((2, 3, 4), 3, hidden=[6], activation="relu")
    x = torch.rand(5, 2, 3, 4)
    one, two = network.linear1, network.linear2
    hidden = (x.reshape(5, 24) @ one.weight.T + one.bias).clamp(min=0)
    assert torch.allclose(network(x), hidden @ two.weight.T + two.bias, atol=1e-6)


def test_tanh_keeps_hidden_units_within_one():
    network = build_mlp((1, 4, 4), 2, hidden=[7], activation="tanh")
    hidden = network[:3](100 * torch.randn(9, 1, 4, 4)).detach()
    assert isinstance(network.tanh1, nn.Tanh)
    assert float(hidden.min()) < 0 < float(hidden.max()) <= 1


def test_no_hidden_layer_is_softmax_regression():
    network = build_mlp((1, 2, 2), 3, hidden=[])
    assert [name for name, _ in network.named_children()] == ["flatten", "linear1"]
    assert count(network) == 4 * 3 + 3


def test_a_norm_takes_the_place_of_the_bias():
    network = build_mlp((1, 2, 2), 3, hidden=[5], batch_norm=True)
    assert network.linear1.bias is None
    assert network.linear2.bias is not None
    assert count(network) == 4 * 5 + 2 * 5 + 5 * 3 + 3


def test_dropout_silences_in_training_only():
    network = build_mlp((1, 8, 8), 2, hidden=[200], dropout=0.5)
    x = torch.rand(4, 1, 8, 8)
    hidden = network[:-1]
    zeros = float((hidden(x) == 0).float().mean())
    network.eval()
    assert torch.equal(hidden(x), network[:3](x))
    assert zeros > float((hidden(x) == 0).float().mean()) + 0.1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden": [0]}, "at least 1 unit"),
        ({"hidden": [2.5]}, "at least 1 unit"),
        ({"hidden": [4], "activation": "swish"}, "relu, tanh; it came as 'swish'"),
        ({"hidden": [4], "dropout": 1.0}, "below 1; it is 1.0"),
        ({"hidden": [4], "dropout": float("nan")}, "below 1; it is nan"),
    ],
)
def test_settings_out_of_their_range_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        build_mlp((3, 8, 8), 2, **settings)
