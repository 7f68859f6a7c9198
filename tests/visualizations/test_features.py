"""What a last layer sees: as a hook of one's own says it, for any network, and pixels for every other rung."""

import numpy as np
import pytest
import torch
from torch import nn

import handmade
import toys
from linnet.classifiers.base import create
from linnet.errors import UnsupportedError
from linnet.visualizations.features import features_of, pixels_of

IMAGES = toys.patterns(counts=(9, 9, 9), shape=(3, 8, 8)).images


class HeadFirst(nn.Module):
    """Name the last layer first, and use a layer that is never passed."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(5, 2)
        self.body = nn.Linear(192, 5)
        self.idle = nn.Linear(7, 7)

    def forward(self, x):
        return self.head(torch.tanh(self.body(x.flatten(1))))


class Tokens(nn.Module):
    """Apply the last layer to every row of pixels, and average afterwards."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(8, 2)

    def forward(self, x):
        return self.head(x.mean(1)).mean(1)


def rung_of(body):
    return handmade.network(body, image_shape=(3, 8, 8), n_classes=2)


def convolutional():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 4, 3),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(144, 6),
            nn.ReLU(),
            nn.Linear(6, 2),
        )


def test_the_features_of_a_network_are_the_input_of_its_last_linear_layer():
    rung = rung_of(convolutional())
    rung.network_.eval()
    with torch.no_grad():
        by_hand = rung.network_.body[:-1](IMAGES.to(torch.float32) / 255)
    found = features_of(rung, IMAGES)
    assert found.dtype == np.float32
    assert np.allclose(found, by_hand.numpy(), atol=1e-6)


@pytest.mark.parametrize("name", ["cnn", "fast-cnn", "mlp", "resnet"])
def test_the_last_layer_of_every_network_maps_its_features_to_its_logits(name):
    rung = create(name, {"cnn": {"width": 0.1}, "mlp": {"hidden": (6,)}}.get(name, {}))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        body = rung.build((3, 8, 8), 2)
    made = rung_of(body)
    values = torch.from_numpy(features_of(made, IMAGES))
    head = [layer for layer in body.modules() if isinstance(layer, nn.Linear)][-1]
    made.network_.eval()
    with torch.no_grad():
        logits = made.logits(IMAGES.to(torch.float32) / 255)
        from_features = head(values)
    # Of logits that are a multiple of what the head gives, the ratio is one number.
    ratio = float((logits * from_features).sum() / from_features.square().sum())
    assert torch.allclose(logits, ratio * from_features, atol=1e-4)


def test_the_last_layer_is_the_last_one_of_a_pass_whatever_its_name():
    rung = rung_of(HeadFirst())
    with torch.no_grad():
        by_hand = torch.tanh(rung.network_.body.body(IMAGES.flatten(1) / 255))
    assert np.allclose(features_of(rung, IMAGES), by_hand.numpy(), atol=1e-6)


def test_where_the_last_layer_sees_many_rows_they_are_averaged():
    found = features_of(rung_of(Tokens()), IMAGES)
    assert np.allclose(found, (IMAGES / 255).mean((1, 2)).numpy(), atol=1e-6)


def test_the_size_of_batches_does_not_matter_and_floats_are_pixels():
    rung = rung_of(convolutional())
    whole = features_of(rung, IMAGES)
    assert np.allclose(whole, features_of(rung, IMAGES, batch=4), atol=1e-6)
    assert np.allclose(whole, features_of(rung, IMAGES.to(torch.float32) / 255), atol=1e-6)


def test_the_network_is_given_back_as_it_was():
    rung = rung_of(convolutional())
    rung.network_.train()
    state = {name: value.clone() for name, value in rung.network_.state_dict().items()}
    features_of(rung, IMAGES)
    assert all(layer.training for layer in rung.network_.modules())
    assert not any(layer._forward_pre_hooks for layer in rung.network_.modules())
    assert all(torch.equal(value, state[name]) for name, value in rung.network_.state_dict().items())


def test_a_network_without_a_linear_layer_is_refused_and_given_back():
    rung = rung_of(nn.Sequential(nn.Conv2d(3, 2, 8), nn.Flatten()))
    with pytest.raises(UnsupportedError, match="has no linear layer"):
        features_of(rung, IMAGES)
    assert rung.network_.training


def test_the_features_of_other_rungs_are_their_pixels():
    data = toys.patterns(counts=(5, 5), shape=(3, 8, 8))
    rung = create("knn", {"max_side": 4}).fit(data)
    found = features_of(rung, data.images)
    assert found.shape == (10, 3 * 4 * 4)
    assert np.array_equal(found, rung.flatten(data.images).numpy().astype(np.float32) / np.float32(255))
    assert pixels_of(rung, data.images).dtype == torch.uint8
    whole = create("knn", {}).fit(data)
    assert np.allclose(features_of(whole, data.images), data.images.flatten(1).numpy() / 255)


def test_large_pictures_of_networks_are_compared_small():
    assert pixels_of(rung_of(HeadFirst()), torch.zeros(2, 3, 64, 100, dtype=torch.uint8)).shape == (2, 3 * 20 * 32)


def test_no_pictures_have_no_features():
    assert features_of(rung_of(HeadFirst()), IMAGES[:0]).shape == (0, 5)
    assert features_of(handmade.linear([[1.0, 2.0]], [0.0]), torch.zeros(0, 1, 1, 2)).shape == (0, 2)
