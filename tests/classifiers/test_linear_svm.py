import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

import toys
from linnet.classifiers.linear_svm import PENALTIES, LinearSVM
from linnet.errors import ConfigError
from linnet.progress import SILENT
from linnet.training.textbook.affine import Standardization
from linnet.training.textbook.losses import linear_svm_loss


@pytest.mark.parametrize("penalty", [-0.1, math.inf, math.nan])
def test_a_penalty_out_of_range_is_refused_by_its_name(penalty):
    with pytest.raises(ConfigError, match=r"linear-svm\.penalty "):
        LinearSVM(penalty=penalty)


def objective(weights, bias, data, penalty):
    """The loss the class promises, of weights for pixels in [0, 1], with its gradients by standardized weights."""
    scale = Standardization.of(data.images.flatten(1), n_channels=data.image_shape[0], per_feature=True)
    z = scale.applied(data.images.flatten(1))
    W = weights.double() * scale.deviation / 255
    b = bias.double() + weights.double() @ scale.center / 255
    return linear_svm_loss(W, b, values=z, labels=data.labels, penalty=penalty)[0]


def least_loss(data, penalty):
    """Minimize with another solver, which takes the margins' constraints apart: slack variables, SLSQP."""
    x = data.images.flatten(1).double()
    z = ((x - x.mean(0)) / x.std(correction=0)).numpy()
    n, d, k = len(z), z.shape[1], data.n_classes
    y = data.labels.numpy()
    pairs = [(i, j) for i in range(n) for j in range(k) if j != y[i]]
    margins = np.zeros((len(pairs), k * (d + 1) + len(pairs)))
    for row, (i, j) in enumerate(pairs):
        own = np.append(z[i], 1)
        margins[row, y[i] * (d + 1) : (y[i] + 1) * (d + 1)] = own
        margins[row, j * (d + 1) : (j + 1) * (d + 1)] = -own
        margins[row, k * (d + 1) + row] = 1
    mask = np.concatenate([np.tile(np.append(np.ones(d), 0), k), np.zeros(len(pairs))])
    slack = np.concatenate([np.zeros(k * (d + 1)), np.ones(len(pairs)) / n])
    found = minimize(
        lambda v: (penalty / 2 * v @ (mask * v) + slack @ v, penalty * mask * v + slack),
        np.concatenate([np.zeros(k * (d + 1)), np.ones(len(pairs))]),
        jac=True,
        method="SLSQP",
        bounds=[(None, None)] * (k * (d + 1)) + [(0, None)] * len(pairs),
        constraints={"type": "ineq", "fun": lambda v: margins @ v - 1, "jac": lambda v: margins},
        options={"maxiter": 200, "ftol": 1e-10},
    )
    assert found.success
    return found.fun


def test_the_hinge_is_at_its_minimum_but_for_the_rounding():
    data = toys.patterns(counts=(8, 8, 8), shape=(1, 2, 2), noise=80.0)
    fitted = LinearSVM(penalty=0.1).fit(data)
    reached, least = float(objective(fitted.affine_.weights, fitted.affine_.bias, data, 0.1)), least_loss(data, 0.1)
    assert least > 0.1
    # Each of two wrong classes may lie 0.015 above by rounding; below the minimum nothing can lie.
    assert -1e-6 < reached - least < 0.03


def test_no_small_move_of_the_weights_lowers_the_loss_by_much(toy_dataset):
    fitted = LinearSVM(penalty=1.0).fit(toy_dataset)
    W, b = fitted.affine_.weights, fitted.affine_.bias
    here = float(objective(W, b, toy_dataset, 1.0))
    for factor in (0.8, 0.9, 1.1, 1.25):
        assert float(objective(factor * W, factor * b, toy_dataset, 1.0)) > here - 0.01
    assert here < float(objective(0 * W, 0 * b, toy_dataset, 1.0)) / 2


def test_sweeping_gives_what_single_fits_give(toy_dataset, toy_test):
    candidates = LinearSVM().candidates()
    assert [candidate.penalty for candidate in candidates] == list(PENALTIES)
    chosen = [candidates[0], candidates[-2]]
    swept = list(LinearSVM().sweep(chosen, toy_dataset, toy_test.images, seed=0, progress=SILENT))
    for candidate, probabilities in zip(chosen, swept, strict=True):
        single = candidate.fit(toy_dataset).predict_proba(toy_test.images)
        assert torch.allclose(probabilities, single, atol=1e-5)


def test_the_larger_the_penalty_the_smaller_the_weights(toy_dataset):
    sizes = [float(LinearSVM(penalty=p).fit(toy_dataset).templates().square().sum()) for p in (10.0, 1.0, 0.1)]
    assert sizes == sorted(sizes)


def test_templates_are_pictures_whose_products_decide():
    data = toys.patterns(shape=(3, 4, 5))
    fitted = LinearSVM().fit(data)
    templates = fitted.templates()
    assert (templates.shape, templates.dtype) == ((3, 3, 4, 5), torch.float32)
    outputs = torch.einsum("nchw,kchw->nk", data.images.float() / 255, templates) + fitted.affine_.bias
    assert torch.equal(outputs.argmax(1), fitted.predict(data.images))


def test_another_seed_changes_nothing(toy_dataset):
    one, other = (LinearSVM().fit(toy_dataset, seed=seed).templates() for seed in (0, 1))
    assert torch.equal(one, other)
