import pytest
import torch
from torch import nn
from torch.nn import functional

from linnet.classifiers.networks.resnet import ResidualBlock, build_resnet
from linnet.errors import ConfigError
from linnet.training.anatomy.table import describe_network


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(("depth", "millions"), [(20, "0.27"), (32, "0.46"), (44, "0.66"), (56, "0.85"), (110, "1.73")])
def test_depths_of_the_paper_have_its_numbers_of_parameters(depth, millions):
    assert f"{count(build_resnet((3, 32, 32), 10, depth=depth)) / 1e6:.2f}" == millions


def test_parameters_are_those_added_up_by_hand():
    def stage(inputs, outputs, n):
        return 9 * outputs * (inputs + (2 * n - 1) * outputs) + 2 * n * 2 * outputs

    by_hand = 27 * 16 + 32 + stage(16, 16, 3) + stage(16, 32, 3) + stage(32, 64, 3) + 650
    assert count(build_resnet((3, 32, 32), 10, depth=20)) == by_hand == 269_722


@pytest.mark.parametrize("depth", [20, 44])
def test_depth_counts_convolutions_and_the_linear_layer(depth):
    network = build_resnet((3, 32, 32), 10, depth=depth)
    assert sum(isinstance(layer, nn.Conv2d | nn.Linear) for layer in network.modules()) == depth


def test_stages_halve_the_sides_and_double_the_channels():
    rows = {row.name: row for row in describe_network(build_resnet((3, 32, 32), 10, depth=20), (3, 32, 32)).rows}
    shapes = [rows[f"stage{at}.block3.relu2"].output_shape for at in (1, 2, 3)]
    assert shapes == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]


def test_fields_are_followed_through_every_sum():
    rows = {row.name: row for row in describe_network(build_resnet((3, 32, 32), 10, depth=20), (3, 32, 32)).rows}
    # 1 + 2 * (7 at step 1) + 2 * (1 at step 1, 5 at step 2) + 2 * (1 at step 2, 5 at step 4)
    assert rows["stage3.block3.relu2"].receptive_field == (1 + 14 + 2 + 20 + 4 + 40,) * 2
    assert rows["stage3.block3.relu2"].stride == (4, 4)


def test_a_block_that_learned_nothing_passes_its_input_on():
    block = ResidualBlock(4, 4, stride=1).eval()
    nn.init.zeros_(block.norm2.weight)
    x = torch.rand(2, 4, 5, 5)
    assert torch.equal(block(x), x)


@pytest.mark.parametrize("sides", [(6, 6), (5, 7), (1, 1)])
def test_the_shortcut_takes_every_second_pixel_and_adds_empty_channels(sides):
    block = ResidualBlock(2, 5, stride=2).eval()
    x = torch.rand(2, 2, *sides)
    expected = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 3))
    assert torch.equal(block.shortcut(x), expected)
    assert not list(block.shortcut.parameters())
    nn.init.zeros_(block.norm2.weight)
    assert torch.equal(block(x), expected)


def test_a_block_computes_the_equation_of_the_paper():
    block = ResidualBlock(3, 3, stride=1)
    x = torch.randn(4, 3, 6, 6)
    inner = functional.batch_norm(functional.conv2d(x, block.conv1.weight, padding=1), None, None, training=True)
    outer = functional.conv2d(functional.relu(inner), block.conv2.weight, padding=1)
    outer = functional.batch_norm(outer, None, None, training=True)
    assert torch.allclose(block(x), functional.relu(outer + x), atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 1, 1), (3, 28, 31), (2, 64, 20), (3, 96, 96), (1, 65, 3)])
def test_it_adapts_to_size_channels_and_classes(shape):
    network = build_resnet(shape, 7, depth=8).eval()
    assert network(torch.rand(2, *shape)).shape == (2, 7)


def test_large_pictures_are_quartered_before_the_stages():
    small, large = (describe_network(build_resnet((3, side, side), 10, depth=8), (3, side, side)) for side in (64, 128))
    sides = {
        table.input_shape[1]: next(r for r in table.rows if "stage1" in r.name).output_shape[1]
        for table in (small, large)
    }
    assert sides == {64: 64, 128: 32}
    assert large.flops < small.flops


def test_first_weights_have_the_variance_of_the_paper_and_come_from_the_generator():
    networks = [build_resnet((3, 8, 8), 10, depth=20, generator=torch.Generator().manual_seed(5)) for _ in range(2)]
    for one, two in zip(*(network.parameters() for network in networks), strict=True):
        assert torch.equal(one, two)
    weights = networks[0].stage3.block3.conv2.weight.detach()
    assert float(weights.var()) == pytest.approx(2 / (9 * 64), rel=0.05)
    assert float(networks[0].linear.bias.detach().abs().max()) == 0


def test_activations_keep_their_size_through_a_plain_stack_of_its_convolutions():
    network = build_resnet((3, 8, 8), 10, depth=56, generator=torch.Generator().manual_seed(0))
    x = torch.randn(4, 64, 16, 16, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for block in network.stage3[1:]:
            x = functional.relu(functional.conv2d(x, block.conv2.weight, padding="same"))
    assert 0.03 < float(x.square().mean()) < 10


@pytest.mark.parametrize("depth", [0, 2, 18, 21, -4, 55])
def test_depths_between_are_refused(depth):
    with pytest.raises(ConfigError, match=f"6n \\+ 2 layers.*came as {depth}"):
        build_resnet((3, 32, 32), 10, depth=depth)
