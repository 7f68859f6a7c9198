import numpy as np
import pytest
import scipy.optimize
import torch
from sklearn.linear_model import LogisticRegression

from linnet.training.convex.lbfgs import Stopping
from linnet.training.convex.linear import fit_cross_entropy, fit_hinge, judge_hinge
from linnet.training.convex.problem import Problem
from linnet.training.convex.sharpness import fit_sharpness, held_out
from linnet.training.textbook.losses import hinge

N, D, K = 60, 4, 3
FINE = Stopping(tolerance=1e-13, max_steps=500)


def table(n=N, d=D, seed=0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % K
    centers = 1.2 * torch.randn(K, d, generator=generator, dtype=torch.float64)
    return centers[labels] + torch.randn(n, d, generator=generator, dtype=torch.float64), labels


def image_weights(n=N):
    raw = 1.0 + torch.arange(n, dtype=torch.float64) % 4
    return raw / raw.mean()


def problem(weights=None, n=N, d=D):
    values, labels = table(n, d)
    return Problem.of(values, labels, n_classes=K, n_channels=1, weights=weights)


def logistic_by_sklearn(values, labels, penalty, weights=None):
    model = LogisticRegression(C=1 / (penalty * len(values)), tol=1e-10, max_iter=5000)
    model.fit(values.numpy(), labels.numpy(), sample_weight=None if weights is None else weights.numpy())
    return model.coef_, model.predict_proba(values.numpy())


@pytest.mark.parametrize("weights", [None, image_weights()], ids=["alike", "weighted"])
def test_cross_entropy_finds_what_scikit_learn_finds(weights):
    case = problem(weights)
    solution = fit_cross_entropy(case, penalty=0.05, stopping=FINE)
    coefficients, chances = logistic_by_sklearn(case.scale.applied(case.rows.values), case.labels, 0.05, weights)
    np.testing.assert_allclose(solution[:, :-1].numpy(), coefficients, atol=1e-4)
    np.testing.assert_allclose(case.outputs(solution).softmax(1).numpy(), chances, atol=1e-4)


def test_few_images_with_many_features_give_the_same_minimum():
    case = problem(n=12, d=30)
    assert case.basis is not None
    solution = fit_cross_entropy(case, penalty=0.05, stopping=FINE)
    values, labels = table(12, 30)
    _, chances = logistic_by_sklearn(case.scale.applied(values), labels, 0.05)
    np.testing.assert_allclose(case.affine(solution).probabilities(values).numpy(), chances, atol=1e-4)


def test_another_start_ends_in_the_same_place():
    case = problem()
    far = torch.randn(K, D + 1, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    from_zeros = fit_cross_entropy(case, penalty=0.05, stopping=FINE)
    from_afar = fit_cross_entropy(case, penalty=0.05, start=far, stopping=FINE)
    torch.testing.assert_close(from_zeros[:, :-1], from_afar[:, :-1], rtol=0, atol=1e-4)


def test_a_start_at_the_minimum_takes_no_step():
    case = problem()
    solution = fit_cross_entropy(case, penalty=0.05, stopping=FINE)
    reached = []
    again = fit_cross_entropy(case, penalty=0.05, start=solution, on_step=reached.append)
    assert reached == []
    assert torch.equal(again, solution)


def hinge_objective(case, W, penalty):
    loss, _ = hinge(case.outputs(W), case.labels, weights=case.weights)
    return loss.item() + penalty / 2 * W[:, :-1].square().sum().item()


def least_hinge_by_scipy(case, penalty):
    """Solve the quadratic program by its slack variables: minimize mean sum w s + (penalty / 2) |W|^2."""
    z = np.hstack([case.scale.applied(case.rows.values).numpy(), np.ones((len(case.labels), 1))])
    n, d1 = z.shape
    pairs = [(i, j) for i in range(n) for j in range(K) if j != case.labels[i].item()]
    margins = np.zeros((len(pairs), K * d1))
    for row, (i, j) in enumerate(pairs):
        y = case.labels[i].item()
        margins[row, j * d1 : (j + 1) * d1] = z[i]
        margins[row, y * d1 : (y + 1) * d1] = -z[i]
    w = np.array([1.0 if case.weights is None else case.weights[i].item() for i, _ in pairs]) / n
    free = np.ones(K * d1)
    free[d1 - 1 :: d1] = 0

    # The dual: maximize sum a - |M_free^T a|^2 / (2 penalty), 0 <= a <= w, where the biases' sums are zero.
    inner, ties = margins[:, free == 1], margins[:, free == 0]

    def dual(a):
        pull = inner.T @ a
        return pull @ pull / (2 * penalty) - a.sum(), inner @ pull / penalty - 1

    constraint = {"type": "eq", "fun": lambda a: (ties.T @ a)[:-1], "jac": lambda a: ties.T[:-1]}
    bounds = list(zip(np.zeros(len(w)), w, strict=True))
    options = {"ftol": 1e-12, "maxiter": 500}
    found = scipy.optimize.minimize(
        dual, w / 2, jac=True, bounds=bounds, constraints=[constraint], method="SLSQP", options=options
    )
    assert found.success
    return -found.fun


@pytest.mark.parametrize("weights", [None, image_weights(24)], ids=["alike", "weighted"])
def test_the_hinge_is_as_small_as_its_dual_allows_but_for_the_rounding(weights):
    case = problem(weights, n=24)
    least = least_hinge_by_scipy(case, 0.1)
    reached = hinge_objective(case, fit_hinge(case, penalty=0.1, stopping=FINE), 0.1)
    # The last width costs 0.002 here; the first alone would cost 0.027.
    assert least - 1e-6 <= reached <= least + 0.01
    assert reached < 0.9 * hinge_objective(case, torch.zeros(K, D + 1).double(), 0.1)


def test_judging_fits_only_to_the_images_that_are_not_held_out():
    case = problem()
    judged = held_out(case.labels, n_classes=K)
    solution, sharpness = judge_hinge(case, penalty=0.1)
    rest = Problem.of(case.rows.values[~judged], case.labels[~judged], n_classes=K, n_channels=1)
    # The same images under the same standardization: only the solver's tolerance stays between the two.
    part = hinge_objective(rest, fit_hinge(rest, penalty=0.1), 0.1)
    outputs = case.outputs(solution)
    kept = hinge(outputs[~judged], case.labels[~judged])[0].item() + 0.05 * solution[:, :-1].square().sum().item()
    assert kept == pytest.approx(part, abs=0.03)
    assert sharpness == fit_sharpness(outputs[judged], case.labels[judged])


def test_labels_that_are_held_out_do_not_change_the_weights_that_are_judged():
    values, labels = table()
    judged = held_out(labels, n_classes=K)
    wrong = labels.clone()
    # The classes' held-out images follow each other, so handing labels on keeps the same ones held out.
    wrong[judged] = (labels[judged] + 1) % K
    assert torch.equal(held_out(wrong, n_classes=K), judged)
    right_fit, right_sharpness = judge_hinge(Problem.of(values, labels, n_classes=K, n_channels=1), penalty=0.1)
    wrong_fit, wrong_sharpness = judge_hinge(Problem.of(values, wrong, n_classes=K, n_channels=1), penalty=0.1)
    torch.testing.assert_close(right_fit, wrong_fit, rtol=0, atol=1e-9)
    assert wrong_sharpness < right_sharpness
