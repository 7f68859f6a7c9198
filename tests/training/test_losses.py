import math

import pytest
import torch

from linnet.training.losses import (
    TwoLayerParameters,
    cross_entropy,
    hinge,
    linear_svm_loss,
    softmax,
    softmax_regression_loss,
    two_layer_loss,
)


def case(seed=0, n=7, k=4, d=5):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(n, d, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, k, (n,), generator=generator)
    W = torch.randn(k, d, generator=generator, dtype=torch.float64)
    b = torch.randn(k, generator=generator, dtype=torch.float64)
    weights = torch.rand(n, generator=generator, dtype=torch.float64) + 0.1
    return values, labels, W, b, weights * n / weights.sum()


# Naive loops over pictures and classes: the textbook definitions.


def cross_entropy_by_loop(logits, labels, weights):
    total = 0.0
    for z, y, w in zip(logits.tolist(), labels.tolist(), weights.tolist(), strict=True):
        total += w * (math.log(sum(math.exp(v) for v in z)) - z[y])
    return total / len(labels)


def hinge_by_loop(logits, labels, weights):
    total = 0.0
    for z, y, w in zip(logits.tolist(), labels.tolist(), weights.tolist(), strict=True):
        total += w * sum(max(0.0, z[j] - z[y] + 1) for j in range(len(z)) if j != y)
    return total / len(labels)


def two_layer_by_loop(parameters, values, labels):
    W1, b1, W2, b2 = (array.tolist() for array in parameters)
    rows = []
    for x in values.tolist():
        hidden = [max(0.0, sum(w * v for w, v in zip(row, x, strict=True)) + b) for row, b in zip(W1, b1, strict=True)]
        rows.append([sum(w * h for w, h in zip(row, hidden, strict=True)) + b for row, b in zip(W2, b2, strict=True)])
    return cross_entropy_by_loop(torch.tensor(rows, dtype=torch.float64), labels, torch.ones(len(labels)))


def test_softmax_of_two_four_six():
    expected = [0.0159, 0.1173, 0.8668]
    assert [round(p, 4) for p in softmax(torch.tensor([[2.0, 4.0, 6.0]]))[0].tolist()] == expected
    assert [round(p, 4) for p in softmax(torch.tensor([[10002.0, 10004.0, 10006.0]]))[0].tolist()] == expected


def test_logits_of_ten_thousand_are_no_problem():
    logits = torch.tensor([[10_000.0, 0.0, -10_000.0]])
    loss, slopes = cross_entropy(logits.clone(), torch.tensor([1]))
    assert float(loss) == pytest.approx(10_000)
    assert torch.isfinite(slopes).all()
    assert softmax(logits).tolist() == [[1.0, 0.0, 0.0]]


@pytest.mark.parametrize("seed", range(4))
def test_losses_are_the_naive_loops(seed):
    values, labels, W, b, weights = case(seed)
    logits = values @ W.T + b
    ours = softmax_regression_loss(W, b, values=values, labels=labels, weights=weights)[0]
    assert float(ours) == pytest.approx(cross_entropy_by_loop(logits, labels, weights), abs=1e-10)
    ours = linear_svm_loss(W, b, values=values, labels=labels, weights=weights)[0]
    assert float(ours) == pytest.approx(hinge_by_loop(logits, labels, weights), abs=1e-10)


