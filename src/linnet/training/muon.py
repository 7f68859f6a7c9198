"""Muon: momentum whose step is made orthogonal, for the weights of hidden layers; plain descent for all others."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal

import torch
from torch import Tensor
from torch.optim import Optimizer

_A, _B, _C = 3.4445, -4.7750, 2.0315
"""Jordan's quintic: steep at 0, so that small singular values grow 3.4 times per step, and it swings about 1 between
0.7 and 1.2 where it could have converged: a step wants its directions to count alike, not exactly so."""

_TINY = torch.finfo(torch.float32).tiny


def orthogonalized(matrices: Tensor, *, n_steps: int = 5, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return matrices with the same singular vectors, and singular values of about 1.

    For X = U S V^T, the step X <- a X + b (X X^T) X + c (X X^T)^2 X keeps U and V and turns each singular value s into
    a s + b s^3 + c s^5. Divided by its Frobenius norm first, X has all of them in 0 .. 1, where the quintic stays near
    1 once it is there. Only products of matrices are made, which bfloat16 is precise enough for.

    Args:
        matrices: (m, rows, columns) float, any scale; zeros stay zeros.
        n_steps: Five bring singular values above about 0.003 of the norm to 0.7 .. 1.2.
        dtype: Of the products.

    Returns:
        (m, rows, columns) of `dtype`.

    Source:
        Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks".
    """
    is_tall = matrices.shape[1] > matrices.shape[2]
    X = matrices.mT if is_tall else matrices  # X X^T is the smaller one of the two products
    X = (X / X.norm(dim=(1, 2), keepdim=True).clamp(min=_TINY)).to(dtype)
    for _ in range(n_steps):
        square = X @ X.mT
        X = torch.baddbmm(X, torch.baddbmm(square, square, square, beta=_B, alpha=_C), X, beta=_A)
    return X.mT if is_tall else X


class Muon(Optimizer):
    """Step along the orthogonalized Nesterov momentum.

    Each gradient G goes into M <- momentum M + G; the step is W <- W - rate sqrt(max(1, rows / columns)) O with
    O = orthogonalized(G + momentum M). Convolution weights count as matrices of one row per output channel. Parameters
    with fewer than two dimensions, and groups that say `"kind": "plain"`, move by Nesterov momentum without it. Weight
    decay is decoupled: W shrinks by rate times decay before the step.

    Args:
        parameters: Tensors or groups; a group may set `kind` ("matrix" or "plain"), `lr`, `momentum`,
            `weight_decay` and `hold_norms`.
        learning_rate: Of matrices, in units of their own size: a step of 1 moves by singular values of about 1.
        plain_learning_rate: Of all others; None takes `learning_rate`.
        momentum: Share of the past that is kept.
        weight_decay: At least 0.
        dtype: Of the products of matrices. bfloat16 where the machine has matrix units for it; the momentum itself
            always has the type of the parameters.
        hold_norms: Whether each matrix is scaled to a Frobenius norm of sqrt(rows) before its step, which decides what
            share of it a step changes; harmless where a norm layer follows, which takes any scale out again.

    Source:
        Jordan et al. 2024.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor] | Iterable[dict[str, Any]],
        *,
        learning_rate: float,
        plain_learning_rate: float | None = None,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        dtype: torch.dtype = torch.float32,
        hold_norms: bool = False,
    ) -> None:
        self._dtype = dtype  # not in the groups: a checkpoint of one machine goes on in the products of another
        others = learning_rate if plain_learning_rate is None else plain_learning_rate
        given: list[Any] = list(parameters)
        groups = given if given and isinstance(given[0], dict) else [{"params": given}]
        defaults = {"lr": learning_rate, "momentum": momentum, "weight_decay": weight_decay, "kind": "matrix"}
        defaults["hold_norms"] = hold_norms
        super().__init__([part for group in groups for part in _by_kind(group, others)], defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Make one step with the gradients at hand; parameters without one stay.

        Args:
            closure: Computes loss and gradients first, where given.

        Returns:
            What the closure returned.
        """
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            moving = [parameter for parameter in group["params"] if parameter.grad is not None]
            if not moving:
                continue
            steps = self._nesterov(moving, group["momentum"])
            if group["weight_decay"]:
                torch._foreach_mul_(moving, 1 - group["lr"] * group["weight_decay"])
            if group["kind"] == "matrix":
                if group["hold_norms"]:
                    for parameter in moving:
                        parameter.mul_(len(parameter) ** 0.5 / parameter.norm().clamp(min=_TINY))
                self._move_matrices(moving, steps, rate=group["lr"])
            else:
                torch._foreach_add_(moving, steps, alpha=-group["lr"])
        return loss

    def _nesterov(self, parameters: list[Tensor], momentum: float) -> list[Tensor]:
        """Add the gradients to the momenta, and return gradient plus what the momentum will be worth next time."""
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        for parameter in parameters:
            if "momentum" not in self.state[parameter]:
                self.state[parameter]["momentum"] = torch.zeros_like(parameter)
        momenta = [self.state[parameter]["momentum"] for parameter in parameters]
        torch._foreach_mul_(momenta, momentum)
        torch._foreach_add_(momenta, gradients)
        return list(torch._foreach_add(gradients, momenta, alpha=momentum))

    def _move_matrices(self, parameters: list[Tensor], steps: list[Tensor], *, rate: float) -> None:
        """Orthogonalize steps of equal shape together: never slower than one by one, much faster for small ones."""
        alike: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for i, step in enumerate(steps):
            alike[len(step), step[0].numel()].append(i)
        for (rows, columns), chosen in alike.items():
            stacked = torch.stack([steps[i].reshape(rows, columns) for i in chosen])
            size = rate * max(1.0, rows / columns) ** 0.5
            for i, direction in zip(chosen, orthogonalized(stacked, dtype=self._dtype), strict=True):
                parameter = parameters[i]
                parameter.add_(direction.reshape(parameter.shape).to(parameter.dtype), alpha=-size)


def _by_kind(group: dict[str, Any], plain_learning_rate: float) -> Iterator[dict[str, Any]]:
    """Part a group into matrices and the rest, which take another learning rate unless the group has its own."""
    parameters = group["params"]
    parameters = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    is_plain = [group.get("kind") == "plain" or parameter.ndim < 2 for parameter in parameters]
    kinds: tuple[Literal["matrix", "plain"], ...] = ("matrix", "plain")
    for kind in kinds:
        chosen = [p for p, plain in zip(parameters, is_plain, strict=True) if plain == (kind == "plain")]
        rate = {"lr": plain_learning_rate} if kind == "plain" else {}
        if chosen:
            yield rate | group | {"params": chosen, "kind": kind}
