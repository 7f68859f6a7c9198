import numpy as np
import pytest
import torch
from torch import nn

import netted
from linnet.errors import UnsupportedError
from linnet.explainers.guided_backprop import GuidedBackprop
from linnet.explainers.slopes import strongest


@pytest.fixture
def images():
    return torch.rand(3, 1, 5, 5, generator=torch.Generator().manual_seed(3))


def two_layers(inplace=False):
    network = netted.seeded(
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.ReLU(inplace), nn.Conv2d(4, 6, 2), nn.ReLU(inplace), nn.Flatten(), nn.Linear(24, 2)
        )
    )
    return netted.Netted.around(network, (1, 5, 5), 2)


@pytest.mark.parametrize("inplace", [False, True])
def test_it_is_the_gradient_by_hand_with_negative_parts_dropped(inplace, images):
    classifier = two_layers(inplace)
    first, _, second, _, _, last = classifier.network_
    one = first(images)
    two = second(one.relu())
    back = last.weight[[1, 0, 1]].view(3, 6, 2, 2)
    back = back.clamp(min=0) * (two > 0)
    back = nn.functional.conv_transpose2d(back, second.weight).clamp(min=0) * (one > 0)
    back = nn.functional.conv_transpose2d(back, first.weight)
    maps = GuidedBackprop().explain(classifier, images, [1, 0, 1])
    assert np.allclose(maps, back[:, 0].detach(), atol=1e-6)


@pytest.mark.filterwarnings("ignore:Setting backward hooks")
def test_captum_agrees_where_nothing_goes_past_a_bend(images):
    from captum.attr import GuidedBackprop as Other

    classifier = two_layers()
    expected = Other(classifier.network_).attribute(images.clone().requires_grad_(), target=torch.tensor([1, 0, 1]))
    assert np.allclose(GuidedBackprop().explain(classifier, images, [1, 0, 1]), expected[:, 0].detach(), atol=1e-6)


class Shortcut(nn.Module):
    """A bend with a way past it, as in residual networks that bend before they convolve; the bend is used twice."""

    def __init__(self):
        super().__init__()
        self.bend = nn.ReLU()
        self.convolution = nn.Conv2d(1, 1, 3, padding=1, bias=False)

    def forward(self, x):
        x = self.convolution(x)
        bent = self.bend(self.convolution(self.bend(x)))
        bent += x  # in place, as many networks do it
        return bent


def test_what_goes_past_a_bend_is_left_alone(images):
    body = netted.seeded(Shortcut)
    network = netted.seeded(lambda: nn.Sequential(body, nn.Flatten(), nn.Linear(25, 2)))
    maps = GuidedBackprop().explain(netted.Netted.around(network, (1, 5, 5), 2), images, [1, 0, 1])

    def back(slopes):
        return nn.functional.conv_transpose2d(slopes, body.convolution.weight, padding=1)

    inner = body.convolution(images)
    outer = body.convolution(inner.relu())
    slopes = network[2].weight[[1, 0, 1]].view(3, 1, 5, 5)
    assert float(slopes.detach().min()) < 0
    path = back(slopes.clamp(min=0) * (outer > 0)).clamp(min=0) * (inner > 0)
    assert np.allclose(maps, back(slopes + path)[:, 0].detach(), atol=1e-6)


def test_other_bends_pass_the_plain_gradient(images):
    network = netted.seeded(
        lambda: nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.GELU(), nn.Conv2d(4, 4, 1), nn.ReLU(), nn.Flatten(), nn.Linear(36, 2)
        )
    )
    maps = GuidedBackprop().explain(netted.Netted.around(network, (1, 5, 5), 2), images, [1, 0, 1])
    pixels = images.clone().requires_grad_()
    bent = network[2](network[1](network[0](pixels)))
    slopes = network[5].weight[[1, 0, 1]].view(3, 4, 3, 3).clamp(min=0) * (bent > 0)
    (expected,) = torch.autograd.grad((bent * slopes).sum(), pixels)
    assert np.allclose(maps, strongest(expected), atol=1e-6)


def test_a_net_without_such_layers_is_refused_with_a_sentence(images):
    network = netted.seeded(lambda: nn.Sequential(nn.Flatten(), nn.Linear(25, 4), nn.GELU(), nn.Linear(4, 2)))
    with pytest.raises(UnsupportedError, match=r"at ReLU layers, and netted as it was built has none; gradient and"):
        GuidedBackprop().explain(netted.Netted.around(network, (1, 5, 5), 2), images)
