"""Muon against singular value decompositions, brute-force steps, torch's Nesterov descent, and not having stopped."""

import copy
import itertools

import pytest
import torch
from torch import nn
from torch.optim import SGD

from linnet.training.muon import Muon, orthogonalized


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def parameters(*shapes):
    return [nn.Parameter(random(*shape, seed=i)) for i, shape in enumerate(shapes)]


def give_gradients(learned, *, seed):
    for i, parameter in enumerate(learned):
        parameter.grad = random(*parameter.shape, seed=1000 * seed + i)


# -- orthogonalization -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(24, 24), (16, 72), (72, 16), (1, 9), (40, 150)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_singular_values_come_near_one(shape, dtype, scale):
    # A random square matrix has nearly singular directions; an even spread over two decades is what is promised.
    U, _, V = torch.linalg.svd(random(*shape), full_matrices=False)
    matrix = U * torch.logspace(0, -2, min(shape)) @ V * scale
    values = torch.linalg.svdvals(orthogonalized(matrix[None], dtype=dtype)[0].float())
    assert float(values.min()) > 0.65
    assert float(values.max()) < 1.25


def test_singular_vectors_are_kept():
    U, _, V = torch.linalg.svd(random(12, 30), full_matrices=False)
    matrix = U * torch.linspace(1, 0.1, 12) @ V
    turned = U.T @ orthogonalized(matrix[None])[0] @ V.T  # diagonal, where U and V still are its singular vectors
    assert torch.allclose(turned, turned.diagonal().diag(), atol=1e-5)
    assert float(turned.diagonal().min()) > 0.65


def test_each_singular_value_goes_through_the_quintic():
    matrix = torch.diag(torch.tensor([3.0, 4.0]))  # norm 5
    expected = []
    for value in (0.6, 0.8):
        for _ in range(5):
            value = 3.4445 * value - 4.775 * value**3 + 2.0315 * value**5  # noqa: PLW2901
        expected.append(value)
    assert orthogonalized(matrix[None])[0].diagonal().tolist() == pytest.approx(expected, abs=1e-5)


def test_many_matrices_at_once_are_the_same_as_one_by_one():
    stacked = random(5, 7, 11)
    together = orthogonalized(stacked)
    for one, matrix in zip(together, stacked, strict=True):
        assert torch.allclose(one, orthogonalized(matrix[None])[0], atol=1e-5)


def test_zeros_stay_zeros():
    assert orthogonalized(torch.zeros(2, 3, 4)).abs().max() == 0


# -- steps -------------------------------------------------------------------------------------------------------


def brute_force(weights, gradients, *, rate, momentum, decay=0.0):
    """One matrix, one gradient after the other, each written out."""
    past = torch.zeros_like(gradients[0])
    for gradient in gradients:
        past = momentum * past + gradient
        matrix = (gradient + momentum * past).reshape(len(weights), -1)
        rows, columns = matrix.shape
        X = matrix / matrix.norm()
        for _ in range(5):
            A = X @ X.T
            X = 3.4445 * X + (-4.775 * A + 2.0315 * A @ A) @ X
        weights = weights - rate * decay * weights - rate * max(1, rows / columns) ** 0.5 * X.reshape(weights.shape)
    return weights


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (8, 3, 3, 3), (30, 2, 3, 3)])
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_steps_agree_with_brute_force(shape, decay):
    (weights,) = parameters(shape)
    gradients = [random(*shape, seed=10 + i) for i in range(4)]
    expected = brute_force(weights.detach().clone(), gradients, rate=0.1, momentum=0.8, decay=decay)
    optimizer = Muon([weights], learning_rate=0.1, momentum=0.8, weight_decay=decay)
    for gradient in gradients:
        weights.grad = gradient.clone()
        optimizer.step()
    assert torch.allclose(weights.detach(), expected, atol=2e-5)


