import math

import pytest
import torch
from scipy.optimize import minimize_scalar

from linnet.training.convex.sharpness import LEAST, fit_sharpness, held_out


def noisy_outputs(n=200, k=3):
    random = torch.Generator().manual_seed(0)
    labels = torch.randint(0, k, (n,), generator=random)
    outputs = torch.randn(n, k, generator=random, dtype=torch.float64)
    outputs[torch.arange(n), labels] += 1.0
    return outputs, labels


def best_factor(outputs, labels, weights):
    n, k = outputs.shape
    truth = torch.nn.functional.one_hot(labels, k).double() * (n / (n + k)) + 1 / (n + k)

    def loss(a):
        return float(-((truth * torch.log_softmax(a * outputs, 1)).sum(1) * weights).sum())

    return minimize_scalar(loss, bounds=(0.001, 50), method="bounded", options={"xatol": 1e-9}).x


def test_the_factor_minimizes_the_smoothed_cross_entropy():
    outputs, labels = noisy_outputs()
    assert fit_sharpness(outputs, labels) == pytest.approx(best_factor(outputs, labels, torch.ones(200)), rel=1e-5)


def test_weights_count_each_image_as_often_as_they_say():
    outputs, labels = noisy_outputs()
    weights = torch.where(labels == 0, 2.0, 0.5).double()
    found = fit_sharpness(outputs, labels, weights=weights)
    assert found == pytest.approx(best_factor(outputs, labels, weights), rel=1e-5)
    assert found != pytest.approx(fit_sharpness(outputs, labels), rel=1e-3)


def test_outputs_twice_as_large_get_half_the_factor():
    outputs, labels = noisy_outputs()
    assert fit_sharpness(2 * outputs, labels) == pytest.approx(fit_sharpness(outputs, labels) / 2, rel=1e-9)


def test_a_number_added_to_all_outputs_of_an_image_changes_nothing():
    outputs, labels = noisy_outputs()
    moved = outputs + torch.arange(200, dtype=torch.float64)[:, None]
    assert fit_sharpness(moved, labels) == pytest.approx(fit_sharpness(outputs, labels), rel=1e-9)


def test_outputs_that_are_always_right_get_the_finite_factor_of_the_smoothed_truth():
    labels = torch.tensor([0, 1] * 4)
    outputs = torch.nn.functional.one_hot(labels, 2).double()
    # The truth is 1 - 1 / (n + 2) = 0.9 for the right class of two, and the outputs differ by 1: log(0.9 / 0.1).
    assert fit_sharpness(outputs, labels) == pytest.approx(math.log(9), rel=1e-9)


def test_outputs_that_are_wrong_or_all_alike_get_the_least_factor():
    outputs, labels = noisy_outputs()
    assert fit_sharpness(-outputs, labels) == LEAST
    assert fit_sharpness(torch.zeros_like(outputs), labels) == LEAST


def test_without_images_the_factor_is_1():
    assert fit_sharpness(torch.zeros(0, 3, dtype=torch.float64), torch.zeros(0, dtype=torch.int64)) == 1.0


def test_every_fifth_image_of_each_class_is_held_out():
    labels = torch.tensor([0, 1] * 10 + [2] * 4)
    assert torch.nonzero(held_out(labels, n_classes=4)).flatten().tolist() == [8, 9, 18, 19]
