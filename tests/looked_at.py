"""Rungs whose networks are made by hand, so that a test knows what a visualization must find in them."""

import torch
from torch import nn

from linnet.classifiers.cnn import CNN
from linnet.classifiers.network import Preprocessed
from linnet.visualizations.base import Subject


def rung_of(body, shape, *, n_classes=2, max_side=0):
    """Make a fitted rung of a network that gets pixels in [0, 1] as they are, shrunk to `max_side` if that is not 0."""
    rung = CNN(max_side=max_side)
    channels = shape[0]
    rung.network_ = Preprocessed(
        body, mean=torch.zeros(channels), deviation=torch.ones(channels), max_side=max_side
    ).eval()
    rung.class_names_ = ("ant", "bee", "cat", "dog")[:n_classes]
    rung.image_shape_ = shape
    return rung


def subject_of(body, images, *, train=None, seed=0, **settings):
    """Make a subject of a hand-made network and (n, c, h, w) uint8 pictures."""
    rung = rung_of(body, tuple(images.shape[1:]), **settings)
    return Subject(classifier=rung, images=images, train=train, seed=seed)


def convolution(kernels, *, padding=0, stride=1):
    """Make a convolution without a bias from (o, c, h, w) nested lists or a tensor."""
    weights = torch.as_tensor(kernels, dtype=torch.float32)
    layer = nn.Conv2d(weights.shape[1], weights.shape[0], tuple(weights.shape[2:]), padding=padding, stride=stride)
    with torch.no_grad():
        layer.weight.copy_(weights)
        layer.bias.zero_()
    return layer


def random_pictures(n, shape, *, seed=0):
    """Draw (n, c, h, w) uint8."""
    return torch.randint(0, 256, (n, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(seed))


def state_of(network):
    """Return what a network must have again after somebody has looked at it, in a form that can be compared."""
    return (
        {name: value.clone() for name, value in network.state_dict().items()},
        [layer.training for layer in network.modules()],
        [(parameter.requires_grad, parameter.grad) for parameter in network.parameters()],
        [(len(layer._forward_hooks), len(layer._forward_pre_hooks)) for layer in network.modules()],
    )


def same_state(one, other):
    """Whether two of `state_of` are the same, to the bit and to the object."""
    weights = all(torch.equal(one[0][name], other[0][name]) for name in one[0] | other[0])
    gradients = all(a[0] == b[0] and a[1] is b[1] for a, b in zip(one[2], other[2], strict=True))
    return weights and gradients and one[1] == other[1] and one[3] == other[3]
