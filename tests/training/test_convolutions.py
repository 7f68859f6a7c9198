import pytest
import torch
from torch import nn
from torch.nn import functional

from linnet.training import convolutions
from linnet.training.convolutions import SmallMaps


@pytest.fixture
def products(monkeypatch):
    """Count the weight gradients that are made as one product."""
    counted, make = [], convolutions._into_weight
    monkeypatch.setattr(convolutions, "_into_weight", lambda *given: counted.append(1) or make(*given))
    return counted


def layer_of(inputs=64, outputs=96, **changes):
    with torch.random.fork_rng():
        torch.manual_seed(3)
        settings = {"kernel_size": 3, "padding": 1, **changes}
        return nn.Conv2d(inputs, outputs, **settings).to(memory_format=torch.channels_last)


def gradients(layer, images, *, small, precision=torch.bfloat16):
    layer.zero_grad()
    images = images.clone().requires_grad_()
    with torch.autocast("cpu", precision, enabled=precision == torch.bfloat16):
        if small:
            with SmallMaps():
                out = layer(images)
        else:
            out = layer(images)
    pull = torch.linspace(-1, 1, out.numel()).view_as(out)
    (out.float() * pull).sum().backward()
    return [out.detach().float(), images.grad, *(parameter.grad for parameter in layer.parameters())]


def images_of(n=6, c=64, h=8, w=8):
    return torch.randn(n, c, h, w, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("shape", [(6, 64, 8, 8), (5, 80, 3, 3), (3, 64, 4, 7), (1, 64, 1, 1), (4, 64, 2, 9)])
@pytest.mark.parametrize("bias", [True, False])
def test_gradients_are_those_of_the_layer_itself_in_float32(products, shape, bias):
    layer = layer_of(shape[1], bias=bias)
    found = gradients(layer, images_of(*shape), small=True)
    wanted = gradients(layer, images_of(*shape), small=False, precision=torch.float32)
    assert products == [1]
    for one, other in zip(found, wanted, strict=True):
        assert one.dtype == torch.float32
        assert float((one - other).norm() / other.norm()) < 0.01


def test_the_outcome_going_forward_is_the_same_to_the_bit():
    layer = layer_of(bias=False)
    assert torch.equal(gradients(layer, images_of(), small=True)[0], gradients(layer, images_of(), small=False)[0])


def test_padding_may_be_called_same(products):
    gradients(layer_of(padding="same"), images_of(), small=True)
    assert products == [1]


@pytest.mark.parametrize(
    ("changes", "shape"),
    [
        ({"stride": 2}, (4, 64, 8, 8)),
        ({"padding": 0}, (4, 64, 8, 8)),
        ({"dilation": 2, "padding": 2}, (4, 64, 8, 8)),
        ({"groups": 2}, (4, 64, 8, 8)),
        ({"kernel_size": 1, "padding": 0}, (4, 64, 8, 8)),
        ({"padding_mode": "circular"}, (4, 64, 8, 8)),
        ({}, (4, 64, 9, 9)),
        ({"inputs": 32}, (4, 32, 8, 8)),
    ],
)
def test_other_convolutions_are_left_to_torch(products, changes, shape):
    layer = layer_of(**changes)
    for one, other in zip(
        gradients(layer, images_of(*shape), small=True), gradients(layer, images_of(*shape), small=False), strict=True
    ):
        assert torch.equal(one, other)
    assert products == []


def test_float32_is_left_to_torch(products):
    gradients(layer_of(), images_of(), small=True, precision=torch.float32)
    assert products == []


def test_weights_that_do_not_learn_are_left_to_torch(products):
    layer = layer_of(bias=False)
    layer.weight.requires_grad_(False)
    with torch.autocast("cpu", torch.bfloat16), SmallMaps():
        layer(images_of().requires_grad_()).float().sum().backward()
    assert products == []


def test_a_first_layer_asks_for_no_gradient_of_the_images(products):
    layer = layer_of()
    with torch.autocast("cpu", torch.bfloat16), SmallMaps():
        out = layer(images_of())
    out.float().sum().backward()
    assert products == [1]
    assert layer.weight.grad is not None


def test_nothing_else_is_touched():
    with SmallMaps():
        x = images_of()
        assert torch.equal(functional.relu(x), x.clamp(min=0))
        assert torch.equal(torch.cat([x, x])[:6], x)
