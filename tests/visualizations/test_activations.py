"""What layers give, against a forward pass by hand; tokens and vectors are drawn as what they are."""

import numpy as np
import pytest
import torch
from torch import nn

from linnet.classifiers.networks.from_timm import build_timm
from linnet.errors import ConfigError
from linnet.visualizations.activations import Activations, activations_of
from looked_at import convolution, random_pictures, same_state, state_of, subject_of


def body_of():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(3 * 3 * 3, 2),
        )  # fmt: skip


def panels_of(body, images, **settings):
    return Activations(**settings).draw(subject_of(body, images))


def test_they_equal_a_forward_pass_by_hand():
    body, images = body_of().train(), random_pictures(2, (1, 6, 6))
    found = activations_of(body, images)
    assert list(found) == ["0", "1", "2", "3", "4", "5"]
    with torch.no_grad():
        conv = torch.nn.functional.conv2d(images / 255, body[0].weight, body[0].bias, padding=1)
        pooled = torch.nn.functional.max_pool2d(conv.clamp(min=0), 2)
        logits = pooled.flatten(1) @ body[5].weight.T + body[5].bias
    assert torch.allclose(found["0"], conv, atol=1e-6)
    assert torch.allclose(found["2"], conv.clamp(min=0), atol=1e-6)  # dropout does nothing: not in training
    assert torch.allclose(found["3"], pooled, atol=1e-6)
    assert torch.allclose(found["5"], logits, atol=1e-5)
    assert not found["5"].requires_grad


def test_numbers_and_bytes_give_the_same():
    body, images = body_of(), random_pictures(2, (1, 6, 6))
    one, other = activations_of(body, images), activations_of(body, images.float() / 255)
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_network_is_given_back_as_it_was_found():
    body = body_of().train()
    before = state_of(body)
    activations_of(body, random_pictures(1, (1, 6, 6)))
    assert same_state(before, state_of(body))


def test_each_layer_has_its_panel_in_the_order_of_the_calls():
    panels = panels_of(body_of(), random_pictures(2, (1, 6, 6)))
    assert [panel.title for panel in panels] == ["0 (Conv2d)", "1 (ReLU)", "3 (MaxPool2d)", "5 (Linear)"]
    assert [panel.name for panel in panels] == [
        "activations-001-0", "activations-002-1", "activations-003-3", "activations-004-5",
    ]  # fmt: skip
    assert "Not drawn: 2 that hand on what they get" in panels[0].caption
    assert "logits of ant, bee" in panels[3].caption
    assert all("Not drawn" not in panel.caption for panel in panels[1:])


def test_a_row_is_the_picture_the_mean_and_the_channels_that_answer_most():
    # Channel 1 gives nothing, channel 2 the picture, channel 3 its double.
    body = nn.Sequential(convolution([[[[0.0]]], [[[1.0]]], [[[2.0]]]]), nn.Flatten())
    images = torch.tensor([[0, 255], [51, 102]], dtype=torch.uint8).view(1, 1, 2, 2)
    (panel,) = panels_of(body, images, channels=2, side=8)
    row = panel.image[::4, :, 0].astype(int)
    tiles = [row[:, start : start + 8 : 4].tolist() for start in (0, 10, 20, 30)]
    assert panel.image.shape == (8, 38, 3)
    assert tiles[0] == [[0, 255], [51, 102]]
    assert tiles[1] == [[0, 255], [51, 102]]  # the mean is the picture, on a scale of its own
    assert tiles[2] == [[0, 128], [26, 51]]
    assert tiles[3] == [[0, 255], [51, 102]]
    assert "number 2, 3. Black is 0, white 2." in panel.caption


def test_numbers_below_zero_make_zero_gray():
    body = nn.Sequential(convolution([[[[-1.0]]]]), nn.Flatten())
    images = torch.tensor([[0, 255]], dtype=torch.uint8).view(1, 1, 1, 2)
    (panel,) = panels_of(body, images, channels=1, side=8)
    assert panel.image[0, [-8, -1], 0].tolist() == [128, 1]
    assert "Mid-gray is 0, white 1, black -1." in panel.caption


def test_each_picture_has_its_row_up_to_the_limit():
    images = random_pictures(5, (1, 6, 6))
    heights = [panels_of(body_of(), images, pictures=n, side=12)[0].image.shape[0] for n in (1, 3, 9)]
    assert heights == [12, 3 * 12 + 2 * 2, 5 * 12 + 4 * 2]


def test_layers_beyond_the_limit_are_counted_and_the_ends_are_drawn():
    layers = [nn.Conv2d(1, 1, 1, bias=False) for _ in range(9)]
    for at, layer in enumerate(layers):
        nn.init.constant_(layer.weight, 1.0 + at / 10)
    panels = panels_of(nn.Sequential(nn.ReLU6(), *layers, nn.AvgPool2d(2)), random_pictures(1, (1, 6, 6)), layers=3)
    assert [panel.title.split()[0] for panel in panels] == ["2", "6", "10"]
    assert "Of 9 layers 3 are drawn, evenly spread, and 6 are left out." in panels[0].caption
    assert "Not drawn: 2 that hand on" in panels[0].caption  # a bend that bends nothing here, and a weight of 1
    (alone,) = panels_of(nn.Sequential(*layers[1:3]), random_pictures(1, (1, 6, 6)), layers=1)
    assert "Of 2 layers 1 is drawn, and 1 is left out." in alone.caption


def test_short_vectors_are_bars_and_long_ones_cells():
    body = nn.Sequential(nn.Flatten(), nn.Linear(36, 200), nn.Linear(200, 4))
    long, short = panels_of(body, random_pictures(1, (1, 6, 6)), side=30)
    assert "200 numbers as cells" in long.caption
    assert "4 numbers as bars" in short.caption
    assert short.image.shape == (30, 30 + 4 + 4 * 24 - 1, 3)


def test_tokens_of_a_transformer_are_unflattened_to_the_grid_of_patches():
    network = build_timm("vit_tiny_patch16_224", (3, 32, 48), 4)
    images = random_pictures(1, (3, 32, 48))
    panels = panels_of(network, images, channels=2, layers=200, side=48)
    names = [panel.title.split()[0] for panel in panels]
    assert names[0] == "patch_embed.proj"
    assert "blocks.11.mlp.fc2" in names
    block = panels[names.index("blocks.3.mlp.fc2")]
    assert "the mean over 192 channels of 2 x 3" in block.caption
    output = activations_of(network, images)["blocks.3.mlp.fc2"]
    assert output.shape == (1, 7, 192)
    # Without the class token, in reading order: 2 rows of 3 patches.
    mean = output[0, 1:].mean(-1).view(2, 3).numpy()
    drawn = panels[names.index("blocks.3.mlp.fc2")].image[:, 50:98, 0][8::16, 8::16]
    assert np.array_equal(drawn, 128 + np.rint(127 * mean / np.abs(mean).max()))


@pytest.mark.parametrize("settings", [{"channels": -1}, {"layers": 0}, {"pictures": 0}, {"side": 2}])
def test_settings_out_of_their_range_are_refused(settings):
    with pytest.raises(ConfigError, match="Activations want"):
        Activations(**settings)
