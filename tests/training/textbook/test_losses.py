"""The losses against autograd in float64, against loops over images, and against the textbook's numbers."""

import math

import pytest
import torch
from torch.nn import functional

from linnet.training.textbook.losses import (
    TwoLayerParameters,
    cross_entropy,
    hinge,
    linear_svm_loss,
    softmax,
    softmax_regression_loss,
    two_layer_logits,
    two_layer_loss,
)

N, D, K, M = 23, 7, 5, 11


def random(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


@pytest.fixture
def problem():
    labels = torch.randint(0, K, (N,), generator=torch.Generator().manual_seed(1))
    weights = torch.rand(N, generator=torch.Generator().manual_seed(2), dtype=torch.float64) + 0.1
    return random(N, D), labels, weights / weights.mean()


def two_layer_parameters(*, scale=1.0, d=D, m=M, k=K):
    return TwoLayerParameters(
        scale * random(m, d, seed=3), scale * random(m, seed=4), scale * random(k, m, seed=5), scale * random(k, seed=6)
    )


# -- softmax -----------------------------------------------------------------------------------------------------


def test_softmax_of_2_4_6_is_the_textbooks():
    assert softmax(torch.tensor([[2.0, 4.0, 6.0]]))[0].tolist() == pytest.approx([0.0159, 0.1173, 0.8668], abs=5e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_softmax_of_logits_of_ten_thousand_is_finite(dtype):
    p = softmax(torch.tensor([[10_000.0, 9_999.0, -10_000.0], [-10_000.0, -10_000.0, -10_000.0]], dtype=dtype))
    assert p.dtype == dtype
    assert p[0].tolist() == pytest.approx([1 / (1 + math.exp(-1)), 1 / (1 + math.e), 0.0])
    assert p[1].tolist() == pytest.approx([1 / 3] * 3)


def test_softmax_agrees_with_torch_in_any_memory_layout():
    z = 5 * random(N, K)
    expected = torch.softmax(z, 1)
    assert torch.allclose(softmax(z), expected, rtol=0, atol=1e-15)
    assert torch.allclose(softmax(z.T.contiguous().T), expected, rtol=0, atol=1e-15)


def test_cross_entropy_of_logits_of_ten_thousand_is_finite():
    logits = torch.tensor([[10_000.0, 0.0], [10_000.0, 0.0]])
    loss, slopes = cross_entropy(logits, torch.tensor([0, 1]))
    assert float(loss) == 5000
    assert slopes.tolist() == [[0, 0], [0.5, -0.5]]


# -- losses of logits against autograd ----------------------------------------------------------------------------


def by_autograd(loss_of, *arrays):
    leaves = [array.clone().requires_grad_() for array in arrays]
    loss = loss_of(*leaves)
    loss.backward()
    return float(loss.detach()), [leaf.grad for leaf in leaves]


def weighted_cross_entropy(z, labels, weights):
    losses = functional.cross_entropy(z, labels, reduction="none")
    return (losses if weights is None else losses * weights).mean()


def weighted_hinge(z, labels, weights, width=0.0):
    t = 1 + z - z.gather(1, labels[:, None])
    keep = functional.one_hot(labels, z.shape[1]) == 0
    # Huber's loss of torch is quadratic up to delta with slope t, linear with slope delta: ours times the width.
    bent = (
        functional.huber_loss(t.clamp(min=0), torch.zeros_like(t), delta=width, reduction="none") / width
        if width
        else 0
    )
    losses = ((bent if width else t.clamp(min=0)) * keep).sum(1)
    return (losses if weights is None else losses * weights).mean()


@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_agrees_with_autograd(problem, weighted):
    _, labels, weights = problem
    weights = weights if weighted else None
    z = 3 * random(N, K)
    expected, (gradient,) = by_autograd(lambda leaf: weighted_cross_entropy(leaf, labels, weights), z)
    loss, slopes = cross_entropy(z, labels, weights=weights)
    assert float(loss) == pytest.approx(expected, abs=1e-12)
    assert torch.allclose(slopes, gradient, rtol=0, atol=1e-12)


@pytest.mark.parametrize("width", [0.0, 0.03, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_hinge_agrees_with_autograd(problem, width, weighted):
    _, labels, weights = problem
    weights = weights if weighted else None
    z = random(N, K)
    expected, (gradient,) = by_autograd(lambda leaf: weighted_hinge(leaf, labels, weights, width), z)
    loss, slopes = hinge(z, labels, weights=weights, width=width)
    assert float(loss) == pytest.approx(expected, abs=1e-12)
    assert torch.allclose(slopes, gradient, rtol=0, atol=1e-12)


@pytest.mark.parametrize("loss_of", [cross_entropy, hinge, lambda z, y: hinge(z, y, width=0.2)])
def test_losses_do_not_depend_on_memory_layout_and_leave_logits_alone(problem, loss_of):
    _, labels, _ = problem
    z = random(N, K)
    kept = z.clone()
    loss, slopes = loss_of(z, labels)
    other_loss, other_slopes = loss_of(z.T.contiguous().T, labels)
    assert float(loss) == pytest.approx(float(other_loss), abs=1e-14)
    assert torch.allclose(slopes, other_slopes, rtol=0, atol=1e-15)
    assert torch.equal(z, kept)


def test_the_rounded_hinge_lies_below_the_true_one_by_half_a_width_per_class_at_most(problem):
    _, labels, _ = problem
    z = random(N, K)
    true, (round_,) = float(hinge(z, labels)[0]), [float(hinge(z, labels, width=0.4)[0])]
    assert true - 0.2 * (K - 1) <= round_ <= true


def test_weights_that_count_images_twice_are_as_good_as_repeating_them(problem):
    _, labels, _ = problem
    z = random(N, K)
    counts = torch.arange(N) % 3
    repeated = torch.repeat_interleave(torch.arange(N), counts)
    weights = counts.double() * N / counts.sum()
    for loss_of in (cross_entropy, hinge):
        assert float(loss_of(z, labels, weights=weights)[0]) == pytest.approx(
            float(loss_of(z[repeated], labels[repeated])[0]), abs=1e-12
        )


# -- linear losses -----------------------------------------------------------------------------------------------


def naive_softmax_regression(W, b, values, labels, penalty):
    loss, dW, db = 0.0, torch.zeros_like(W), torch.zeros_like(b)
    for x, y in zip(values, labels.tolist(), strict=True):
        z = [float(W[j] @ x + b[j]) for j in range(len(b))]
        total = sum(math.exp(value) for value in z)
        loss -= math.log(math.exp(z[y]) / total)
        for j, value in enumerate(z):
            slope = math.exp(value) / total - (j == y)
            dW[j] += slope * x
            db[j] += slope
    n = len(labels)
    loss = loss / n + penalty / 2 * sum(float(w) ** 2 for w in W.flatten())
    return loss, dW / n + penalty * W, db / n


def naive_linear_svm(W, b, values, labels, penalty):
    loss, dW, db = 0.0, torch.zeros_like(W), torch.zeros_like(b)
    for x, y in zip(values, labels.tolist(), strict=True):
        z = [float(W[j] @ x + b[j]) for j in range(len(b))]
        for j, value in enumerate(z):
            if j != y and 1 + value - z[y] > 0:
                loss += 1 + value - z[y]
                dW[j] += x
                db[j] += 1
                dW[y] -= x
                db[y] -= 1
    n = len(labels)
    return loss / n + penalty / 2 * float((W * W).sum()), dW / n + penalty * W, db / n


@pytest.mark.parametrize(
    ("loss_of", "naive"),
    [(softmax_regression_loss, naive_softmax_regression), (linear_svm_loss, naive_linear_svm)],
    ids=["softmax", "svm"],
)
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_linear_losses_agree_with_loops_over_images_and_classes(problem, loss_of, naive, penalty):
    values, labels, _ = problem
    W, b = random(K, D, seed=7), random(K, seed=8)
    expected = naive(W, b, values, labels, penalty)
    found = loss_of(W, b, values=values, labels=labels, penalty=penalty)
    for a, e in zip(found, expected, strict=True):
        assert torch.allclose(a, torch.as_tensor(e, dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("loss_of", "reference"),
    [(softmax_regression_loss, weighted_cross_entropy), (linear_svm_loss, weighted_hinge)],
    ids=["softmax", "svm"],
)
@pytest.mark.parametrize("weighted", [False, True])
def test_linear_losses_agree_with_autograd(problem, loss_of, reference, weighted):
    values, labels, weights = problem
    weights = weights if weighted else None
    W, b = random(K, D, seed=7), random(K, seed=8)
    expected, gradients = by_autograd(
        lambda W, b: reference(values @ W.T + b, labels, weights) + 0.15 * W.square().sum(), W, b
    )
    loss, *found = loss_of(W, b, values=values, labels=labels, penalty=0.3, weights=weights)
    assert float(loss) == pytest.approx(expected, abs=1e-8)
    for a, e in zip(found, gradients, strict=True):
        assert torch.allclose(a, e, rtol=0, atol=1e-8)


@pytest.mark.parametrize("k", [2, 10, 100])
def test_with_tiny_random_weights_losses_start_near_ln_k_and_k_minus_1(k):
    values = random(200, 12)
    labels = torch.arange(200) % k
    W, b = 1e-4 * random(k, 12, seed=1), torch.zeros(k, dtype=torch.float64)
    softmax_start = softmax_regression_loss(W, b, values=values, labels=labels)[0]
    svm_start = linear_svm_loss(W, b, values=values, labels=labels)[0]
    net_start = two_layer_loss(two_layer_parameters(scale=1e-3, d=12, k=k), values, labels=labels)[0]
    assert float(softmax_start) == pytest.approx(math.log(k), abs=1e-3)
    assert float(svm_start) == pytest.approx(k - 1, abs=1e-3 * k)
    assert float(net_start) == pytest.approx(math.log(k), abs=1e-2)


@pytest.mark.parametrize("loss_of", [softmax_regression_loss, linear_svm_loss])
def test_gradients_keep_the_type_of_their_arrays(problem, loss_of):
    values, labels, _ = problem
    W, b = random(K, D).float(), torch.zeros(K)
    loss, dW, db = loss_of(W, b, values=values.float(), labels=labels, penalty=0.1)
    assert (loss.dtype, dW.dtype, db.dtype) == (torch.float64, torch.float32, torch.float32)


# -- the two-layer net -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
def test_the_two_layer_loss_agrees_with_autograd(problem, weighted):
    values, labels, weights = problem
    weights = weights if weighted else None
    parameters = two_layer_parameters()

    def reference(W1, b1, W2, b2):
        z = torch.relu(values @ W1.T + b1) @ W2.T + b2
        return weighted_cross_entropy(z, labels, weights) + 0.05 * (W1.square().sum() + W2.square().sum())

    expected, gradients = by_autograd(reference, *parameters)
    loss, found = two_layer_loss(parameters, values, labels=labels, penalty=0.1, weights=weights)
    assert float(loss) == pytest.approx(expected, abs=1e-8)
    for a, e in zip(found, gradients, strict=True):
        assert torch.allclose(a, e, rtol=0, atol=1e-8)


def test_the_two_layer_loss_agrees_with_a_loop_over_images_and_units(problem):
    values, labels, _ = problem
    W1, b1, W2, b2 = parameters = two_layer_parameters()
    loss, gradients = 0.0, [torch.zeros_like(array) for array in parameters]
    for x, y in zip(values, labels.tolist(), strict=True):
        h = torch.stack([max(torch.zeros(()).double(), W1[u] @ x + b1[u]) for u in range(M)])
        p = torch.exp(W2 @ h + b2)
        p = p / p.sum()
        loss -= math.log(p[y]) / N
        for j in range(K):
            slope = (float(p[j]) - (j == y)) / N
            gradients[3][j] += slope
            for u in range(M):
                gradients[2][j, u] += slope * h[u]
                if h[u] > 0:
                    gradients[0][u] += slope * W2[j, u] * x
                    gradients[1][u] += slope * W2[j, u]
    found_loss, found = two_layer_loss(parameters, values, labels=labels)
    assert float(found_loss) == pytest.approx(loss, abs=1e-12)
    for a, e in zip(found, gradients, strict=True):
        assert torch.allclose(a, e, rtol=0, atol=1e-12)


def test_the_two_layer_loss_changes_none_of_its_arrays(problem):
    values, labels, _ = problem
    parameters = two_layer_parameters()
    kept = [array.clone() for array in (*parameters, values)]
    two_layer_loss(parameters, values, labels=labels, penalty=0.1)
    assert all(torch.equal(a, b) for a, b in zip((*parameters, values), kept, strict=True))


def test_bfloat16_features_give_float32_logits_and_gradients_near_the_exact_ones(problem):
    values, labels, _ = problem
    parameters = TwoLayerParameters(*(array.float() for array in two_layer_parameters()))
    exact_logits = two_layer_logits(parameters, values.float())[1]
    rounded_logits = two_layer_logits(parameters, values.bfloat16())[1]
    assert rounded_logits.dtype == torch.float32
    assert 0 < float((rounded_logits - exact_logits).abs().max()) < 0.05 * float(exact_logits.abs().max())
    exact, rounded = (
        two_layer_loss(parameters, values.to(dtype), labels=labels)[1] for dtype in (torch.float32, torch.bfloat16)
    )
    for a, b in zip(exact, rounded, strict=True):
        assert b.dtype == torch.float32
        assert float((a - b).norm()) < 0.05 * float(a.norm())
