import json
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from linnet.classifiers.networks.cnn import build_cnn
from linnet.errors import ConfigError, ImagesError
from linnet.training.anatomy.table import describe_network


@pytest.fixture(scope="module")
def textbook():
    return describe_network(build_cnn((3, 32, 32), 10), (3, 32, 32), batch_size=4)


def row(table, name):
    return next(row for row in table.rows if row.name == name)


def test_the_textbook_net_has_its_published_totals(textbook):
    assert textbook.parameters == 5_852_170
    assert textbook.buffers == 2 * (32 + 128 + 256) + 3
    assert f"{textbook.n_bytes / 2**20:.2f}" == "22.33"


def test_operations_of_the_textbook_net_are_those_written_down_by_hand(textbook):
    convolutions = [(3, 32, 32), (32, 64, 32), (64, 128, 16), (128, 128, 16), (128, 256, 8), (256, 256, 8)]
    by_hand = sum(2 * 9 * inputs * outputs * side**2 for inputs, outputs, side in convolutions)
    by_hand += 2 * (4096 * 1024 + 1024 * 512 + 512 * 10)
    assert textbook.flops == by_hand == 275_458_048


def test_totals_are_the_sums_of_the_rows(textbook):
    assert sum(row.parameters for row in textbook.rows) == textbook.parameters
    assert sum(row.flops for row in textbook.rows) == textbook.flops
    assert sum(row.output_bytes for row in textbook.rows) == textbook.activation_bytes


def test_a_row_says_all_that_is_known_of_a_layer(textbook):
    conv = row(textbook, "conv3")
    assert (conv.kind, conv.output_shape, conv.parameters) == ("Conv2d", (128, 16, 16), 64 * 128 * 9 + 128)
    assert (conv.receptive_field, conv.stride) == ((10, 10), (2, 2))
    assert conv.output_bytes == 4 * 4 * 128 * 16 * 16


def test_the_field_grows_until_the_head_sees_the_whole_picture(textbook):
    fields = [row.receptive_field for row in textbook.rows if row.kind == "MaxPool2d"]
    assert fields == [(6, 6), (16, 16), (36, 36)]
    assert {row.receptive_field for row in textbook.rows[-8:]} == {None}


def test_rows_stand_in_the_order_of_calls():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.last, self.first = nn.Linear(2, 3), nn.Flatten()

        def forward(self, x):
            return self.last(self.first(x))

    assert [row.name for row in describe_network(Backwards(), (1, 1, 2)).rows] == ["first", "last"]


def multiplications_by_counting(size, *, kernel, stride, padding, dilation, channels, groups):
    """Count every product of a convolution, padding included, one output at a time."""
    inputs, outputs = channels
    places = [
        first for first in range(-padding, size + padding, stride) if first + dilation * (kernel - 1) < size + padding
    ]
    taps = list(product(range(kernel), range(kernel), range(inputs // groups)))
    return sum(len(taps) for _ in product(range(outputs), places, places))


@settings(max_examples=25, deadline=None)
@given(
    size=st.integers(5, 9),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
)
def test_operations_of_a_convolution_are_twice_its_products(size, groups, **window):
    layer = nn.Conv2d(4, 6, groups=groups, kernel_size=window.pop("kernel"), **window)
    window["kernel"] = layer.kernel_size[0]
    n = multiplications_by_counting(size, **window, channels=(4, 6), groups=groups)
    assert describe_network(layer, (4, size, size)).flops == 2 * n


def test_operations_are_those_that_torch_counts_for_any_batch():
    class Attending(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.up = nn.Conv2d(3, 8, 3, stride=2, groups=1), nn.ConvTranspose2d(8, 4, 2, stride=2)
            self.head = nn.Linear(4, 5)

        def forward(self, x):
            tokens = self.up(self.down(x)).flatten(2)
            return self.head((tokens @ tokens.transpose(1, 2)).mean(1))

    network = Attending().eval()
    table = describe_network(network, (3, 9, 9), batch_size=7)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.zeros(5, 3, 9, 9))
    assert 5 * table.flops == counter.get_total_flops()
    # down makes 4 x 4 cells of 8 channels; up turns each into 2 x 2 of 4; then 4 x 64 by 64 x 4.
    by_hand = {"down": 2 * 8 * 16 * 27, "up": 2 * 16 * 8 * 4 * 4, "head": 2 * 4 * 5, "": 2 * 4 * 64 * 4}
    assert {row.name: row.flops for row in table.rows} == by_hand


def test_the_network_is_left_as_it_was_found():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Sequential(nn.Dropout()))
    network[1].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    describe_network(network, (1, 6, 6))
    assert [module.training for module in network.modules()] == [True, True, False, True, True]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_it_is_left_so_also_where_the_pictures_do_not_fit():
    network = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Flatten(), nn.Linear(8, 2))
    with pytest.raises(ImagesError, match=r"does not take pictures of shape \(3, 9, 9\)"):
        describe_network(network, (3, 9, 9))
    assert all(module.training for module in network.modules())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    assert describe_network(network, (3, 4, 4)).parameters == 3 * 2 * 9 + 2 + 8 * 2 + 2


def test_a_layer_called_twice_has_two_rows_and_counts_its_parameters_once():
    shared = nn.Conv2d(2, 2, 3, padding=1)
    table = describe_network(nn.Sequential(shared, nn.ReLU(), shared), (2, 5, 5))
    assert [(row.name, row.parameters) for row in table.rows] == [("0", 38), ("1", 0), ("0", 0)]
    assert table.rows[0].flops == table.rows[2].flops > 0
    assert table.rows[2].receptive_field == (5, 5)
    assert table.parameters == 38


def test_parameters_outside_layers_and_unused_ones_have_rows_too():
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.scale, self.unused = nn.Parameter(torch.ones(3)), nn.Linear(2, 2)
            self.register_buffer("forgotten", torch.zeros(9), persistent=False)

        def forward(self, x):
            return x * self.scale[:, None, None]

    table = describe_network(nn.Sequential(Odd()), (3, 2, 2))
    assert [(row.name, row.kind, row.parameters) for row in table.rows] == [("0", "Odd", 3), ("0.unused", "Linear", 6)]
    assert table.rows[1].output_shape == ()
    assert (table.parameters, table.buffers, table.n_bytes) == (9, 0, 36)


def test_memory_follows_the_type_and_the_batch():
    network = nn.Sequential(nn.Conv2d(1, 4, 1)).to(torch.bfloat16)
    assert describe_network(network, (1, 5, 5), batch_size=3).activation_bytes == 3 * 4 * 25 * 2


def test_plain_form_survives_json(textbook):
    plain = textbook.to_plain()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["flops"] == textbook.flops
    assert plain["activation_bytes"] == textbook.activation_bytes
    assert plain["rows"][0] == {
        **{"name": "conv1", "kind": "Conv2d", "output_shape": [32, 32, 32], "parameters": 896},
        **{"flops": 1_769_472, "output_bytes": 524_288, "receptive_field": [3, 3], "stride": [1, 1]},
    }


@pytest.mark.parametrize(("shape", "batch_size"), [((3, 8), 1), ((0, 8, 8), 1), ((3, 8, 8), 0)])
def test_shapes_that_are_none_are_refused(shape, batch_size):
    with pytest.raises(ConfigError, match="each at least 1"):
        describe_network(nn.Flatten(), shape, batch_size=batch_size)
