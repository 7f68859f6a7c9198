"""The gradient that a net passes back where each ReLU lets only positive parts through."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Layered
from linnet.errors import UnsupportedError
from linnet.explainers.base import Explainer, layered
from linnet.explainers.slopes import strongest, target_logits


@dataclass(kw_only=True)
class GuidedBackprop(Explainer):
    """Pass the gradient back, but drop what is negative at each ReLU: crisp edges, which hang little on the class.

    Only `nn.ReLU` layers are changed. Other activations (GELU, SiLU, tanh) and a ReLU that is called as a function pass
    the plain gradient on, and a net that has no ReLU layer at all is refused: its map would be the gradient under
    another name.

    Source:
        Springenberg et al. 2015, "Striving for Simplicity: The All Convolutional Net", section 3.4.
    """

    about: ClassVar[str] = "the gradient without what is negative at any ReLU; shows edges, hardly the class"
    requires: ClassVar[type | None] = Layered

    def _explain(
        self, classifier: Classifier, images: Tensor, targets: Tensor, *, generator: torch.Generator
    ) -> Tensor:
        network = layered(classifier).network()
        rectifiers = [layer for layer in network.modules() if isinstance(layer, nn.ReLU)]
        if not rectifiers:
            raise UnsupportedError(
                f"guided-backprop changes the gradient at ReLU layers, and {classifier.name()} as it was built has "
                "none; gradient and smoothgrad explain it."
            )
        # captum's hooks sit on the tensor that comes into a ReLU: where a shortcut takes the same tensor past it, they
        # would clip what comes back through the shortcut, too. Here the ReLU is exchanged for one that is guided.
        hooks = [layer.register_forward_hook(_guided) for layer in rectifiers]
        try:
            total = target_logits(network(images.requires_grad_()), targets).sum() + 0 * images.sum()
            (slopes,) = torch.autograd.grad(total, images)
        finally:
            for hook in hooks:
                hook.remove()
        return strongest(slopes)


class _GuidedReLU(torch.autograd.Function):
    """Give max(x, 0), and let back what is positive where x was: two masks, the ReLU's own and the guiding one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x > 0)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Tensor:
        (passes,) = ctx.saved_tensors
        guided: Tensor = slopes[0].clamp(min=0) * passes
        return guided


def _guided(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Any:
    return _GuidedReLU.apply(inputs[0])
