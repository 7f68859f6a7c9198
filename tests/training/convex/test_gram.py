import numpy as np
import pytest
import torch

from linnet.training.convex import gram as module
from linnet.training.convex.gram import Spectrum, gram, row_space
from linnet.training.textbook.affine import Standardization


def pixels(n, d, seed=0):
    return torch.randint(0, 256, (n, d), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def any_scale(values, seed=1):
    generator = torch.Generator().manual_seed(seed)
    d = values.shape[1]
    center = torch.rand(d, generator=generator, dtype=torch.float64) * 200
    deviation = torch.rand(d, generator=generator, dtype=torch.float64) * 60 + 10
    return Standardization(center, deviation, values.dtype == torch.uint8)


def mean_one(raw):
    weights = torch.as_tensor(raw, dtype=torch.float64)
    return weights / weights.mean()


def gram_by_loop(values, scale, weights=None):
    z = (values.double().numpy() - scale.center.numpy()) / scale.deviation.numpy()
    total = np.zeros((z.shape[1], z.shape[1]))
    for i, row in enumerate(z):
        total += np.outer(row, row) * (1.0 if weights is None else weights[i].item())
    return total / len(z)


def assert_close(found, expected):
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-10)


def test_bytes_give_what_a_loop_over_images_gives():
    values = pixels(50, 16)
    scale = any_scale(values)
    assert_close(gram(values, scale), gram_by_loop(values, scale))


@pytest.mark.parametrize("size", [7, 1 << 10])
def test_machines_without_8_bit_products_give_the_same(monkeypatch, size):
    monkeypatch.setattr(module, "has_exact_int8", lambda: False)
    monkeypatch.setattr(module, "_FLOAT32_ROWS", size)
    values = pixels(50, 16)
    scale = any_scale(values)
    assert_close(gram(values, scale), gram_by_loop(values, scale))


def test_sums_of_extreme_bytes_are_exact():
    values = torch.zeros(3000, 16, dtype=torch.uint8)
    values[:, ::2] = 255
    scale = Standardization(torch.zeros(16, dtype=torch.float64), torch.ones(16, dtype=torch.float64), True)
    expected = values[:1].double().T @ values[:1].double()
    assert torch.equal(gram(values, scale), expected)


def test_few_different_weights_are_summed_up_weight_by_weight():
    values = pixels(60, 16)
    scale = any_scale(values)
    weights = mean_one([1.0, 2.0, 5.0] * 20)
    assert_close(gram(values, scale, weights=weights), gram_by_loop(values, scale, weights))


def test_many_different_weights_give_what_the_loop_gives():
    values = pixels(100, 16)
    scale = any_scale(values)
    weights = mean_one(torch.arange(1, 101))
    assert_close(gram(values, scale, weights=weights), gram_by_loop(values, scale, weights))


@pytest.mark.parametrize("weighted", [False, True])
def test_floats_are_summed_up_block_by_block(monkeypatch, weighted):
    monkeypatch.setattr(module, "_BLOCK_BYTES", 8 * 5 * 4)
    values = torch.randn(30, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64) * 9
    scale = any_scale(values)
    weights = mean_one(torch.arange(1, 31)) if weighted else None
    assert_close(gram(values, scale, weights=weights), gram_by_loop(values, scale, weights))


def test_a_spectrum_puts_the_moments_together_again():
    values = pixels(40, 16)
    moments = gram(values, any_scale(values))
    spectrum = Spectrum.of(moments)
    assert spectrum.vectors is not None
    together = spectrum.vectors @ torch.diag(spectrum.values) @ spectrum.vectors.T
    torch.testing.assert_close(together, moments, rtol=1e-10, atol=1e-10)


def test_a_spectrum_has_nothing_below_zero():
    spectrum = Spectrum.of(torch.diag(torch.tensor([-1e-12, 2.0, 1.0], dtype=torch.float64)))
    assert spectrum.values.tolist() == [0.0, 1.0, 2.0]


@pytest.mark.parametrize("size", [8 * 6 * 7, 1 << 26])
def test_the_row_space_keeps_all_products_between_images(monkeypatch, size):
    monkeypatch.setattr(module, "_BLOCK_BYTES", size)
    values = pixels(6, 40)
    scale = any_scale(values)
    features, basis = row_space(values, scale)
    assert features.shape == (6, 6)
    z = scale.applied(values)
    torch.testing.assert_close(basis.T @ basis, torch.eye(6, dtype=torch.float64), rtol=0, atol=1e-9)
    torch.testing.assert_close(features @ basis.T, z, rtol=0, atol=1e-9)
    torch.testing.assert_close(z @ basis, features, rtol=0, atol=1e-9)


def test_images_that_repeat_add_nothing_to_the_row_space():
    values = pixels(4, 40)
    scale = any_scale(values)
    features, basis = row_space(torch.cat([values, values[:2]]), scale)
    assert features.shape == (6, 4)
    assert basis.shape == (40, 4)
    torch.testing.assert_close(features[:2], features[4:], rtol=0, atol=1e-9)
