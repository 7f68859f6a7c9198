import pytest
import torch
from torch.nn import functional

from linnet.training.kernels.gelu import gelu

LAYOUTS = {
    "channels last": lambda x: x.contiguous(memory_format=torch.channels_last),
    "contiguous": torch.Tensor.contiguous,
    "every second": lambda x: x[::2],
    "turned": lambda x: x.transpose(2, 3),
}


def images_of():
    return 3 * torch.randn(4, 5, 6, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float32, 1e-6), (torch.bfloat16, 2**-7)])
def test_outcome_and_gradient_are_those_of_torch_in_float64(layout, approximate, dtype, error):
    exact = LAYOUTS[layout](images_of().to(dtype).double()).detach().requires_grad_()
    images = exact.detach().to(dtype).requires_grad_()
    wanted, found = functional.gelu(exact, approximate=approximate), gelu(images, approximate=approximate)
    assert (found.dtype, found.shape) == (dtype, wanted.shape)
    assert torch.allclose(found.double(), wanted, rtol=error, atol=error)
    wanted.sum().backward()
    found.sum().backward()
    assert torch.allclose(images.grad.double(), exact.grad, rtol=error, atol=2 * error)


def test_channels_last_maps_stay_so():
    images = LAYOUTS["channels last"](images_of())
    assert gelu(images).is_contiguous(memory_format=torch.channels_last)


def test_other_shapes_are_taken():
    assert gelu(torch.zeros(3, 4)).shape == (3, 4)
    assert gelu(torch.zeros(0, 4, 2, 2)).shape == (0, 4, 2, 2)
