"""Layers are found by their calls, in every kind of network; what they see is counted from what the first is shown."""

import pytest
import torch
from torch import nn

from linnet.classifiers.majority import MajorityClassifier
from linnet.classifiers.networks.from_timm import build_timm
from linnet.errors import UnknownNameError, UnsupportedError
from linnet.training.anatomy.receptive import Field
from linnet.visualizations.layers import as_numbers, as_seen, network_of, slug, spoken, survey, watched
from looked_at import random_pictures, rung_of, same_state, state_of


class Twice(nn.Module):
    """Use one layer twice, and another not at all."""

    def __init__(self):
        super().__init__()
        self.unused = nn.Linear(3, 3)
        self.conv = nn.Conv2d(1, 1, 3, padding=1)
        self.bend = nn.ReLU(inplace=True)
        self.pair = Pair()

    def forward(self, x):
        x = self.bend(self.conv(x))
        x = self.bend(self.conv(x))
        return self.pair(x)[1].flatten(1)


class Pair(nn.Module):
    def forward(self, x):
        return {"first": x + 1, "names": "none"}, x


def calls_of(network, images):
    with torch.no_grad(), watched(network.eval()) as calls:
        network(images)
    return calls


def test_calls_are_listed_in_their_order_also_where_a_layer_is_called_twice():
    calls = calls_of(Twice(), torch.rand(2, 1, 5, 5))
    assert [call.name for call in calls] == ["conv", "bend", "conv#2", "bend#2", "pair"]


def test_outputs_are_copies_that_a_layer_working_in_place_does_not_change():
    network, images = Twice(), torch.rand(2, 1, 5, 5)
    with torch.no_grad():
        network.conv.bias.fill_(-0.5)
        expected = network.conv(images)
    assert bool((expected < 0).any())
    calls = calls_of(network, images)
    assert torch.equal(calls[0].output, expected)
    assert torch.equal(calls[1].output, expected.relu())


def test_of_several_outputs_the_first_tensor_counts():
    calls = calls_of(Twice(), torch.rand(2, 1, 5, 5))
    assert torch.equal(calls[4].output, calls[3].output + 1)


def test_a_module_whose_parts_are_used_behind_its_back_is_a_layer():
    class Attending(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

        def forward(self, x):
            tokens = x.flatten(2).transpose(1, 2)
            return self.attention(tokens, tokens, tokens)[0].mean(1)

    assert [call.name for call in calls_of(Attending(), torch.rand(1, 4, 3, 3))] == ["attention"]


def test_what_hands_on_its_input_is_told_from_what_works_in_place():
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Dropout(0.5), nn.ReLU(inplace=True), nn.Flatten(), nn.Identity())
    calls = calls_of(network, torch.randn(3, 1, 4, 4))
    assert [call.hands_on for call in calls] == [False, True, False, True, True]


def test_only_what_is_asked_for_is_kept():
    network = Twice().eval()
    with torch.no_grad(), watched(network, only={"conv#2"}) as calls:
        network(torch.rand(1, 1, 5, 5))
    assert [call.name for call in calls] == ["conv#2"]


def test_no_hook_is_left_after_an_error():
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.Linear(99, 2))
    before = state_of(network)
    with pytest.raises(RuntimeError), watched(network):
        network(torch.rand(1, 1, 5, 5))
    assert same_state(before, state_of(network))


def test_a_survey_leaves_the_network_as_it_was_found():
    network = nn.Sequential(nn.Conv2d(1, 1, 3), nn.BatchNorm2d(1), nn.Dropout()).train()
    before = state_of(network)
    survey(network, (1, 5, 5))
    assert same_state(before, state_of(network))


def test_fields_are_counted_from_what_the_first_layer_is_shown():
    rung = rung_of(nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2), nn.Flatten()), (1, 32, 16), max_side=8)
    found = survey(rung.network_, (1, 32, 16))
    assert found.shape == (1, 8, 4)
    assert found.sides == (8, 4)
    assert found.fields["body.1"] == Field((4, 4), (2, 2))
    assert found.fields["body.1"].start == (-1, -1)
    assert found.fields["body.2"] is None


def test_pictures_are_seen_as_small_as_the_network_makes_them():
    rung = rung_of(nn.Sequential(nn.Conv2d(1, 2, 3)), (1, 32, 16), max_side=8)
    seen = as_seen(random_pictures(3, (1, 32, 16)), survey(rung.network_, (1, 32, 16)))
    assert seen.shape == (3, 1, 8, 4)
    assert seen.dtype == torch.uint8


def test_bytes_become_numbers_and_numbers_stay():
    assert as_numbers(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist() == pytest.approx([0, 0.2, 1])
    assert as_numbers(torch.tensor([0.3])).tolist() == pytest.approx([0.3])


def test_a_layer_is_found_with_and_without_the_wrapper_around_networks():
    found = survey(rung_of(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), (1, 6, 6)).network_, (1, 6, 6))
    assert found.find("0") is found.find("body.0") is found.calls[0]
    with pytest.raises(UnknownNameError, match=r"no layer named 'conv7'.*Known: 0, 1"):
        found.find("conv7")
    assert [call.name for call in found.weighted()] == ["body.0"]


def test_names_are_spoken_without_the_wrapper_and_fit_into_file_names():
    assert spoken("body.blocks.0") == "blocks.0"
    assert spoken("") == "network"
    assert slug("body.blocks.0.attn_q#2") == "blocks-0-attn-q-2"
    assert slug("body.äß") == "layer"


def test_a_rung_without_layers_is_refused():
    with pytest.raises(UnsupportedError, match="majority has no layers"):
        network_of(MajorityClassifier())


def test_every_layer_of_a_transformer_is_met():
    network = build_timm("vit_tiny_patch16_224", (3, 32, 48), 4)
    names = [call.name for call in survey(network, (3, 32, 48)).calls]
    assert names[0] == "patch_embed.proj"
    assert [name for name in names if name.endswith("mlp.fc2")] == [f"blocks.{at}.mlp.fc2" for at in range(12)]
    assert names[-1] == "head"
