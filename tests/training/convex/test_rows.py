import pytest
import torch

from linnet.training.convex import rows as rows_module
from linnet.training.convex.rows import Rows
from linnet.training.textbook.affine import Standardization


@pytest.fixture
def pixels():
    return torch.randint(0, 256, (40, 6), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


@pytest.fixture
def scale(pixels):
    return Standardization.of(pixels, n_channels=2, per_feature=True)


def standardized(pixels, scale):
    return (pixels.double() - scale.center) / scale.deviation


def random(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def test_logits_are_weights_times_standardized_features_plus_bias(pixels, scale):
    W, b = random(3, 6), random(3)
    logits = Rows(pixels, scale, dtype=torch.float64).logits(W, b)
    assert torch.allclose(logits, (standardized(pixels, scale) @ W.T + b).T, rtol=1e-12, atol=1e-12)


def test_the_gradient_is_what_autograd_finds_for_the_logits(pixels, scale):
    W, slopes = random(3, 6).requires_grad_(), random(3, 40)
    ((standardized(pixels, scale) @ W.T).T * slopes).sum().backward()
    found = Rows(pixels, scale, dtype=torch.float64).gradient(slopes)
    assert torch.allclose(found, W.grad, rtol=1e-12, atol=1e-12)


def test_rows_made_anew_on_each_pass_give_what_a_copy_gives(monkeypatch, pixels, scale):
    monkeypatch.setattr(rows_module, "_BLOCK_BYTES", 8 * 6 * 7)
    kept = Rows(pixels, scale, dtype=torch.float64)
    anew = Rows(pixels, scale, dtype=torch.float64, copy_bytes=0)
    assert [start for start, _ in kept.blocks()] == [0]
    assert [start for start, _ in anew.blocks()] == [0, 7, 14, 21, 28, 35]
    W, b, slopes = random(3, 6), random(3), random(3, 40)
    assert torch.allclose(kept.logits(W, b), anew.logits(W, b), rtol=1e-12, atol=1e-12)
    assert torch.allclose(kept.gradient(slopes), anew.gradient(slopes), rtol=1e-12, atol=1e-12)


def test_a_copy_is_made_up_to_the_size_allowed_and_not_beyond(pixels, scale):
    n_bytes = 40 * 6 * 4
    assert Rows(pixels, scale, copy_bytes=n_bytes)._copy is not None
    assert Rows(pixels, scale, copy_bytes=n_bytes - 1)._copy is None


@pytest.mark.parametrize(
    ("given", "computed"),
    [(torch.uint8, torch.float32), (torch.float32, torch.float32), (torch.float64, torch.float64)],
)
def test_products_are_made_in_float64_only_where_the_values_are(pixels, given, computed):
    values = pixels.to(given)
    rows = Rows(values, Standardization.of(values, n_channels=1, per_feature=True))
    assert rows.logits(random(3, 6), random(3)).dtype == computed
    assert rows.gradient(random(3, 40).to(computed)).dtype == torch.float64


def test_taken_rows_are_those_at_the_positions_in_their_order(pixels, scale):
    positions = torch.tensor([7, 0, 39, 7])
    taken = Rows(pixels, scale).taken(positions)
    assert taken.dtype == torch.float64
    assert torch.allclose(taken, standardized(pixels, scale)[positions], rtol=1e-13, atol=1e-13)
