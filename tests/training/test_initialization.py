"""Starting weights by their spread, and by what they let through; units that are alike."""

import pytest
import torch
from torch import nn

from linnet.errors import UnknownNameError
from linnet.training.initialization import initialize, symmetric_layers, warn_of_symmetry


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def network():
    return nn.Sequential(
        nn.Conv2d(8, 64, 3),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Conv2d(64, 64, 3, groups=4),
        nn.GroupNorm(4, 64),
        nn.Flatten(),
        nn.Linear(256, 300),
        nn.LayerNorm(300),
        nn.Linear(300, 10),
    )


def deviation(layer):
    return float(layer.weight.detach().std())


@pytest.mark.parametrize(
    ("kind", "linear", "convolution"),
    [
        ("normal", 0.01, 0.01),
        ("xavier", (2 / (256 + 300)) ** 0.5, (2 / (8 * 9 + 64 * 9)) ** 0.5),
        ("kaiming", (2 / 256) ** 0.5, (2 / (8 * 9)) ** 0.5),
    ],
)
def test_weights_have_the_spread_of_their_kind(kind, linear, convolution):
    net = network()
    initialize(net, linear=kind, convolution=kind, generator=seeded())
    assert deviation(net[6]) == pytest.approx(linear, rel=0.03)
    assert deviation(net[0]) == pytest.approx(convolution, rel=0.03)
    assert abs(float(net[6].weight.detach().mean())) < 0.02 * linear


def test_biases_are_zero_and_norms_start_fresh():
    net = network()
    with torch.no_grad():
        for tensor in [*net.parameters(), *net.buffers()]:
            tensor.fill_(7)
    initialize(net, generator=seeded())
    for i in (0, 3, 6, 8):
        assert net[i].bias.detach().abs().max() == 0
    for i in (1, 4, 7):
        assert net[i].bias.detach().abs().max() == 0
        assert torch.equal(net[i].weight.detach(), torch.ones_like(net[i].weight))
    assert net[1].running_mean.abs().max() == 0
    assert torch.equal(net[1].running_var, torch.ones(64))
    assert int(net[1].num_batches_tracked) == 0


def test_the_same_generator_gives_the_same_weights_and_another_one_others():
    nets = [network() for _ in range(3)]
    before = torch.get_rng_state()
    for net, seed in zip(nets, (1, 1, 2), strict=True):
        initialize(net, generator=seeded(seed))
    assert torch.equal(torch.get_rng_state(), before)
    first, same, other = (net.state_dict() for net in nets)
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["0.weight"], other["0.weight"])


def test_default_leaves_layers_as_they_are():
    net = network()
    kept = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    initialize(net, linear="default", convolution="kaiming", generator=seeded())
    assert torch.equal(net[6].weight, kept["6.weight"])
    assert torch.equal(net[6].bias, kept["6.bias"])
    assert not torch.equal(net[0].weight, kept["0.weight"])


@pytest.mark.parametrize(("n_in", "n_out", "groups"), [(4, 4, 1), (4, 7, 1), (6, 3, 1), (4, 4, 4), (4, 12, 2)])
def test_dirac_lets_channels_through_as_they_are(n_in, n_out, groups):
    layer = nn.Conv2d(n_in, n_out, 3, padding=1, groups=groups)
    initialize(layer, convolution="dirac", generator=seeded())
    images = torch.randn(2, n_in, 5, 5, generator=seeded(1))
    found = layer(images)
    for group in range(groups):
        inputs = images.chunk(groups, 1)[group]
        outputs = found.chunk(groups, 1)[group]
        n_through = min(inputs.shape[1], outputs.shape[1])
        assert torch.allclose(outputs[:, :n_through], inputs[:, :n_through], atol=1e-6)


def test_dirac_leaves_no_two_channels_alike_where_torchs_would():
    layers = nn.Sequential(nn.Conv2d(4, 16, 3), nn.Flatten(), nn.Linear(16, 2))
    initialize(layers, convolution="dirac", generator=seeded())
    assert symmetric_layers(layers) == []
    nn.init.dirac_(layers[0].weight)
    assert symmetric_layers(layers) == ["0"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"linear": "dirac"}, "linear layers named 'dirac'"), ({"convolution": "kaimin"}, "did you mean 'kaiming'")],
)
def test_unknown_kinds_are_refused(settings, message):
    with pytest.raises(UnknownNameError, match=message):
        initialize(network(), **settings, generator=seeded())


# -- symmetry ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["normal", "xavier", "kaiming"])
def test_random_weights_are_not_symmetric(kind):
    net = network()
    initialize(net, linear=kind, convolution=kind, generator=seeded())
    assert symmetric_layers(net) == []
    assert warn_of_symmetry(net) is None


def test_constant_hidden_weights_are_symmetric_and_stay_so():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    for parameter in net.parameters():
        nn.init.constant_(parameter, 0.3)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
    for seed in range(5):
        loss = nn.functional.cross_entropy(net(torch.randn(6, 3, generator=seeded(seed))), torch.arange(6) % 2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert symmetric_layers(net) == ["0"]
    assert "Units of 0 start with the same weights" in warn_of_symmetry(net)


def test_two_equal_units_are_enough_and_a_bias_tells_them_apart():
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    initialize(net, generator=seeded())
    with torch.no_grad():
        net[0].weight[3] = net[0].weight[1]
    assert symmetric_layers(net) == ["0"]
    with torch.no_grad():
        net[0].bias[3] = 0.5
    assert symmetric_layers(net) == []


def test_zero_and_minus_zero_are_the_same():
    net = nn.Sequential(nn.Linear(1, 2, bias=False), nn.Linear(2, 2))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[0.0], [-0.0]]))
    assert symmetric_layers(net) == ["0"]


def test_a_last_layer_of_zeros_is_no_symmetry():
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    initialize(net, generator=seeded())
    nn.init.zeros_(net[1].weight)
    assert symmetric_layers(net) == []


def test_channels_of_different_groups_are_not_compared():
    net = nn.Sequential(nn.Conv2d(4, 4, 3, groups=4), nn.Conv2d(4, 2, 1))
    initialize(net, convolution="dirac", generator=seeded())
    assert symmetric_layers(net) == []
    net = nn.Sequential(nn.ConvTranspose2d(4, 4, 3, groups=2), nn.Conv2d(4, 2, 1))
    initialize(net, generator=seeded())
    assert symmetric_layers(net) == []
    nn.init.ones_(net[0].weight)
    assert symmetric_layers(net) == ["0"]


def test_many_layers_are_counted_in_the_sentence():
    net = nn.Sequential(*(nn.Linear(2, 2) for _ in range(9)))
    for parameter in net.parameters():
        nn.init.zeros_(parameter)
    assert "0, 1, 2, 3, 4 and 3 more start" in warn_of_symmetry(net)
