import pytest
import torch

from linnet.classifiers.networks.fast import FastNetwork
from linnet.errors import ConfigError
from linnet.training.recipe import Recipe


def network_of(shape=(3, 32, 32), k=10, **changes):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FastNetwork(shape, k, **changes)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 28), (1, 8, 8), (3, 1, 1), (3, 2, 40), (3, 64, 64)])
def test_pictures_of_any_size_get_one_row_of_logits_each(shape):
    assert network_of(shape, 7)(torch.zeros(4, *shape)).shape == (4, 7)


def test_whitened_patches_are_uncorrelated_and_of_variance_one():
    generator = torch.Generator().manual_seed(0)
    smooth = torch.nn.functional.avg_pool2d(torch.randn(200, 3, 20, 20, generator=generator), 3, stride=1)
    images = smooth / smooth.std()
    network = network_of((3, 18, 18))
    network.whiten_like(images)
    outputs = network.whiten(images).transpose(0, 1).flatten(1)[:12].detach().double()
    moments = outputs @ outputs.T / outputs.shape[1]
    assert torch.allclose(moments, torch.eye(12, dtype=torch.float64), atol=0.05)


def test_each_direction_comes_with_either_sign():
    network = network_of()
    network.whiten_like(torch.randn(20, 3, 32, 32, generator=torch.Generator().manual_seed(1)))
    weight = network.whiten.weight
    assert torch.equal(weight[:12], -weight[12:])
    assert not weight.requires_grad


def test_convolutions_start_as_the_identity_on_what_comes_in():
    block = network_of().layers.block2
    x = torch.randn(2, 64, 9, 9, generator=torch.Generator().manual_seed(2))
    assert torch.allclose(block.conv1(x)[:, :64], x, atol=1e-6)


def test_the_last_block_adds_what_its_later_layers_make_to_what_they_take():
    block = network_of().eval().layers.block3
    x = torch.randn(2, 256, 7, 7, generator=torch.Generator().manual_seed(3))
    start = block.gelu1(block.norm1(block.pool(block.conv1(x))))
    later = block.residual.path
    path = later.norm3(later.conv3(later.gelu2(later.norm2(later.conv2(start)))))
    assert torch.equal(block(x), torch.nn.functional.gelu(path + start))
    assert torch.allclose(later.conv3(start), start, atol=1e-6)


def test_what_is_nearly_constant_stays_small_behind_a_norm():
    deviations = torch.tensor([1e-3, *63 * [1.0]]).view(1, -1, 1, 1)
    x = 1 + deviations * torch.randn(4, 64, 5, 5, generator=torch.Generator().manual_seed(4))
    outputs = network_of().layers.block1.norm1.train()(x).detach()
    assert float(outputs[:, 0].abs().max()) < 0.2
    assert float(outputs[:, 1:].std()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize(("side", "is_deep"), [(32, True), (25, True), (24, False), (8, False)])
def test_only_maps_of_at_least_three_pixels_get_the_deeper_block(side, is_deep):
    assert hasattr(network_of((3, side, side)).layers.block3, "residual") == is_deep


def test_it_has_two_and_a_half_million_parameters():
    convolutions = 24 * 64 + 64 * 64 + 64 * 256 + 256 * 256 + 3 * 256 * 256
    norms = 2 * 64 + 2 * 256 + 3 * 256
    expected = 24 * (3 * 2 * 2 + 1) + 9 * convolutions + 2 * norms + 256 * 10
    assert sum(p.numel() for p in network_of().parameters()) == expected == 2_563_128


def test_every_learned_weight_moves_in_its_own_way():
    network = network_of()
    optimizer = network.tuned_optimizer(Recipe(learning_rate=0.1, batch_size=500), n_images=5000, dtype=torch.float32)
    moved = [p for group in optimizer.param_groups for p in group["params"]]
    learned = [p for p in network.parameters() if p.requires_grad]
    assert {id(p) for p in moved} == {id(p) for p in learned}
    assert len(moved) == len(learned)
    resting = [group for group in optimizer.param_groups if "rests_after" in group]
    assert [p is network.whiten.bias for group in resting for p in group["params"]] == [True]
    kinds = {p.ndim: group["kind"] for group in optimizer.param_groups for p in group["params"]}
    assert kinds == {4: "matrix", 1: "plain", 2: "plain"}


def test_rates_of_the_plain_ones_follow_the_size_of_batches():
    def rates(size):
        recipe = Recipe(learning_rate=0.1, batch_size=size)
        groups = network_of().tuned_optimizer(recipe, n_images=5000, dtype=torch.float32).param_groups
        return [group["lr"] for group in groups]

    assert rates(200)[0] == rates(100)[0] == 0.1
    assert rates(200)[1:] == [2 * rate for rate in rates(100)[1:]]


@pytest.mark.parametrize("width", [0.0, -2.0, float("inf")])
def test_a_width_out_of_its_range_is_refused(width):
    with pytest.raises(ConfigError, match="width"):
        network_of(width=width)


def test_weight_decay_shrinks_the_last_layer_by_the_recipes_rate():
    def shrunk(**changes):
        network, recipe = network_of((1, 8, 8), 3), Recipe(learning_rate=0.1, batch_size=50, **changes)
        optimizer = network.tuned_optimizer(recipe, n_images=100, dtype=torch.float32)
        before = network.head.weight.detach().clone()
        for parameter in network.parameters():
            parameter.grad = torch.zeros_like(parameter)
        optimizer.step()
        return float((network.head.weight.detach() / before).mean())

    assert shrunk(weight_decay=0.0) == pytest.approx(1 - 1.3e-5 * 50)
    assert shrunk(weight_decay=0.5) == pytest.approx(1 - 1.3e-5 * 50 - 0.5 * 0.1)
