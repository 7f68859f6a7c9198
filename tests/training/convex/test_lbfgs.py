from functools import partial

import numpy as np
import pytest
import scipy.optimize
import torch

from linnet.training.convex.lbfgs import Objective, Stopping, minimize
from linnet.training.convex.rows import Rows
from linnet.training.textbook.affine import Standardization
from linnet.training.textbook.losses import cross_entropy

N, D, K = 40, 5, 3


def features():
    return torch.randn(N, D, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def labels():
    return torch.arange(N) % K


def plain(gradient):
    return gradient.clone()


def unsteered(point):
    return plain


def objective(penalty=0.1):
    return Objective(Rows(features(), Standardization.none(D)), partial(cross_entropy, labels=labels()), penalty)


def parabola(logits):
    """Half the mean squared distance of logits from a plane that the features can reach."""
    away = logits - features() @ torch.ones(D, K, dtype=torch.float64)
    return away.square().sum() / (2 * N), away / N


def quadratic(penalty=0.0):
    return Objective(Rows(features(), Standardization.none(D)), parabola, penalty)


def zeros():
    return torch.zeros(K, D + 1, dtype=torch.float64)


def some_weights():
    return torch.randn(K, D + 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def value_by_torch(flat, penalty):
    W = flat.reshape(K, D + 1)
    logits = features() @ W[:, :-1].T + W[:, -1]
    return torch.nn.functional.cross_entropy(logits, labels()) + penalty / 2 * W[:, :-1].square().sum()


def minimum_by_scipy(penalty):
    def both(flat):
        W = torch.tensor(flat, dtype=torch.float64, requires_grad=True)
        value = value_by_torch(W, penalty)
        value.backward()
        return value.detach().item(), W.grad.numpy()

    options = {"ftol": 1e-15, "gtol": 1e-10}
    return scipy.optimize.minimize(both, np.zeros(K * (D + 1)), jac=True, method="L-BFGS-B", options=options)


def test_value_and_gradient_are_those_of_autograd():
    W = some_weights().requires_grad_()
    expected = value_by_torch(W, 0.1)
    expected.backward()
    point = objective().at(some_weights())
    assert objective().value(point) == pytest.approx(expected.detach().item(), rel=1e-12)
    torch.testing.assert_close(point.gradient, W.grad, rtol=1e-10, atol=1e-12)


def test_logits_that_are_known_are_not_computed_again():
    goal = objective()
    point = goal.at(some_weights())
    again = goal.at(some_weights(), point.logits)
    assert again.logits is point.logits
    assert torch.equal(again.gradient, point.gradient)


def test_a_step_flattens_the_slope_and_lands_where_its_logits_say():
    goal = objective()
    start = goal.at(some_weights())
    direction = -start.gradient
    reached = goal.step(start, direction)
    assert reached is not None
    afresh = goal.at(reached.weights)
    torch.testing.assert_close(reached.logits, afresh.logits, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(reached.gradient, afresh.gradient, rtol=1e-10, atol=1e-10)
    before = (start.gradient * direction).sum().item()
    assert abs((afresh.gradient * direction).sum().item()) <= 0.5 * -before
    assert goal.value(afresh) < goal.value(start)


@pytest.mark.parametrize("length", [1e-3, 1e3])
def test_a_step_of_a_wrong_length_is_made_right(length):
    goal = quadratic()
    start = goal.at(zeros())
    direction = -start.gradient * length
    reached = goal.step(start, direction)
    assert reached is not None
    slope = (goal.at(reached.weights).gradient * direction).sum().item()
    assert abs(slope) <= 0.5 * -(start.gradient * direction).sum().item()


def test_no_step_leads_uphill():
    goal = quadratic()
    start = goal.at(zeros())
    assert goal.step(start, start.gradient) is None


@pytest.mark.parametrize("penalty", [0.01, 1.0])
def test_the_minimum_is_the_one_that_scipy_finds(penalty):
    goal = objective(penalty)
    found = minimize(goal, goal.at(zeros()), steering=unsteered, stopping=Stopping(tolerance=1e-13))
    expected = minimum_by_scipy(penalty)
    assert goal.value(found) == pytest.approx(expected.fun, abs=1e-10)
    spread = expected.x.reshape(K, D + 1)
    np.testing.assert_allclose(found.weights.numpy()[:, :-1], spread[:, :-1], atol=1e-4)


def test_a_quadratic_is_solved_exactly():
    goal = quadratic()
    found = minimize(goal, goal.at(zeros()), steering=unsteered, stopping=Stopping(tolerance=1e-18))
    expected = torch.cat([torch.ones(K, D), torch.zeros(K, 1)], 1).double()
    torch.testing.assert_close(found.weights, expected, rtol=0, atol=1e-6)


def test_the_exact_second_derivative_solves_a_quadratic_in_one_step():
    wide = torch.cat([features(), torch.ones(N, 1, dtype=torch.float64)], 1)
    bend = torch.linalg.inv(wide.T @ wide / N)
    reached = []
    goal = quadratic()
    minimize(
        goal,
        goal.at(zeros()),
        steering=lambda point: lambda gradient: gradient @ bend,
        stopping=Stopping(tolerance=1e-12),
        on_step=reached.append,
    )
    assert len(reached) == 1
    torch.testing.assert_close(reached[0].weights[:, :-1], torch.ones(K, D).double(), rtol=0, atol=1e-8)


def test_every_step_goes_down_and_no_more_are_made_than_allowed():
    goal = objective(0.01)
    reached = []
    start = goal.at(some_weights())
    stopping = Stopping(tolerance=0.0, max_steps=4)
    end = minimize(goal, start, steering=unsteered, stopping=stopping, on_step=reached.append)
    values = [goal.value(point) for point in [start, *reached]]
    assert len(reached) == 4
    assert values == sorted(values, reverse=True)
    assert end is reached[-1]


def test_the_steering_is_made_at_the_start_and_after_refresh_steps():
    goal = objective(0.01)
    asked, reached = [], []

    def steering(point):
        asked.append(point)
        return plain

    start = goal.at(some_weights())
    stopping = Stopping(tolerance=0.0, max_steps=6)
    minimize(goal, start, steering=steering, stopping=stopping, refresh=2, on_step=reached.append)
    assert asked == [start, reached[1]]
