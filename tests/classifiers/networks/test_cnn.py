import pytest
import torch
from torch import nn

from linnet.classifiers.networks.cnn import build_cnn
from linnet.errors import ConfigError


@pytest.fixture(scope="module")
def textbook():
    return build_cnn((3, 32, 32), 10).eval()


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def textbook_net_written_down():
    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU()),
        nn.MaxPool2d(2),
        *(nn.Conv2d(64, 128, 3, padding=1), nn.BatchNorm2d(128), nn.ReLU()),
        *(nn.Conv2d(128, 128, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout2d(0.05)),
        *(nn.Conv2d(128, 256, 3, padding=1), nn.BatchNorm2d(256), nn.ReLU()),
        *(nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.1), nn.Linear(4096, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU()),
        *(nn.Dropout(0.1), nn.Linear(512, 10)),
    )


def test_it_has_the_published_number_of_parameters_and_bytes(textbook):
    assert count(textbook) == 5_852_170
    n_bytes = sum(tensor.numel() * tensor.element_size() for tensor in textbook.state_dict().values())
    assert f"{n_bytes / 2**20:.2f}" == "22.33"


def test_it_is_the_textbook_net_to_the_layer(textbook):
    assert [repr(layer) for layer in textbook] == [repr(layer) for layer in textbook_net_written_down()]


def test_layers_have_names_that_count_up(textbook):
    names = [name for name, _ in textbook.named_children()]
    assert names[:6] == ["conv1", "norm1", "relu1", "conv2", "relu2", "pool1"]
    assert [name for name in names if name.startswith("conv")] == [f"conv{at}" for at in range(1, 7)]
    assert [name for name in names if name.startswith("dropout")] == ["dropout1", "dropout2", "dropout3"]


@pytest.mark.parametrize(
    ("sides", "inputs"),
    [((8, 8), 1), ((7, 7), 1), ((1, 1), 1), ((28, 28), 9), ((1, 32), 4), ((39, 39), 16), ((40, 12), 4), ((96, 96), 16)],
)
@pytest.mark.parametrize("n_channels", [1, 3])
def test_it_adapts_to_size_channels_and_classes(sides, inputs, n_channels):
    network = build_cnn((n_channels, *sides), 7, width=0.05).eval()
    assert network(torch.rand(2, n_channels, *sides)).shape == (2, 7)
    assert network.linear1.in_features == inputs * network.conv6.out_channels


def test_large_pictures_do_not_enlarge_the_head(textbook):
    large = build_cnn((3, 224, 224), 10)
    assert count(large) == count(textbook)
    assert large.average.output_size == (4, 4)
    assert not hasattr(textbook, "average")


def test_tiny_pictures_skip_poolings_that_would_leave_nothing():
    pools = {size: [n for n, _ in build_cnn((1, *size), 2, width=0.02).named_children() if n.startswith("pool")]
             for size in [(8, 8), (4, 4), (3, 3), (1, 1), (1, 8)]}  # fmt: skip
    assert [len(names) for names in pools.values()] == [3, 2, 1, 0, 3]


def test_width_scales_channels_and_units():
    network = build_cnn((3, 8, 8), 4, width=0.5)
    assert (network.conv1.out_channels, network.conv6.out_channels) == (16, 128)
    assert (network.linear1.out_features, network.linear2.out_features, network.linear3.out_features) == (512, 256, 4)


def test_what_a_hook_was_shown_stays_what_it_was():
    network = build_cnn((1, 8, 8), 2, width=0.1).eval()
    shown = []
    network.conv2.register_forward_hook(lambda module, args, output: shown.append((output, output.clone())))
    with torch.no_grad():
        network.conv2.bias.fill_(-100)
        network(torch.rand(1, 1, 8, 8))
    before, after = shown[0]
    assert torch.equal(before, after)
    assert float(before.max()) < 0


@pytest.mark.parametrize("width", [0, -1.0, float("inf"), float("nan")])
def test_a_width_that_is_none_is_refused(width):
    with pytest.raises(ConfigError, match="above 0"):
        build_cnn((3, 8, 8), 2, width=width)
