import pytest
import torch
from torch import Tensor, nn

from linnet.training.kernels import convolutions
from linnet.training.kernels.convolutions import small_maps
from linnet.training.kernels.swapping import QuickKernels


@pytest.fixture(autouse=True)
def matrix_units(monkeypatch):
    """What is computed is the same without them, so every machine can test it."""
    monkeypatch.setattr(convolutions, "has_matrix_units", lambda: True)


def layer_of(inputs=64, outputs=96, **changes):
    with torch.random.fork_rng():
        torch.manual_seed(3)
        settings = {"kernel_size": 3, "padding": 1, **changes}
        return nn.Conv2d(inputs, outputs, **settings).to(memory_format=torch.channels_last)


def images_of(n=6, c=64, h=8, w=8):
    return torch.randn(n, c, h, w, generator=torch.Generator().manual_seed(1))


def gradients(layer, images, *, small, precision=torch.bfloat16):
    layer.zero_grad()
    images = images.clone().requires_grad_()
    with torch.autocast("cpu", precision, enabled=precision == torch.bfloat16):
        if small:
            with QuickKernels():
                out = layer(images)
        else:
            out = layer(images)
    pull = torch.linspace(-1, 1, out.numel()).view_as(out)
    (out.float() * pull).sum().backward()
    return [out.detach().float(), images.grad, *(parameter.grad for parameter in layer.parameters())]


def is_taken(layer, images):
    """Whether a layer's convolution is computed side by side; the padding mode is the layer's own business."""
    with torch.autocast("cpu", torch.bfloat16):
        rest = (layer.bias, layer.stride, layer.padding, layer.dilation, layer.groups)
        return isinstance(small_maps(images, layer.weight, *rest), Tensor)


SHAPES = [(6, 64, 8, 8), (5, 80, 3, 3), (3, 64, 4, 7), (1, 64, 1, 1), (4, 64, 2, 9), (17, 64, 8, 8), (37, 64, 7, 7)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bias", [True, False])
def test_gradients_are_those_of_the_layer_itself_in_float32(shape, bias):
    layer = layer_of(shape[1], bias=bias)
    assert is_taken(layer, images_of(*shape))
    found = gradients(layer, images_of(*shape), small=True)
    wanted = gradients(layer, images_of(*shape), small=False, precision=torch.float32)
    for one, other in zip(found, wanted, strict=True):
        assert one.dtype == torch.float32
        assert float((one - other).norm() / other.norm()) < 0.01


@pytest.mark.parametrize("shape", SHAPES)
def test_the_outcome_going_forward_is_that_of_the_layer_but_for_rounding(shape):
    layer = layer_of(shape[1], bias=False)
    found, wanted = (gradients(layer, images_of(*shape), small=small)[0] for small in (True, False))
    assert torch.allclose(found, wanted, rtol=2**-7, atol=2**-9)


def test_maps_of_one_row_do_not_see_each_other():
    images = images_of(20, 64, 7, 7)
    images[3] = 1e4
    out, *_ = gradients(layer_of(bias=False), images, small=True)
    alone, *_ = gradients(layer_of(bias=False), images_of(20, 64, 7, 7), small=True)
    others = [i for i in range(20) if i != 3]
    assert torch.equal(out[others], alone[others])


def test_a_view_of_maps_is_as_good_as_a_copy():
    images = images_of(12, 64, 7, 7)[::2]
    for one, other in zip(
        gradients(layer_of(), images, small=True), gradients(layer_of(), images.contiguous(), small=True), strict=True
    ):
        assert torch.equal(one, other)


def test_padding_may_be_called_same():
    assert is_taken(layer_of(padding="same"), images_of())


@pytest.mark.parametrize(
    ("changes", "shape"),
    [
        ({"stride": 2}, (4, 64, 8, 8)),
        ({"padding": 0}, (4, 64, 8, 8)),
        ({"dilation": 2, "padding": 2}, (4, 64, 8, 8)),
        ({"groups": 2}, (4, 64, 8, 8)),
        ({"kernel_size": 1, "padding": 0}, (4, 64, 8, 8)),
        ({}, (4, 64, 9, 9)),
        ({"inputs": 32}, (4, 32, 8, 8)),
    ],
)
def test_other_convolutions_are_left_to_torch(changes, shape):
    layer = layer_of(**changes)
    assert not is_taken(layer, images_of(*shape))
    for one, other in zip(
        gradients(layer, images_of(*shape), small=True), gradients(layer, images_of(*shape), small=False), strict=True
    ):
        assert torch.equal(one, other)


def test_a_circular_padding_stays_one():
    layer = layer_of(padding_mode="circular")
    for one, other in zip(
        gradients(layer, images_of(), small=True), gradients(layer, images_of(), small=False), strict=True
    ):
        assert torch.equal(one, other)


def test_float32_is_left_to_torch():
    layer = layer_of()
    assert small_maps(images_of(), layer.weight, layer.bias, (1, 1), (1, 1)) is None


def test_without_matrix_units_it_is_left_to_torch(monkeypatch):
    assert is_taken(layer_of(), images_of())
    monkeypatch.setattr(convolutions, "has_matrix_units", lambda: False)
    assert not is_taken(layer_of(), images_of())


def test_weights_that_do_not_learn_are_left_to_torch():
    layer = layer_of(bias=False)
    layer.weight.requires_grad_(False)
    assert not is_taken(layer, images_of())


def test_nothing_is_swapped_where_no_gradient_is_asked_for():
    with torch.no_grad():
        assert not is_taken(layer_of(), images_of())


def test_a_first_layer_asks_for_no_gradient_of_the_images():
    layer, images = layer_of(), images_of()
    with torch.autocast("cpu", torch.bfloat16), QuickKernels():
        out = layer(images)
    out.float().sum().backward()
    assert images.grad is None
    assert layer.weight.grad is not None