def test_equal_shapes_are_moved_together_as_if_alone():
    together, alone = parameters((6, 4), (6, 4), (3, 8)), parameters((6, 4), (6, 4), (3, 8))
    optimizers = [Muon(together, learning_rate=0.1), *(Muon([one], learning_rate=0.1) for one in alone)]
    for learned in (together, alone):
        give_gradients(learned, seed=1)
    for optimizer in optimizers:
        optimizer.step()
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(together, alone, strict=True))


def test_biases_and_plain_groups_move_as_torchs_nesterov_does():
    ours, theirs = parameters((6, 4), (5,), (3, 2)), parameters((6, 4), (5,), (3, 2))
    muon = Muon(
        [{"params": ours[:2]}, {"params": ours[2:], "kind": "plain"}],
        learning_rate=0.5,
        plain_learning_rate=0.02,
        momentum=0.9,
    )
    sgd = SGD(theirs[1:], lr=0.02, momentum=0.9, nesterov=True)
    for seed in range(4):
        give_gradients(ours, seed=seed)
        give_gradients(theirs, seed=seed)
        muon.step()
        sgd.step()
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(ours[1:], theirs[1:], strict=True))


def test_groups_say_their_kind_and_a_plain_group_may_have_its_own_rate():
    weights, bias, head = parameters((6, 4), (4,), (3, 6))
    groups = [{"params": [weights, bias]}, {"params": head, "kind": "plain", "lr": 0.7}]
    found = Muon(groups, learning_rate=0.2, plain_learning_rate=0.01).param_groups
    assert [(group["kind"], group["lr"], len(group["params"])) for group in found] == [
        ("matrix", 0.2, 1),
        ("plain", 0.01, 1),
        ("plain", 0.7, 1),
    ]


def test_held_norms_are_the_root_of_the_rows_before_a_step():
    (weights,) = parameters((9, 4))
    optimizer = Muon([weights], learning_rate=1e-9, hold_norms=True)
    give_gradients([weights], seed=1)
    optimizer.step()
    assert float(weights.detach().norm()) == pytest.approx(3.0, abs=1e-5)


def test_memory_in_channels_last_changes_nothing():
    plain = nn.Parameter(random(8, 4, 3, 3))
    last = nn.Parameter(random(8, 4, 3, 3).contiguous(memory_format=torch.channels_last))
    for weights in (plain, last):
        optimizer = Muon([weights], learning_rate=0.1)
        for seed in range(3):
            weights.grad = torch.empty_like(weights).copy_(random(8, 4, 3, 3, seed=seed))
            optimizer.step()
    assert torch.allclose(plain, last, atol=1e-6)


def test_parameters_without_a_gradient_stay():
    still, moving = parameters((4, 4), (4, 4))
    before = still.detach().clone()
    moving.grad = random(4, 4, seed=5)
    Muon([still, moving], learning_rate=0.1).step()
    assert torch.equal(still, before)


def test_a_closure_is_called_with_gradients_on_and_its_loss_comes_back():
    (weights,) = parameters((4, 3))
    optimizer = Muon([weights], learning_rate=0.1)

    def closure():
        optimizer.zero_grad()
        loss = weights.square().sum()
        loss.backward()
        return float(loss.detach())

    losses = [optimizer.step(closure) for _ in range(5)]
    assert all(later < earlier for earlier, later in itertools.pairwise(losses))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_restored_state_goes_on_to_the_bit(dtype):
    def run(learned, seeds, *, state=None):
        optimizer = Muon(learned, learning_rate=0.1, weight_decay=0.1, dtype=dtype)
        if state is not None:
            optimizer.load_state_dict(state)
        for seed in seeds:
            give_gradients(learned, seed=seed)
            optimizer.step()
        return copy.deepcopy(optimizer.state_dict())

    shapes = ((6, 4), (6, 4), (8, 3, 3, 3), (5,))
    whole, parted = parameters(*shapes), parameters(*shapes)
    run(whole, range(6))
    state = run(parted, range(3))
    resumed = [nn.Parameter(parameter.detach().clone()) for parameter in parted]
    end = run(resumed, range(3, 6), state=state)
    assert all(torch.equal(a, b) for a, b in zip(whole, resumed, strict=True))
    assert all(list(entry) == ["momentum"] for entry in end["state"].values())