@pytest.mark.parametrize("loss", [softmax_regression_loss, linear_svm_loss])
@pytest.mark.parametrize("penalty", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
def test_linear_gradients_are_those_of_automatic_differentiation(loss, penalty, weighted):
    values, labels, W, b, weights = case(3)
    chosen = weights if weighted else None
    value, by_W, by_b = loss(W, b, values=values, labels=labels, penalty=penalty, weights=chosen)
    W_, b_ = W.clone().requires_grad_(), b.clone().requires_grad_()
    logits = values @ W_.T + b_
    shares = (weights if weighted else torch.ones(len(labels), dtype=torch.float64)) / len(labels)
    if loss is softmax_regression_loss:
        each = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    else:
        margins = (logits - logits.gather(1, labels[:, None]) + 1).clamp(min=0)
        each = margins.sum(1) - 1  # the true class adds 1 to itself
    reference = (each * shares).sum() + penalty / 2 * W_.square().sum()
    reference.backward()
    assert float(value) == pytest.approx(reference.item(), abs=1e-10)
    assert torch.allclose(by_W, W_.grad, atol=1e-8, rtol=0)
    assert torch.allclose(by_b, b_.grad, atol=1e-8, rtol=0)


@pytest.mark.parametrize("penalty", [0.0, 0.2])
def test_two_layer_gradients_are_those_of_automatic_differentiation(penalty):
    values, labels, _, _, weights = case(5, n=9, k=3, d=6)
    generator = torch.Generator().manual_seed(1)
    shapes = ((8, 6), (8,), (3, 8), (3,))
    arrays = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    value, gradients = two_layer_loss(
        TwoLayerParameters(*arrays), values, labels=labels, penalty=penalty, weights=weights
    )
    W1, b1, W2, b2 = (array.clone().requires_grad_() for array in arrays)
    logits = (values @ W1.T + b1).clamp(min=0) @ W2.T + b2
    each = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
    reference = (each * weights / len(labels)).sum() + penalty / 2 * (W1.square().sum() + W2.square().sum())
    reference.backward()
    assert float(value) == pytest.approx(reference.item(), abs=1e-10)
    for ours, theirs in zip(gradients, (W1, b1, W2, b2), strict=True):
        assert torch.allclose(ours, theirs.grad, atol=1e-8, rtol=0)


def test_two_layer_loss_is_the_naive_loop():
    values, labels, _, _, _ = case(6, k=3)
    generator = torch.Generator().manual_seed(2)
    arrays = [torch.randn(s, generator=generator, dtype=torch.float64) for s in ((4, 5), (4,), (3, 4), (3,))]
    parameters = TwoLayerParameters(*arrays)
    value, _ = two_layer_loss(parameters, values, labels=labels)
    assert float(value) == pytest.approx(two_layer_by_loop(parameters, values, labels), abs=1e-10)


@pytest.mark.parametrize("k", [2, 10, 100])
def test_with_tiny_weights_losses_start_near_ln_k_and_k_less_one(k):
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(50, 30, generator=generator, dtype=torch.float64)
    labels = torch.randint(0, k, (50,), generator=generator)
    W, b = 1e-4 * torch.randn(k, 30, generator=generator, dtype=torch.float64), torch.zeros(k, dtype=torch.float64)
    assert float(softmax_regression_loss(W, b, values=values, labels=labels)[0]) == pytest.approx(math.log(k), abs=0.01)
    assert float(linear_svm_loss(W, b, values=values, labels=labels)[0]) == pytest.approx(k - 1, rel=0.01)


def test_a_rounded_hinge_is_at_most_half_its_width_below_per_class():
    values, labels, W, b, _ = case(8, n=40)
    logits = values @ W.T + b
    sharp = float(hinge(logits.clone(), labels)[0])
    for width in (0.5, 0.1, 0.01):
        rounded = float(hinge(logits.clone(), labels, width=width)[0])
        assert sharp - 3 * width / 2 <= rounded <= sharp


def test_a_rounded_hinge_has_the_gradient_of_its_own_loss():
    values, labels, W, b, _ = case(9, n=20)
    logits = (values @ W.T + b).requires_grad_()
    t = (logits - logits.gather(1, labels[:, None]) + 1).clamp(min=0)
    t = t.scatter(1, labels[:, None], 0.0)
    width = 0.4
    reference = torch.where(t < width, t.square() / (2 * width), t - width / 2).sum() / len(labels)
    reference.backward()
    loss, slopes = hinge(logits.detach().clone(), labels, width=width)
    assert float(loss) == pytest.approx(reference.item(), abs=1e-10)
    assert torch.allclose(slopes, logits.grad, atol=1e-10)
