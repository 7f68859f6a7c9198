import math

import numpy as np
import pytest
import torch

import toys
from linnet.classifiers.least_squares import RIDGES, LeastSquares
from linnet.errors import ConfigError
from linnet.progress import SILENT


@pytest.mark.parametrize("ridge", [-0.1, math.inf, math.nan])
def test_a_ridge_out_of_range_is_refused_by_its_name(ridge):
    with pytest.raises(ConfigError, match=r"least-squares\.ridge "):
        LeastSquares(ridge=ridge)


def test_outputs_are_those_of_the_normal_equations(toy_dataset, toy_test):
    fitted = LeastSquares(ridge=0.1).fit(toy_dataset)
    x, new = (data.images.flatten(1).numpy().astype(np.float64) / 255 for data in (toy_dataset, toy_test))
    y = np.eye(3)[toy_dataset.labels.numpy()]
    z = (x - x.mean(0)) / x.std()
    held = 0.1 * (z**2).mean() * len(z) * np.eye(64)
    W = np.linalg.solve(z.T @ z + held, z.T @ (y - y.mean(0)))
    expected = (new - x.mean(0)) / x.std() @ W + y.mean(0)
    assert np.allclose(fitted.affine_.outputs(toy_test.images.flatten(1)), expected, atol=1e-5)


def test_sweeping_gives_what_single_fits_give(toy_dataset, toy_test):
    candidates = LeastSquares().candidates()
    assert [candidate.ridge for candidate in candidates] == list(RIDGES)
    swept = list(LeastSquares().sweep(candidates, toy_dataset, toy_test.images, seed=0, progress=SILENT))
    assert len(swept) == len(candidates)
    for candidate, probabilities in zip(candidates, swept, strict=True):
        single = candidate.fit(toy_dataset).predict_proba(toy_test.images)
        assert torch.allclose(probabilities, single, atol=1e-6)


def test_templates_are_pictures_whose_products_decide(toy_test):
    data = toys.patterns(shape=(3, 5, 4))
    fitted = LeastSquares(ridge=1.0).fit(data)
    templates = fitted.templates()
    assert (templates.shape, templates.dtype) == ((3, 3, 5, 4), torch.float32)
    outputs = torch.einsum("nchw,kchw->nk", data.images.float() / 255, templates) + fitted.affine_.bias
    assert torch.equal(outputs.argmax(1), fitted.predict(data.images))


def test_templates_of_shrunk_pictures_have_the_shrunk_shape(toy_dataset):
    assert LeastSquares(max_side=4).fit(toy_dataset).templates().shape == (3, 1, 4, 4)


def test_balance_lifts_the_rare_class():
    data = toys.patterns(counts=(100, 10), noise=200.0)
    plain, balanced = (LeastSquares(balance=balance, ridge=1.0).fit(data) for balance in (False, True))
    rare = data.images[data.labels == 1]
    assert balanced.predict_proba(rare)[:, 1].mean() > plain.predict_proba(rare)[:, 1].mean()


def test_what_says_nothing_of_the_classes_gets_unsure_answers(toy_dataset, toy_test):
    told = LeastSquares(ridge=0.0001).fit(toy_dataset).predict_proba(toy_test.images).amax(1).mean()
    untold = LeastSquares(ridge=0.0001).fit(toys.with_random_labels(toy_dataset, seed=0))
    assert told > 0.9
    assert untold.predict_proba(toy_test.images).amax(1).mean() < 0.5
