"""Outputs of every order of axes become (b, c, h, w), against outputs whose places are known."""

import pytest
import torch
from torch import nn

from linnet.classifiers.networks.from_timm import build_timm
from linnet.visualizations.layers import survey
from linnet.visualizations.layouts import Layout, layouts_of

CONV, BEND = nn.Conv2d(1, 1, 1), nn.GELU()


def layouts(*pairs):
    return list(layouts_of([(str(at), layer, torch.zeros(shape)) for at, (layer, shape) in enumerate(pairs)]).values())


def numbered(batch, channels, height, width):
    """(b, c, h, w) whose every value is another one."""
    return torch.arange(batch * channels * height * width).view(batch, channels, height, width)


def test_each_kind_comes_back_to_the_maps_that_it_was_made_of():
    maps = numbered(2, 5, 3, 4)
    tokens = maps.flatten(2).transpose(1, 2)
    extra = torch.full((2, 2, 5), -1)
    assert torch.equal(Layout(kind="channels first").maps(maps), maps)
    assert torch.equal(Layout(kind="channels last").maps(maps.permute(0, 2, 3, 1)), maps)
    assert torch.equal(Layout(kind="tokens", grid=(3, 4)).maps(tokens), maps)
    assert torch.equal(Layout(kind="tokens", grid=(3, 4), n_extra=2).maps(torch.cat([extra, tokens], 1)), maps)
    assert Layout(kind="vector").maps(maps.flatten(1)).shape == (2, 60, 1, 1)


def test_tokens_stand_on_the_grid_that_the_picture_was_last_on():
    found = layouts((CONV, (1, 8, 2, 6)), (nn.LayerNorm(8), (1, 13, 8)), (nn.Linear(8, 9), (1, 12, 9)))
    assert found[1:] == [Layout(kind="tokens", grid=(2, 6), n_extra=1), Layout(kind="tokens", grid=(2, 6))]


@pytest.mark.parametrize(
    ("n_tokens", "expected"), [(16, ((4, 4), 0)), (17, ((4, 4), 1)), (7, ((1, 7), 0)), (1, ((1, 1), 0))]
)
def test_without_a_grid_tokens_stand_in_a_square_or_in_a_row(n_tokens, expected):
    (found,) = layouts((BEND, (1, n_tokens, 8)))
    assert (found.grid, found.n_extra) == expected


def test_linear_layers_on_maps_have_their_features_last_and_what_follows_keeps_that():
    found = layouts((CONV, (1, 4, 3, 5)), (nn.Linear(4, 16), (1, 3, 5, 16)), (BEND, (1, 3, 5, 16)))
    assert [layout.kind for layout in found] == ["channels first", "channels last", "channels last"]


def test_layer_norms_are_told_apart_by_their_axis():
    found = layouts((nn.LayerNorm(16), (1, 3, 5, 16)), (nn.LayerNorm(4), (1, 4, 3, 5)))
    assert [layout.kind for layout in found] == ["channels last", "channels first"]


def test_heads_of_attention_do_not_move_the_grid():
    found = layouts((CONV, (1, 8, 2, 3)), (nn.Identity(), (1, 3, 7, 64)), (nn.Linear(8, 8), (1, 7, 8)))
    assert found[2] == Layout(kind="tokens", grid=(2, 3), n_extra=1)


def test_outputs_that_are_not_one_thing_per_picture_are_left_out():
    outputs = [("windows", BEND, torch.zeros(4, 9, 8)), ("loss", BEND, torch.zeros(())), ("x", BEND, torch.zeros(1, 3))]
    assert layouts_of(outputs) == {"x": Layout(kind="vector")}


def test_a_picture_of_five_axes_counts_as_a_vector():
    (found,) = layouts((BEND, (1, 2, 2, 2, 2)))
    assert found.maps(torch.zeros(3, 2, 2, 2, 2)).shape == (3, 16, 1, 1)


def test_blocks_of_a_transformer_stand_on_the_grid_of_its_patches():
    network = build_timm("vit_tiny_patch16_224", (3, 32, 48), 4)
    found = survey(network, (3, 32, 48)).layouts
    blocks = [layout for name, layout in found.items() if name.endswith(("mlp.fc1", "attn.proj", "norm1"))]
    assert len(blocks) == 36
    assert set(blocks) == {Layout(kind="tokens", grid=(2, 3), n_extra=1)}
    assert found["head"] == Layout(kind="vector")
