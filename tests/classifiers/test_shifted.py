"""Why networks convolve: what a fully connected one has learned in one place it does not know in another."""

import pytest
import torch

from linnet.classifiers.base import create
from linnet.datasets.base import Dataset
from linnet.seeds import torch_generator

LENGTH = 7


def strokes(n, *, side, seed, down=0, right=0):
    """Level and upright strokes under noise, on even rows and columns until all of them are shifted."""
    random = torch_generator(seed, "strokes")
    labels = torch.arange(n) % 2
    pixels = 60 + 20 * torch.randn(n, 1, side, side, generator=random)
    corners = 4 + 2 * torch.randint(0, 3, (n, 2), generator=random) + torch.tensor([down, right])
    for picture, (y, x), is_upright in zip(pixels[:, 0], corners.tolist(), labels.tolist(), strict=True):
        if is_upright:
            picture[y : y + LENGTH, x + LENGTH // 2] += 130
        else:
            picture[y + LENGTH // 2, x : x + LENGTH] += 130
    return Dataset.of(pixels.round().clamp(0, 255).to(torch.uint8), labels, ["level", "upright"])


def accuracy(fitted, data):
    return float((fitted.predict(data.images) == data.labels).double().mean())


def shares_right(name, settings, *, side=20):
    """Fit without augmentation, so that only the layers differ; judge in place, and shifted by 3 pixels."""
    fitted = create(name, settings | {"augment": "none"}).fit(strokes(600, side=side, seed=0))
    moves = [(down, right) for down in (3, -3) for right in (3, -3)]
    shifted = [strokes(200, side=side, seed=9, down=down, right=right) for down, right in moves]
    return accuracy(fitted, strokes(200, side=side, seed=9)), [accuracy(fitted, data) for data in shifted]


def test_a_fully_connected_network_falls_when_pictures_are_shifted():
    straight, shifted = shares_right("mlp", {"hidden": (64,)})
    assert straight > 0.95
    assert max(shifted) < 0.6


@pytest.mark.parametrize("side", [20, 32])  # the last block is deeper from 25 pixels on, which costs it a little here
def test_a_convolutional_network_does_not(side):
    straight, shifted = shares_right("fast-cnn", {"width": 0.2}, side=side)
    assert straight > 0.95
    assert min(shifted) > 0.85
