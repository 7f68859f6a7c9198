"""Rungs whose weights are set by hand, for tests that know what must come out."""

import torch

from linnet.classifiers.base import create
from linnet.classifiers.network import Preprocessed
from linnet.training.textbook.affine import Affine


def names_of(k):
    return tuple(("ant", "bee", "cat", "dog", "eel", "fox", "gnu", "hen")[:k])


def linear(weights, bias, *, sharpness=1.0):
    """Make a linear rung for gray pictures of one row: (k, w) weights for pixels in [0, 1], and (k,) biases."""
    values = torch.tensor(weights, dtype=torch.float32)
    rung = create("least-squares", {})
    rung.affine_ = Affine(values, torch.tensor(bias, dtype=torch.float32), torch.tensor(float(sharpness)))
    rung.class_names_, rung.image_shape_ = names_of(len(values)), (1, 1, values.shape[1])
    return rung


def network(body, *, image_shape, n_classes):
    """Make a rung of a network for pictures in [0, 1], which are not changed before they come in."""
    channels = image_shape[0]
    rung = create("mlp", {})
    rung.network_ = Preprocessed(body, mean=torch.zeros(channels), deviation=torch.ones(channels), max_side=0)
    rung.class_names_, rung.image_shape_ = names_of(n_classes), tuple(image_shape)
    return rung
