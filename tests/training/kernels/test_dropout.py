import math

import pytest
import torch
from torch.nn import functional

from linnet.training.kernels.dropout import dropout


@pytest.fixture(autouse=True)
def _own_random_numbers():
    with torch.random.fork_rng():
        torch.manual_seed(5)
        yield


@pytest.mark.parametrize("p", [0.05, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_share_of_p_is_dropped_and_the_rest_is_scaled(p, dtype):
    out = dropout(torch.ones(300, 401, dtype=dtype), p)
    share = float((out == 0).double().mean())
    assert abs(share - p) < 4.5 * math.sqrt(p * (1 - p) / out.numel())
    kept = out[out != 0].double().unique()
    assert len(kept) == 1
    assert float(kept) == pytest.approx(1 / (1 - p), rel=2**-8 if dtype == torch.bfloat16 else 1e-3)


def test_neighbors_are_dropped_independently():
    dropped = (dropout(torch.ones(400_000), 0.3) == 0).double()
    for distance in (1, 2, 3, 4, 5):
        both = float((dropped[distance:] * dropped[:-distance]).mean())
        assert abs(both - 0.09) < 4.5 * math.sqrt(0.09 * 0.91 / len(dropped))


def test_the_same_seed_drops_the_same_and_another_one_others():
    torch.manual_seed(1)
    first = dropout(torch.ones(1000), 0.5)
    torch.manual_seed(1)
    assert torch.equal(first, dropout(torch.ones(1000), 0.5))
    assert not torch.equal(first, dropout(torch.ones(1000), 0.5))


def test_the_gradient_goes_through_what_is_kept():
    images = torch.ones(7, 9, requires_grad=True)
    out = dropout(images, 0.5)
    out.sum().backward()
    assert torch.equal(images.grad, out.detach())


@pytest.mark.parametrize(("p", "training"), [(0.0, True), (0.3, False), (1e-9, True)])
def test_where_nothing_is_to_do_nothing_is_done(p, training):
    images = torch.randn(50, 50)
    assert torch.allclose(dropout(images, p, training), images)


def test_all_may_be_dropped():
    assert not dropout(torch.ones(50), 1.0).any()


def test_in_place_is_in_place():
    images = torch.ones(1000)
    out = dropout(images, 0.5, True, True)
    assert out.data_ptr() == images.data_ptr()
    assert (images == 0).any()


@pytest.mark.parametrize("p", [-0.1, 1.5])
def test_a_probability_out_of_range_is_refused(p):
    with pytest.raises(ValueError, match="dropout probability"):
        dropout(torch.ones(3), p)
    with pytest.raises(ValueError, match="dropout probability"):
        functional.dropout(torch.ones(3), p)


@pytest.mark.parametrize("shape", [(), (0,), (1,), (3, 0, 2), (5, 1, 1)])
def test_any_shape_is_taken(shape):
    assert dropout(torch.ones(shape), 0.5).shape == shape
