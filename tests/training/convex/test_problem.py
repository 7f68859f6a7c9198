import numpy as np
import pytest
import torch

from linnet.training.convex import problem as module
from linnet.training.convex.problem import Problem


def pixels(n, d, seed=0):
    return torch.randint(0, 256, (n, d), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)


def normal(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def image_weights(n):
    raw = 1.0 + torch.arange(n, dtype=torch.float64) % 5
    return raw / raw.mean()


def problem(values, weights=None, exact=False):
    labels = torch.arange(len(values)) % 3
    return Problem.of(values, labels, n_classes=3, n_channels=2, weights=weights, exact=exact)


def standardized(values):
    """The features minus their means, over their channel's deviation."""
    table = values.double().numpy()
    half = table.shape[1] // 2
    deviation = np.repeat([table[:, :half].std(), table[:, half:].std()], half)
    return (table - table.mean(0)) / deviation


@pytest.mark.parametrize("n", [40, 6], ids=["more images", "more features"])
@pytest.mark.parametrize("kind", ["bytes", "floats"])
def test_the_weights_for_values_give_the_outputs_of_the_weights_for_rows(n, kind):
    values = pixels(n, 16) if kind == "bytes" else 30 + 7 * normal(n, 16)
    case = problem(values)
    weights = normal(3, case.rows.n_features + 1, seed=2)
    torch.testing.assert_close(case.affine(weights).outputs(values), case.outputs(weights), rtol=0, atol=1e-4)


def test_outputs_are_those_of_standardized_features():
    values = pixels(40, 16)
    weights = normal(3, 17, seed=2)
    expected = standardized(values) @ weights[:, :-1].numpy().T + weights[:, -1].numpy()
    found = problem(values, exact=True).outputs(weights)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-10, atol=1e-10)


def test_few_images_are_described_by_at_most_as_many_numbers_that_keep_the_penalty():
    values = pixels(6, 16)
    case = problem(values)
    assert case.basis is not None
    # Centered, six images span five dimensions.
    assert case.rows.n_features == 5
    rows = case.rows.values
    np.testing.assert_allclose((rows @ case.basis.T).numpy(), standardized(values), atol=1e-9)
    weights = normal(3, 5, seed=2)
    assert (weights @ case.basis.T).square().sum().item() == pytest.approx(weights.square().sum().item())


def test_more_images_than_features_need_no_basis():
    assert problem(pixels(16, 16)).basis is None


@pytest.mark.parametrize("n", [40, 6], ids=["more images", "more features"])
def test_the_spectrum_is_that_of_the_weighted_moments_around_the_weighted_mean(n):
    values, weights = pixels(n, 16), image_weights(n)
    case = problem(values, weights, exact=True)
    rows = case.rows.values.numpy() if n < 16 else standardized(values)
    w = weights.numpy()
    mean = np.average(rows, axis=0, weights=w)
    covariance = np.cov(rows.T, aweights=w, ddof=0)
    np.testing.assert_allclose(case.center.numpy(), mean, atol=1e-10)
    np.testing.assert_allclose(case.spectrum.values.numpy(), np.linalg.eigvalsh(covariance), atol=1e-9)
    V = case.spectrum.vectors
    assert V is not None
    np.testing.assert_allclose((V @ torch.diag(case.spectrum.values) @ V.T).numpy(), covariance, atol=1e-9)


def test_without_weights_the_center_is_zero_because_the_features_are_centered():
    case = problem(pixels(40, 16), exact=True)
    assert torch.equal(case.center, torch.zeros(16, dtype=torch.float64))
    alike = problem(pixels(40, 16), torch.ones(40, dtype=torch.float64), exact=True)
    torch.testing.assert_close(alike.center, case.center, rtol=0, atol=1e-12)
    torch.testing.assert_close(alike.spectrum.values, case.spectrum.values, rtol=0, atol=1e-10)


def test_exact_means_float64_and_else_bytes_are_computed_in_float32():
    assert problem(pixels(40, 16), exact=True).rows.dtype == torch.float64
    assert problem(pixels(40, 16)).rows.dtype == torch.float32
    assert problem(pixels(40, 16)).spectrum.values.dtype == torch.float32


def test_too_many_features_go_without_eigenvectors_unless_exact(monkeypatch):
    monkeypatch.setattr(module, "_WIDEST_SPECTRUM", 15)
    assert problem(pixels(40, 16)).spectrum.vectors is None
    assert problem(pixels(40, 16), exact=True).spectrum.vectors is not None


def test_the_sharpness_is_handed_on():
    assert problem(pixels(40, 16)).affine(normal(3, 17), sharpness=2.5).sharpness.item() == 2.5
