import math

import pytest
import torch

from linnet.training.convex.curvature import Preconditioner, cross_entropy_coupling, hinge_coupling
from linnet.training.convex.gram import Spectrum
from linnet.training.textbook.losses import hinge


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def image_weights(n):
    raw = torch.arange(1, n + 1, dtype=torch.float64)
    return raw / raw.mean()


def moments(d, seed=3):
    X = normal(5 * d, d, seed=seed)
    return X.T @ X / len(X)


@pytest.mark.parametrize("weights", [None, image_weights(6)], ids=["alike", "weighted"])
def test_the_coupling_of_cross_entropy_is_its_mean_second_derivative(weights):
    logits, labels = normal(6, 4), torch.tensor([0, 1, 2, 3, 0, 1])
    expected = torch.zeros(4, 4, dtype=torch.float64)
    for i in range(6):

        def loss(z, i=i):
            return torch.nn.functional.cross_entropy(z[None], labels[i : i + 1])

        bend = torch.autograd.functional.hessian(loss, logits[i])
        expected += bend * (1.0 if weights is None else weights[i].item()) / 6
    torch.testing.assert_close(cross_entropy_coupling(logits, weights), expected, rtol=1e-10, atol=1e-12)


def test_couplings_do_not_bend_where_all_classes_rise_by_one():
    logits, labels = normal(6, 4), torch.tensor([0, 1, 2, 3, 0, 1])
    for coupling in (cross_entropy_coupling(logits), hinge_coupling(logits, labels, width=0.3)):
        torch.testing.assert_close(coupling.sum(1), torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-12)
        assert torch.equal(coupling, coupling.T)


def hinge_coupling_by_loop(logits, labels, width, weights):
    n, k = logits.shape
    total = torch.zeros(k, k, dtype=torch.float64)
    for i in range(n):
        y = labels[i].item()
        for j in range(k):
            t = 1 + logits[i, j].item() - logits[i, y].item()
            if j == y or t <= 0:
                continue
            pair = torch.zeros(k, dtype=torch.float64)
            pair[j], pair[y] = 1.0, -1.0
            total += (1.0 if weights is None else weights[i].item()) * torch.outer(pair, pair) / max(t, width) / n
    return total


@pytest.mark.parametrize("weights", [None, image_weights(80)], ids=["alike", "weighted"])
def test_the_coupling_of_the_hinge_adds_up_its_pairs(weights):
    logits, labels = normal(80, 4), torch.arange(80) % 4
    found = hinge_coupling(logits, labels, width=0.3, weights=weights)
    expected = hinge_coupling_by_loop(logits, labels, 0.3, weights)
    torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-12)


def test_a_parabola_with_the_coupling_of_a_pair_lies_above_the_rounded_hinge():
    # With two classes and one image there is one pair, so the bound must hold along every line.
    labels = torch.tensor([0])
    for start in (-0.5, -0.9, 0.0, 2.0):
        z = torch.tensor([[0.0, start]], dtype=torch.float64)
        loss, slopes = hinge(z, labels, width=0.3)
        coupling = hinge_coupling(z, labels, width=0.3)
        for step in torch.linspace(-5, 5, 41, dtype=torch.float64):
            move = torch.tensor([0.0, 1.0], dtype=torch.float64) * step
            bound = loss + slopes[0] @ move + move @ coupling @ move / 2
            there, _ = hinge(z + move, labels, width=0.3)
            assert there.item() <= bound.item() + 1e-12


def test_a_hinge_without_violations_does_not_bend():
    logits = torch.tensor([[9.0, 0.0], [0.0, 9.0]], dtype=torch.float64)
    assert torch.equal(hinge_coupling(logits, torch.tensor([0, 1]), width=0.1), torch.zeros(2, 2).double())


def test_dividing_undoes_multiplying_with_coupling_moments_and_penalty():
    A, B = moments(5), moments(3, seed=4)
    step = normal(3, 6, seed=5)
    gradient = torch.cat([B @ step[:, :-1] @ A, B @ step[:, -1:]], 1)
    divide = Preconditioner(B, Spectrum.of(A), penalty=0.0)
    torch.testing.assert_close(divide(gradient), step, rtol=1e-8, atol=1e-8)


def test_a_penalty_adds_to_the_weights_and_not_to_the_bias():
    A, B, penalty = moments(4), moments(3, seed=4), 0.7
    step = normal(3, 5, seed=5)
    gradient = torch.cat([B @ step[:, :-1] @ A + penalty * step[:, :-1], B @ step[:, -1:]], 1)
    divide = Preconditioner(B, Spectrum.of(A), penalty=penalty)
    torch.testing.assert_close(divide(gradient), step, rtol=1e-8, atol=1e-8)


def test_without_vectors_each_feature_stands_for_itself():
    values = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64)
    B, gradient = moments(3, seed=4), normal(3, 4, seed=5)
    alone = Preconditioner(B, Spectrum(values, None), penalty=0.1)(gradient)
    turned = Preconditioner(B, Spectrum(values, torch.eye(3, dtype=torch.float64)), penalty=0.1)(gradient)
    torch.testing.assert_close(alone, turned, rtol=1e-10, atol=1e-12)


def test_flat_directions_stay_finite():
    flat = Spectrum(torch.zeros(3, dtype=torch.float64), None)
    step = Preconditioner(cross_entropy_coupling(torch.zeros(1, 2)), flat, penalty=0.0)(torch.zeros(2, 4).double())
    assert torch.equal(step, torch.zeros(2, 4).double())
    # All classes up by one: B bends nothing there, and the floor is a thousandth of the steepest, 1/2.
    up = torch.ones(2, 4, dtype=torch.float64)
    divide = Preconditioner(cross_entropy_coupling(torch.zeros(1, 2)), flat, penalty=1.0)
    assert math.isclose(divide(up)[0, -1].item(), 1 / (1e-3 * 0.5), rel_tol=1e-5)
