"""How activations and gradients fare through the layers of a network in one batch, and what to try where badly."""

import math
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from linnet.records.health import LayerHealth
from linnet.words import count

VANISHED = 1e-5
"""A gradient this many times smaller than the last layer's has vanished."""

EXPLODED = 1e3
"""A gradient norm above this has exploded."""

DRIFTED = 2.0
"""What a batch normalization gives while predicting is another thing than while learning, from this drift on."""

_MOSTLY = 0.5


@dataclass(kw_only=True)
class _Watch:
    """What hooks saw, by layer in the order of first use."""

    outputs: dict[str, tuple[float, float, float | None]] = field(default_factory=dict)
    gradients: dict[str, float] = field(default_factory=dict)
    drifts: dict[str, float] = field(default_factory=dict)


def measure_health(network: nn.Module, backward: Callable[[], None]) -> list[LayerHealth]:
    """Watch convolutions, fully connected layers, batch normalizations and ReLUs through one batch.

    The hooks are gone afterwards, also after an error. Activations that are functions, not modules, are not seen; of a
    layer that is used more than once, the last use counts.

    Args:
        network: In the mode it should be measured in.
        backward: Makes one forward and one backward pass from gradients that are None or zero, and may make the
            optimizer's step too: then the change of the weights is measured, and the network has moved by that step.

    Returns:
        One entry per layer that was used, in the order of first use.
    """
    watch = _Watch()
    layers = {name: module for name, module in network.named_modules() if _is_weighted(module)}
    rectifiers = {name: module for name, module in network.named_modules() if isinstance(module, nn.ReLU)}
    norms = {name: module for name, module in network.named_modules() if isinstance(module, _BatchNorm)}
    before = {name: _weight(module).detach().clone() for name, module in layers.items()}
    with ExitStack() as hooks:
        for name, module in norms.items():
            hooks.callback(module.register_forward_pre_hook(_comparing(watch, name)).remove)
        for name, module in (layers | rectifiers | norms).items():
            hook = module.register_forward_hook(_seeing(watch, name, is_rectifier=name in rectifiers))
            hooks.callback(hook.remove)
        for name, module in layers.items():
            if _weight(module).requires_grad:
                hook = _weight(module).register_post_accumulate_grad_hook(_feeling(watch, name))  # type: ignore[no-untyped-call]
                hooks.callback(hook.remove)
        backward()
    return [
        LayerHealth(
            name=name,
            mean=mean,
            std=std,
            dead_share=dead,
            gradient_norm=watch.gradients.get(name),
            update_ratio=_change(before[name], _weight(layers[name]).detach()) if name in layers else None,
            drift=watch.drifts.get(name),
        )
        for name, (mean, std, dead) in watch.outputs.items()
    ]


def diagnose(layers: Sequence[LayerHealth], *, is_over: bool = False) -> dict[str, str]:
    """Say what is wrong and what to try, a sentence for each kind of trouble; nothing where nothing is.

    Args:
        layers: As `measure_health` returned them.
        is_over: Whether training is; running statistics have to be right only then, and cannot be after a few steps.

    Returns:
        Sentences by "exploding", "vanishing", "dead" and "drifting"; each names the first layer and counts the others.
    """
    found = {}
    felt = [(layer.name, layer.gradient_norm) for layer in layers if layer.gradient_norm is not None]
    burst = [f"{name} ({norm:.3g})" for name, norm in felt if not math.isfinite(norm) or norm > EXPLODED]
    if burst:
        found["exploding"] = (
            f"Gradients explode in {_some(burst)}; try a smaller learning rate, a longer warm-up, gradient clipping, "
            f"or normalization layers."
        )
    elif len(felt) > 1 and felt[0][1] < VANISHED * felt[-1][1]:
        faint = [f"{name} ({norm:.3g})" for name, norm in felt if norm < VANISHED * felt[-1][1]]
        last, large = felt[-1]
        found["vanishing"] = (
            f"Gradients vanish on the way back in {_some(faint)}, against {large:.3g} in {last}; try "
            f"normalization layers, shortcuts around layers, ReLU for Tanh or sigmoid, or kaiming as first weights."
        )
    dead = [
        f"{layer.name} ({100 * layer.dead_share:.0f} %)"
        for layer in layers
        if layer.dead_share is not None and layer.dead_share > _MOSTLY
    ]
    if dead:
        found["dead"] = (
            f"Most units are dead, zero for every image of the batch, in {_some(dead)}; try a smaller learning rate, "
            f"normalization layers before the ReLU, or kaiming as first weights."
        )
    drifting = [
        f"{layer.name} ({layer.drift:.3g} standard deviations)" for layer in layers if (layer.drift or 0) > DRIFTED
    ]
    if is_over and drifting:
        found["drifting"] = (
            f"Running statistics, which predictions use, are far from a batch's own in {_some(drifting)}; try more "
            f"epochs, a schedule that ends at a low rate, or larger batches."
        )
    return found


def _seeing(watch: _Watch, name: str, *, is_rectifier: bool) -> Callable[[nn.Module, object, Tensor], None]:
    def see(module: nn.Module, inputs: object, output: Tensor) -> None:
        # Now, not later: a ReLU that works in place is about to write over what its layer made.
        values = output.detach().float()
        dead = None
        if is_rectifier:
            units = values.flatten(2).amax((0, 2)) if values.ndim > 3 else values.flatten(0, -2).amax(0)
            dead = float((units <= 0).float().mean())
        watch.outputs[name] = float(values.mean()), float(values.std(correction=0)), dead

    return see


def _comparing(watch: _Watch, name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    def compare(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        # Before the layer runs, since that moves its running statistics towards this batch's.
        if not isinstance(norm, _BatchNorm) or not norm.training:
            return  # a frozen one learns with what it predicts with
        if norm.running_mean is not None and norm.running_var is not None:
            values = inputs[0].detach().float()
            variance, mean = torch.var_mean(values, dim=[0, *range(2, values.ndim)], correction=0)
            learning, predicting = (variance + norm.eps).rsqrt(), (norm.running_var + norm.eps).rsqrt()
            squared = variance * (predicting - learning) ** 2 + ((mean - norm.running_mean) * predicting) ** 2
            watch.drifts[name] = float(squared.max().sqrt())

    return compare


def _feeling(watch: _Watch, name: str) -> Callable[[Tensor], None]:
    def feel(weight: Tensor) -> None:
        if weight.grad is not None:  # read at once: a step may follow that sets it to None
            watch.gradients[name] = float(weight.grad.float().norm())

    return feel


def _is_weighted(module: nn.Module) -> bool:
    return isinstance(module, nn.Linear | _ConvNd)


def _weight(module: nn.Module) -> Tensor:
    return cast(Tensor, module.weight)  # what `_is_weighted` let through has one


def _change(before: Tensor, after: Tensor) -> float | None:
    change = float((after.float() - before.float()).norm())
    return change / max(float(before.float().norm()), torch.finfo(torch.float32).tiny) if change else None


def _some(names: Sequence[str]) -> str:
    """Name the first and count the others."""
    n_others = len(names) - 1
    return names[0] + (f" and {count(n_others, 'more layer')}" if n_others else "")
