import pytest
import torch

from linnet.classifiers.base import create
from linnet.errors import ConfigError


@pytest.mark.parametrize(
    ("settings", "parameters"),
    [
        ({"hidden": (512,), "activation": "tanh", "batch_norm": False}, 1_574_402),
        ({"hidden": (1024, 512, 128), "batch_norm": False}, 3_737_474),
    ],
)
def test_the_published_presets_have_their_parameters(settings, parameters):
    network = create("mlp", settings).build((3, 32, 32), 2)
    assert sum(p.numel() for p in network.parameters()) == parameters


def test_layers_are_given_as_a_list_of_sizes():
    network = create("mlp", {"hidden": [7, 5], "dropout": 0.5}).build((1, 4, 4), 3)
    assert [tuple(p.shape) for p in network.parameters() if p.ndim == 2] == [(7, 16), (5, 7), (3, 5)]
    assert sum(isinstance(layer, torch.nn.Dropout) for layer in network.modules()) == 2


@pytest.mark.parametrize("wrong", [{"hidden": (0,)}, {"activation": "gelu"}, {"dropout": 1.0}, {"dropout": -0.1}])
def test_settings_out_of_their_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        create("mlp", wrong)
