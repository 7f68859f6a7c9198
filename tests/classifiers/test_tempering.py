import math

import numpy as np
import pytest
import torch
from scipy.special import softmax

from linnet.classifiers.tempering import checked_temperature, tempered
from linnet.errors import ConfigError

TEMPERATURES = (0.05, 0.3, 0.999, 1.001, 2.0, 20.0)


def drawn(n=500, k=7, *, scale=4.0, seed=0):
    logits = np.random.default_rng(seed).normal(0, scale, (n, k))
    return logits, torch.from_numpy(softmax(logits, axis=1).astype(np.float32))


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_it_divides_the_logits(temperature):
    logits, said = drawn()
    expected = softmax(logits / temperature, axis=1)
    assert np.allclose(tempered(said, temperature).numpy(), expected, atol=2e-6 / min(1, temperature))


def test_a_case_by_hand():
    # The square roots of 0.64, 0.16, 0.16 and 0.04 are 0.8, 0.4, 0.4 and 0.2: in sum 1.8.
    said = torch.tensor([[0.64, 0.16, 0.16, 0.04]])
    assert torch.allclose(tempered(said, 2.0), torch.tensor([[8.0, 4.0, 4.0, 2.0]]) / 18)
    # The squares of 0.6 and 0.4 are 0.36 and 0.16.
    assert torch.allclose(tempered(torch.tensor([[0.6, 0.4]]), 0.5), torch.tensor([[0.36, 0.16]]) / 0.52)


def test_one_changes_not_a_bit():
    _, said = drawn()
    assert torch.equal(tempered(said, 1.0), said)


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_rows_are_probabilities_and_keep_their_order(temperature):
    _, said = drawn()
    found = tempered(said, temperature)
    assert found.dtype == torch.float32
    assert torch.allclose(found.double().sum(1), torch.ones(len(said), dtype=torch.float64), atol=1e-6)
    order = said.argsort(dim=1)
    assert (found.gather(1, order).diff(dim=1) >= 0).all()


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_the_prediction_never_changes_not_even_between_neighbors_in_float32(temperature):
    low = np.float32(0.3)
    high = np.nextafter(low, np.float32(1))
    rows = [[low, high, 1 - 2 * low], [high, low, 1 - 2 * low], [low, 1 - 2 * low, low], [high, high, 1 - 2 * high]]
    said = torch.from_numpy(np.array(rows, dtype=np.float32))
    near = torch.from_numpy(np.array([[low, high, high - low], [high, low, 0.1], [high, high, low]], dtype=np.float32))
    for p in (said, near):
        found = tempered(p, temperature)
        assert np.argmax(found.numpy(), 1).tolist() == np.argmax(p.numpy(), 1).tolist()
        assert torch.equal(found == found.amax(1, keepdim=True), p == p.amax(1, keepdim=True))


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_the_smallest_numbers_stay_numbers(temperature):
    tiny = torch.finfo(torch.float32).tiny
    found = tempered(torch.tensor([[1.0, tiny, tiny], [0.5, 0.5, tiny]]), temperature)
    assert torch.isfinite(found).all()
    assert torch.allclose(found.sum(1), torch.ones(2))


def test_the_inverse_temperature_gives_the_probabilities_back():
    _, said = drawn()
    assert torch.allclose(tempered(tempered(said, 2.5), 1 / 2.5), said, atol=1e-6)


def test_no_pictures_stay_none():
    assert tempered(torch.zeros(0, 3), 2.0).shape == (0, 3)


@pytest.mark.parametrize("value", [0, -1.0, math.nan, math.inf, True, None, "2"])
def test_what_is_no_temperature_is_refused(value):
    with pytest.raises(ConfigError, match="finite number above 0"):
        checked_temperature(value)
    assert checked_temperature(2) == 2.0
