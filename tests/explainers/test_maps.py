import pytest
import torch
from torch import nn

import netted
from linnet.classifiers.networks.cnn import build_cnn
from linnet.classifiers.networks.fast import FastNetwork
from linnet.classifiers.networks.from_timm import build_timm
from linnet.classifiers.networks.mlp import build_mlp
from linnet.classifiers.networks.resnet import build_resnet
from linnet.errors import UnknownNameError, UnsupportedError
from linnet.explainers.maps import MapLayer, chosen_map, last_map, map_layers, recorded


def vit(**settings):
    """A tiny vision transformer of timm's, 4 x 3 places."""
    from timm.models.vision_transformer import VisionTransformer

    sizes = {"img_size": (16, 12), "patch_size": 4, "embed_dim": 12, "depth": 2, "num_heads": 3, "num_classes": 3}
    return netted.seeded(lambda: VisionTransformer(**sizes, **settings)).eval()


def last(network, shape):
    return last_map(map_layers(network, shape))


@pytest.mark.parametrize(
    ("build", "shape", "name", "grid"),
    [
        (lambda shape: build_cnn(shape, 3, width=0.1), (3, 32, 32), "pool3", (4, 4)),
        (lambda shape: build_cnn(shape, 3, width=0.1), (3, 64, 40), "average", (4, 4)),
        (lambda shape: build_resnet(shape, 3, depth=8), (1, 28, 20), "stage3", (7, 5)),
        (lambda shape: FastNetwork(shape, 3, width=0.1), (3, 32, 32), "layers", (3, 3)),
        (lambda shape: build_timm("resnet10t", shape, 3), (3, 64, 32), "layer4", (2, 1)),
        (lambda shape: build_timm("swin_tiny_patch4_window7_224", shape, 3), (3, 224, 224), "norm", (7, 7)),
    ],
    ids=["cnn", "cnn averaged", "resnet", "fast-cnn", "timm resnet", "swin"],
)
def test_the_last_map_of_an_architecture_is_found(build, shape, name, grid):
    found = last(netted.seeded(lambda: build(shape)).eval(), shape)
    assert found.name == name
    assert found.grid == grid
    assert found.order == ("channels-last" if name == "norm" else "channels-first")


@pytest.mark.parametrize(
    ("settings", "name", "n_prefix"),
    [
        ({}, "blocks.1.norm1", 1),
        ({"reg_tokens": 4}, "blocks.1.norm1", 5),
        ({"global_pool": "avg", "class_token": False, "fc_norm": False}, "norm", 0),
        ({"qk_norm": True}, "blocks.1.norm1", 1),
    ],
    ids=["class token", "registers", "mean of tokens", "norms of queries and keys"],
)
def test_in_a_vision_transformer_it_is_the_last_tokens_that_the_logits_hang_on(settings, name, n_prefix):
    found = last(vit(**settings), (3, 16, 12))
    assert found == MapLayer(name=name, grid=(4, 3), order="tokens", n_prefix=n_prefix)


def test_insides_of_an_attention_are_no_maps():
    names = {layer.name for layer in map_layers(vit(qk_norm=True), (3, 16, 12))}
    assert "patch_embed.proj" in names
    assert "blocks.0" in names
    assert not any("qkv" in name or "q_norm" in name or "fc1" in name for name in names)


def test_torchvision_s_transformer_too():
    torchvision = pytest.importorskip("torchvision")
    sizes = {"image_size": 16, "patch_size": 4, "num_layers": 2, "num_heads": 2, "hidden_dim": 8, "mlp_dim": 16}
    network = netted.seeded(lambda: torchvision.models.VisionTransformer(**sizes, num_classes=3)).eval()
    # Its head starts from zeros, of which nothing hangs on anything.
    nn.init.normal_(network.heads[0].weight)
    found = last(network, (3, 16, 16))
    assert (found.name, found.grid, found.n_prefix) == ("encoder.layers.encoder_layer_1.ln_1", (4, 4), 1)


def test_a_network_without_maps_has_none_and_is_refused():
    network = build_mlp((1, 6, 6), 2, hidden=(4,))
    assert last_map(map_layers(network, (1, 6, 6))) is None
    with pytest.raises(UnsupportedError, match=r"and mlp has none for pictures of \(1, 6, 6\); gradient and"):
        chosen_map(network, (1, 6, 6), layer="", rung="mlp")


def test_where_no_weight_is_learned_the_last_map_is_taken_all_the_same():
    network = build_cnn((1, 16, 16), 2, width=0.1)
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    found = map_layers(network, (1, 16, 16))
    assert not any(layer.counts for layer in found)
    assert last_map(found) == found[-1]


def test_a_layer_is_found_by_its_name_or_the_end_of_it():
    network = nn.Sequential()
    network.add_module("body", build_cnn((1, 16, 16), 2, width=0.1))
    for name in ("body.conv2", "conv2"):
        assert chosen_map(network, (1, 16, 16), layer=name, rung="cnn").name == "body.conv2"
    with pytest.raises(UnknownNameError, match=r"no layer with a map in cnn named 'conv9'; Known: body.conv1, "):
        chosen_map(network, (1, 16, 16), layer="conv9", rung="cnn")
    with pytest.raises(UnknownNameError):
        chosen_map(network, (1, 16, 16), layer="linear1", rung="cnn")


def test_places_stay_where_they_are_when_a_map_is_arranged():
    rows, columns, n_channels = 2, 3, 4
    expected = torch.arange(2 * n_channels * rows * columns).view(2, n_channels, rows, columns)
    last_channels = expected.permute(0, 2, 3, 1)
    tokens = torch.cat([torch.full((2, 2, n_channels), -1), last_channels.reshape(2, -1, n_channels)], 1)
    for order, outputs in (("channels-first", expected), ("channels-last", last_channels), ("tokens", tokens)):
        layer = MapLayer(name="x", grid=(rows, columns), order=order, n_prefix=2 * (order == "tokens"))
        assert torch.equal(layer.arranged(outputs), expected)


class Adding(nn.Module):
    """Change what a layer gave, in place."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Conv2d(1, 2, 1)

    def forward(self, x):
        x = self.layer(x)
        x += 5
        return x


def test_what_is_kept_is_what_a_layer_gave_and_not_what_became_of_it():
    network = netted.seeded(Adding)
    image = torch.ones(1, 1, 2, 2)
    with recorded(network) as outputs:
        total = network(image)
    assert [name for name, _ in outputs] == ["layer"]
    assert torch.allclose(outputs[0][1] + 5, total)
    with recorded(network, only="no such layer") as outputs:
        network(image)
    assert outputs == []
    assert not network.layer._forward_hooks


def test_a_network_is_given_back_as_it_was_found():
    network = netted.seeded(lambda: build_resnet((1, 12, 12), 2, depth=8)).train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    map_layers(network, (1, 12, 12))
    assert all(layer.training and not layer._forward_hooks for layer in network.modules())
    assert all(parameter.requires_grad and parameter.grad is None for parameter in network.parameters())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
