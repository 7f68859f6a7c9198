import numpy as np
import pytest
import torch

from linnet.training.convex.problem import Problem
from linnet.training.convex.ridge import RidgeRegression
from linnet.training.convex.sharpness import fit_sharpness

K = 3


def pictures(n=60, d=8, seed=0):
    random = torch.Generator().manual_seed(seed)
    values = torch.randint(0, 256, (n, d), generator=random, dtype=torch.uint8)
    labels = torch.randint(0, K, (n,), generator=random)
    values[:, 0] //= labels + 1
    return values, labels


def regression(values, labels, weights=None):
    return RidgeRegression(
        Problem.of(values, labels, n_classes=K, n_channels=2, weights=weights, exact=True),
    )


def by_normal_equations(values, labels, ridge, weights=None):
    """Solve for weights of values / deviation and a free bias, all in numpy; return outputs as a function."""
    x = values.numpy().astype(np.float64)
    n, d = x.shape
    deviation = np.repeat(x.reshape(n, 2, -1).std((0, 2)), d // 2)
    y = np.eye(K)[labels.numpy()]
    w = np.ones(n) if weights is None else weights.numpy()
    center, mean = w @ x / n, w @ y / n
    z = (x - center) / deviation
    moments = (z * w[:, None]).T @ z / n
    right = (z * w[:, None]).T @ (y - mean) / n
    W = np.linalg.solve(moments + ridge * np.trace(moments) / d * np.eye(d), right)
    return lambda new: (new.numpy().astype(np.float64) - center) / deviation @ W + mean


def outputs(solver, ridge, values):
    problem, weights = solver.problem, solver.weights(ridge)
    z = problem.scale.applied(values)
    spread = weights[:, :-1] if problem.basis is None else weights[:, :-1] @ problem.basis.T
    return (z @ spread.T + weights[:, -1]).numpy()


@pytest.mark.parametrize("ridge", [0.0, 0.001, 0.1, 10.0])
def test_weights_solve_the_normal_equations(ridge):
    values, labels = pictures()
    new, _ = pictures(seed=1)
    expected = by_normal_equations(values, labels, ridge)(new)
    assert np.allclose(outputs(regression(values, labels), ridge, new), expected, rtol=1e-9, atol=1e-10)


def test_weighted_images_count_as_often_as_their_weights_say():
    values, labels = pictures()
    weights = (labels + 1).double()
    weights /= weights.mean()
    expected = by_normal_equations(values, labels, 0.1, weights)(values)
    assert np.allclose(outputs(regression(values, labels, weights), 0.1, values), expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("ridge", [0.01, 1.0])
def test_fewer_images_than_features_get_the_same_answer(ridge):
    values, labels = pictures(n=12, d=30)
    new, _ = pictures(n=5, d=30, seed=1)
    expected = by_normal_equations(values, labels, ridge)(new)
    assert np.allclose(outputs(regression(values, labels), ridge, new), expected, rtol=1e-8, atol=1e-9)


def test_without_a_ridge_few_images_are_fitted_exactly_by_the_weights_of_least_norm():
    values, labels = pictures(n=12, d=30)
    solver = regression(values, labels)
    z, y = solver.problem.scale.applied(values).numpy(), np.eye(K)[labels.numpy()]
    found = solver.weights(0.0)[:, :-1] @ solver.problem.basis.T
    assert np.allclose(outputs(solver, 0.0, values), y, atol=1e-8)
    assert np.allclose(found.numpy(), (np.linalg.pinv(z) @ (y - y.mean(0))).T, atol=1e-8)


def test_outputs_sum_to_1_for_any_image():
    values, labels = pictures()
    new, _ = pictures(seed=1)
    assert np.allclose(outputs(regression(values, labels), 0.01, new).sum(1), 1, atol=1e-12)


def test_features_that_never_change_get_no_weight():
    values, labels = pictures()
    values[:, 3] = 200
    weights = regression(values, labels).weights(0.0)
    assert torch.isfinite(weights).all()
    assert weights[:, 3].abs().max() < 1e-9


def test_images_that_are_all_alike_get_the_shares_of_the_classes():
    _, labels = pictures()
    values = torch.full((60, 8), 99, dtype=torch.uint8)
    shares = torch.bincount(labels, minlength=K) / 60
    assert np.allclose(outputs(regression(values, labels), 0.0, values), shares, atol=1e-6)


def test_sharpness_is_that_of_outputs_each_fitted_without_its_image():
    values, labels = pictures(n=25, d=4)
    solver = regression(values, labels)
    # Leaving out in closed form keeps the features' scale and the ridge's absolute size, and so does this.
    z = solver.problem.scale.applied(values).numpy()
    y, ridge = np.eye(K)[labels.numpy()], 0.1 * (z**2).sum() / z.size
    left_out = []
    for i in range(25):
        x = np.column_stack([np.delete(z, i, 0), np.ones(24)])
        held = 25 * ridge * np.diag([1, 1, 1, 1, 0])
        left_out.append(np.append(z[i], 1) @ np.linalg.solve(x.T @ x + held, x.T @ np.delete(y, i, 0)))
    expected = fit_sharpness(torch.from_numpy(np.array(left_out)), labels)
    assert solver.sharpness(0.1, solver.weights(0.1)) == pytest.approx(expected, rel=1e-8)
