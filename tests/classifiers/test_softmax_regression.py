import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

import toys
from linnet.classifiers.softmax_regression import LEARNING_RATES, PENALTIES, SoftmaxRegression
from linnet.errors import ConfigError
from linnet.progress import SILENT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("penalty", -0.1),
        ("penalty", math.nan),
        ("solver", "newton"),
        ("batch_size", 0),
        ("learning_rate", 0.0),
        ("momentum", 1.0),
        ("epochs", 0),
    ],
)
def test_settings_out_of_range_are_refused_by_their_name(name, value):
    with pytest.raises(ConfigError, match=rf"softmax-regression\.{name} "):
        SoftmaxRegression(**{name: value})


def standardized(data, by):
    x, y = (d.images.flatten(1).numpy().astype(np.float64) for d in (data, by))
    return (x - y.mean(0)) / y.std()


@pytest.mark.parametrize("penalty", [0.001, 0.1])
def test_the_deterministic_solver_goes_where_that_of_scikit_learn_goes(penalty, toy_test):
    data = toys.patterns(noise=150.0)
    # Their loss is a sum over images with C in front, ours a mean with the penalty behind.
    theirs = LogisticRegression(C=1 / (penalty * len(data)), tol=1e-8, max_iter=5000)
    theirs.fit(standardized(data, data), data.labels.numpy())
    ours = SoftmaxRegression(penalty=penalty).fit(data)

    def loss(probabilities, W):
        true = np.asarray(probabilities)[np.arange(len(data)), data.labels.numpy()]
        return -np.log(true).mean() + penalty / 2 * (W**2).sum()

    spread = data.images.double().std(correction=0) / 255
    reached = loss(ours.predict_proba(data.images).double(), (ours.affine_.weights.double() * spread).numpy())
    least = loss(theirs.predict_proba(standardized(data, data)), theirs.coef_)
    assert reached == pytest.approx(least, rel=1e-3)
    expected = theirs.predict_proba(standardized(toy_test, data))
    assert np.allclose(ours.predict_proba(toy_test.images), expected, atol=0.01)


def test_sweeping_gives_what_single_fits_give(toy_dataset, toy_test):
    candidates = SoftmaxRegression().candidates()
    assert [candidate.penalty for candidate in candidates] == list(PENALTIES)
    swept = list(SoftmaxRegression().sweep(candidates, toy_dataset, toy_test.images, seed=0, progress=SILENT))
    assert len(swept) == len(candidates)
    for candidate, probabilities in zip(candidates, swept, strict=True):
        single = candidate.fit(toy_dataset).predict_proba(toy_test.images)
        assert torch.allclose(probabilities, single, atol=1e-5)


def test_sweeping_mini_batch_descent_gives_what_single_fits_give(toy_dataset, toy_test):
    model = SoftmaxRegression(solver="sgd", epochs=1)
    candidates = model.candidates()
    assert [candidate.learning_rate for candidate in candidates] == list(LEARNING_RATES)
    swept = list(model.sweep(candidates[:2], toy_dataset, toy_test.images, seed=3, progress=SILENT))
    for candidate, probabilities in zip(candidates[:2], swept, strict=True):
        single = candidate.fit(toy_dataset, seed=3).predict_proba(toy_test.images)
        assert torch.allclose(probabilities, single, atol=1e-6)


def test_mini_batch_descent_comes_near_the_minimum():
    data = toys.patterns(noise=150.0)
    exact = SoftmaxRegression(penalty=0.1).fit(data)
    near = SoftmaxRegression(penalty=0.1, solver="sgd", learning_rate=0.01, epochs=600).fit(data)
    assert torch.allclose(near.predict_proba(data.images), exact.predict_proba(data.images), atol=0.05)


def test_the_seed_decides_mini_batch_descent_to_the_bit_and_the_deterministic_solver_not_at_all(toy_dataset):
    def weights(solver, seed):
        return SoftmaxRegression(solver=solver).fit(toy_dataset, seed=seed).affine_.weights

    assert torch.equal(weights("sgd", 1), weights("sgd", 1))
    assert not torch.equal(weights("sgd", 1), weights("sgd", 2))
    assert torch.equal(weights("lbfgs", 1), weights("lbfgs", 2))


def test_templates_are_pictures_whose_products_decide():
    data = toys.patterns(shape=(3, 4, 5))
    fitted = SoftmaxRegression().fit(data)
    templates = fitted.templates()
    assert (templates.shape, templates.dtype) == ((3, 3, 4, 5), torch.float32)
    outputs = torch.einsum("nchw,kchw->nk", data.images.float() / 255, templates) + fitted.affine_.bias
    assert torch.allclose(torch.softmax(outputs, 1), fitted.predict_proba(data.images), atol=1e-4)
