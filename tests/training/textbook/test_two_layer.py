import math
from dataclasses import replace

import pytest
import torch

from linnet.progress import SILENT
from linnet.training.textbook import sgd, two_layer
from linnet.training.textbook.affine import LEAST_PROBABILITY
from linnet.training.textbook.losses import TwoLayerParameters
from linnet.training.textbook.sgd import Schedule, Standardized
from linnet.training.textbook.two_layer import TwoLayerNet, fit_two_layer, start

SCHEDULE = Schedule(batch_size=25, learning_rate=0.05, momentum=0.9, epochs=1, penalty=0.01, decay=True)


def pictures(n=100, d=6):
    """Two classes that no plane divides: whether the first two pixels are both bright or both dark."""
    values = torch.randint(0, 256, (n, d), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return values, ((values[:, 0] > 127) == (values[:, 1] > 127)).long()


def fit(values, labels, *, seed=0, schedule=SCHEDULE):
    data = Standardized.of(values, labels, n_channels=1)
    return fit_two_layer(data, n_hidden=16, n_classes=2, schedule=schedule, seed=seed, progress=SILENT)


@pytest.fixture
def few_steps(monkeypatch):
    monkeypatch.setattr(sgd, "LEAST_STEPS", 40)


def test_first_weights_vary_as_he_proposed_and_biases_are_0():
    W1, b1, W2, b2 = start(200, 300, n_classes=100, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert (W1.shape, b1.shape, W2.shape, b2.shape) == ((300, 200), (300,), (100, 300), (100,))
    assert float(W1.std()) == pytest.approx(math.sqrt(2 / 200), rel=0.02)
    assert float(W2.std()) == pytest.approx(math.sqrt(1 / 300), rel=0.02)
    assert not b1.any()
    assert not b2.any()


@pytest.mark.usefixtures("few_steps")
def test_it_learns_what_no_plane_divides():
    values, labels = pictures()
    schedule = replace(SCHEDULE, epochs=40, learning_rate=0.1)
    assert (
        float((fit(values, labels, schedule=schedule).probabilities(values).argmax(1) == labels).double().mean()) > 0.9
    )


@pytest.mark.usefixtures("few_steps")
def test_the_same_seed_gives_the_same_net_to_the_bit():
    values, labels = pictures()
    one, again, other = (fit(values, labels, seed=seed).parameters for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one, again, strict=True))
    assert not torch.equal(one.W1, other.W1)


@pytest.mark.usefixtures("few_steps")
def test_the_descent_is_that_of_autograd_on_the_same_batches():
    values, labels = pictures()
    values = values.double() / 255
    data = Standardized.of(values, labels, n_channels=1)
    net = fit(values, labels)
    # The same numbers are drawn again: first the weights, then the order of each round.
    generator = two_layer.seeds.torch_generator(0, "two-layer")
    first = start(6, 16, n_classes=2, generator=generator, dtype=torch.float64)
    arrays = [array.clone().requires_grad_() for array in first]
    W1, b1, W2, b2 = arrays
    moves = [torch.zeros_like(array) for array in arrays]
    n_steps = 40
    rates = iter([0.05 * (1 + math.cos(math.pi * step / n_steps)) / 2 for step in range(n_steps)])
    for _ in range(n_steps // 4):
        for x, y, _ in data.batches(25, generator=generator):
            logits = torch.relu(x @ W1.T + b1) @ W2.T + b2
            loss = torch.nn.functional.cross_entropy(logits, y) + 0.005 * (W1.square().sum() + W2.square().sum())
            rate = next(rates)
            for array, move, gradient in zip(arrays, moves, torch.autograd.grad(loss, arrays), strict=True):
                move.mul_(0.9).add_(gradient)
                array.data.sub_(rate * move)
    z = data.scale.applied(values)
    expected = torch.softmax(torch.relu(z @ W1.T + b1) @ W2.T + b2, 1).detach()
    assert torch.allclose(net.probabilities(values), expected, atol=1e-8)


def test_probabilities_are_the_softmax_of_the_net_of_pixels_over_255():
    parameters = start(6, 16, n_classes=2, generator=torch.Generator().manual_seed(0), dtype=torch.float32)
    values, _ = pictures(n=9)
    x = values.float() / 255
    expected = torch.softmax(torch.relu(x @ parameters.W1.T) @ parameters.W2.T, 1)
    assert torch.allclose(TwoLayerNet(parameters).probabilities(values), expected, atol=1e-6)
    assert torch.equal(TwoLayerNet(parameters).probabilities(values), TwoLayerNet(parameters).probabilities(x))


def test_no_class_is_impossible():
    parameters = TwoLayerParameters(torch.ones(1, 1), torch.zeros(1), torch.tensor([[0.0], [1e4]]), torch.zeros(2))
    assert float(TwoLayerNet(parameters).probabilities(torch.ones(1, 1))[0, 0]) == pytest.approx(LEAST_PROBABILITY)


@pytest.mark.usefixtures("few_steps")
def test_a_net_comes_back_from_its_state():
    net = fit(*pictures())
    back = TwoLayerNet.of_state(net.state())
    assert sorted(net.state()) == ["W1", "W2", "b1", "b2"]
    assert all(torch.equal(a, b) for a, b in zip(net.parameters, back.parameters, strict=True))
