"""What is measured against computing it by hand, hooks that are gone, and networks made ill on purpose."""

import math

import pytest
import torch
from torch import nn
from torch.nn import functional

from linnet.records.health import LayerHealth
from linnet.training.health import diagnose, measure_health


def seeded(net, *, scale=0.5):
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
    return net


def network():
    return seeded(
        nn.Sequential(
            nn.Conv2d(2, 5, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(80, 7), nn.ReLU(), nn.Linear(7, 3)
        )
    )


IMAGES = torch.randn(6, 2, 6, 6, generator=torch.Generator().manual_seed(1))
LABELS = torch.arange(6) % 3


def backward_of(net, *, optimizer=None):
    def backward():
        functional.cross_entropy(net(IMAGES), LABELS).backward()
        if optimizer is not None:
            optimizer.step()
            optimizer.zero_grad()

    return backward


def by_name(layers):
    return {layer.name: layer for layer in layers}


def test_means_and_deviations_are_those_of_the_outputs_before_a_relu_in_place():
    net = network()
    found = by_name(measure_health(net, backward_of(net)))
    maps = functional.conv2d(IMAGES, net[0].weight, net[0].bias).detach()
    assert list(found) == ["0", "1", "3", "4", "5"]
    assert found["0"].mean == pytest.approx(float(maps.mean()), abs=1e-6)
    assert found["0"].std == pytest.approx(float(maps.std(correction=0)), rel=1e-5)
    assert found["1"].mean == pytest.approx(float(maps.relu().mean()), rel=1e-5)


def test_gradient_norms_are_those_of_autograd():
    net = network()
    found = by_name(measure_health(net, backward_of(net)))
    for i in (0, 3, 5):
        assert found[str(i)].gradient_norm == pytest.approx(float(net[i].weight.grad.norm()), rel=1e-6)
    assert found["1"].gradient_norm is None
    assert all(layer.update_ratio is None for layer in found.values())


def test_update_ratios_are_those_of_the_step_even_where_it_throws_gradients_away():
    net = network()
    before = {i: net[i].weight.detach().clone() for i in (0, 3, 5)}
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    found = by_name(measure_health(net, backward_of(net, optimizer=optimizer)))
    for i, weight in before.items():
        layer = found[str(i)]
        assert layer.update_ratio == pytest.approx(0.1 * layer.gradient_norm / float(weight.norm()), rel=1e-3)


def test_dead_units_are_channels_and_features_that_no_image_wakes():
    net = network()
    with torch.no_grad():
        net[0].bias[:2] = -100.0
        net[3].bias[3:] = -1000.0
    found = by_name(measure_health(net, backward_of(net)))
    maps = functional.conv2d(IMAGES, net[0].weight, net[0].bias).relu()
    n_dead = sum(float(maps[:, channel].detach().max()) == 0 for channel in range(5))
    assert n_dead >= 2
    assert found["1"].dead_share == pytest.approx(n_dead / 5)
    assert found["4"].dead_share >= 4 / 7
    assert found["0"].dead_share is None


def test_the_last_dimension_of_sequences_holds_the_units():
    net = nn.Sequential(nn.Identity(), nn.ReLU())
    tokens = torch.tensor([[[1.0, -1.0], [-1.0, -1.0], [2.0, -3.0]]])
    (layer,) = measure_health(net, lambda: net(tokens))
    assert layer.dead_share == 0.5


@pytest.mark.parametrize("fails", [False, True])
def test_hooks_are_gone_afterwards_and_nothing_else_changed(fails):
    net = network()
    kept = {name: tensor.clone() for name, tensor in net.state_dict().items()}

    def backward():
        backward_of(net)()
        if fails:
            raise KeyError("in the middle")

    if fails:
        with pytest.raises(KeyError):
            measure_health(net, backward)
    else:
        measure_health(net, backward)
    for module in net.modules():
        assert not module._forward_hooks
    for parameter in net.parameters():
        assert not parameter._post_accumulate_grad_hooks
    assert all(torch.equal(tensor, kept[name]) for name, tensor in net.state_dict().items())
    assert net.training


def test_frozen_layers_have_activations_but_no_gradient():
    net = network()
    net[0].requires_grad_(False)
    found = by_name(measure_health(net, backward_of(net)))
    assert found["0"].gradient_norm is None
    assert found["3"].gradient_norm > 0


# -- diagnoses ---------------------------------------------------------------------------------------------------


def test_a_healthy_network_gets_no_sentence():
    net = seeded(network(), scale=0.2)
    with torch.no_grad():
        net[0].bias.fill_(0.1)
        net[3].bias.fill_(0.1)
    assert diagnose(measure_health(net, backward_of(net))) == {}


def test_a_deep_net_of_small_weights_and_sigmoids_vanishes():
    parts = [nn.Flatten(), nn.Linear(72, 8)]
    for _ in range(8):
        parts += [nn.Sigmoid(), nn.Linear(8, 8)]
    net = seeded(nn.Sequential(*parts), scale=0.1)
    layers = measure_health(net, backward_of(net))
    found = diagnose(layers)
    assert list(found) == ["vanishing"]
    norms = [layer.gradient_norm for layer in layers]
    n_faint = sum(norm < 1e-5 * norms[-1] for norm in norms)
    assert n_faint > 2
    assert f"on the way back in 1 ({norms[0]:.3g}) and {n_faint - 1} more layers, against" in found["vanishing"]
    assert "shortcuts" in found["vanishing"]


def test_a_net_of_huge_weights_explodes():
    net = seeded(network(), scale=100.0)
    assert "smaller learning rate" in diagnose(measure_health(net, backward_of(net)))["exploding"]


@pytest.mark.parametrize("norm", [math.nan, math.inf, 1e4])
def test_gradients_that_are_no_numbers_explode_and_are_named(norm):
    layers = [
        LayerHealth(name="first", mean=0.0, std=1.0, gradient_norm=1.0),
        LayerHealth(name="second", mean=0.0, std=1.0, gradient_norm=norm),
    ]
    found = diagnose(layers)
    assert list(found) == ["exploding"]
    assert "explode in second" in found["exploding"]
    assert "first" not in found["exploding"]


def test_dead_units_are_named_with_their_share():
    net = network()
    nn.init.constant_(net[3].bias, -1000.0)
    assert "in 4 (100 %);" in diagnose(measure_health(net, backward_of(net)))["dead"]


@pytest.mark.parametrize(("n", "said"), [(1, "in r0 (90 %);"), (2, "and 1 more layer;"), (8, "and 7 more layers;")])
def test_the_first_ill_layer_is_named_and_the_others_counted(n, said):
    layers = [LayerHealth(name=f"r{i}", mean=0.0, std=0.0, dead_share=0.9) for i in range(n)]
    assert said in diagnose(layers)["dead"]
    assert "r1" not in diagnose(layers)["dead"]


# -- batch normalization -------------------------------------------------------------------------------------------


def normed():
    return seeded(nn.Sequential(nn.Conv2d(2, 5, 3), nn.BatchNorm2d(5), nn.Flatten(), nn.Linear(80, 3)))


def drift_of(net):
    """What the layer gives in either mode, compared by hand; a norm's weight and bias are left out."""
    norm = net[1]
    with torch.no_grad():
        maps = net[0](IMAGES)
        learning = functional.batch_norm(maps, None, None, training=True, eps=norm.eps)
        predicting = functional.batch_norm(maps, norm.running_mean, norm.running_var, eps=norm.eps)
    return float((learning - predicting).pow(2).mean((0, 2, 3)).max().sqrt())


@pytest.mark.parametrize("eps", [1e-5, 0.1])
def test_the_drift_is_how_far_running_statistics_move_the_outputs(eps):
    net = normed()
    net[1].eps = eps
    net[1].running_mean.copy_(torch.linspace(-1, 1, 5))
    net[1].running_var.copy_(torch.linspace(0.5, 3, 5))
    wanted = drift_of(net)
    found = by_name(measure_health(net, backward_of(net)))
    assert wanted > 0.1
    assert found["1"].drift == pytest.approx(wanted, rel=1e-4)
    assert found["0"].drift is found["3"].drift is None
    assert not net[1]._forward_pre_hooks


def test_statistics_that_are_the_batchs_own_do_not_drift():
    net = normed()
    with torch.no_grad():
        maps = net[0](IMAGES)
        net[1].running_mean.copy_(maps.mean((0, 2, 3)))
        net[1].running_var.copy_(maps.var((0, 2, 3), correction=0))
    assert by_name(measure_health(net, backward_of(net)))["1"].drift < 1e-3


def test_a_norm_without_running_statistics_cannot_drift():
    net = normed()
    net[1] = nn.BatchNorm2d(5, track_running_stats=False)
    assert by_name(measure_health(net, backward_of(net)))["1"].drift is None


def test_a_frozen_norm_learns_with_what_it_predicts_with_and_cannot_drift():
    net = normed()
    net[1].eval()
    assert by_name(measure_health(net, backward_of(net)))["1"].drift is None


def test_a_channel_that_is_constant_but_for_rounding_is_named_when_training_is_over():
    net = normed()
    with torch.no_grad():
        net[0].weight[2] *= 1e-9
        net[1].eps = 1e-24
        net[1].running_mean.copy_(net[0](IMAGES).mean((0, 2, 3)))
        net[1].running_mean[2] += 1e-6
        net[1].running_var.copy_(net[0](IMAGES).var((0, 2, 3), correction=0))
    layers = measure_health(net, backward_of(net))
    assert "drifting" not in diagnose(layers)
    found = diagnose(layers, is_over=True)["drifting"]
    assert "far from a batch's own in 1 (" in found
    assert "more epochs" in found
