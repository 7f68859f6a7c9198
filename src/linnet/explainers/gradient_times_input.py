"""The gradient times what the picture adds to a baseline: a first-order account of where a logit comes from."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Differentiable
from linnet.explainers.base import Explainer, differentiable
from linnet.explainers.baselines import Baseline, baseline_of, check_baseline
from linnet.explainers.slopes import logits_of


@dataclass(kw_only=True)
class GradientTimesInput(Explainer):
    """Sum (x - b) df/dx over the channels: on a linear rung exactly what each pixel adds to the logit.

    Pixels are those of [0, 1], whatever a network makes of them inside: the baseline b is a picture, and not the zero
    behind a normalization.

    Args:
        baseline: "black", "mean" (each picture's mean color) or "blurred". What equals it has no relevance, so that
            with "black" nothing dark can be found.

    Source:
        Shrikumar et al. 2016, "Not Just a Black Box", section 3.
    """

    about: ClassVar[str] = "gradient times the picture: what each pixel adds, exact for linear rungs"
    requires: ClassVar[type | None] = Differentiable

    baseline: Baseline = "black"

    def __post_init__(self) -> None:
        """Refuse a baseline that is none."""
        check_baseline(self.baseline, "gradient-times-input.baseline")

    def _explain(
        self, classifier: Classifier, images: Tensor, targets: Tensor, *, generator: torch.Generator
    ) -> Tensor:
        from captum.attr import InputXGradient

        logits, nothing = logits_of(differentiable(classifier)), baseline_of(images, self.baseline)

        def of_difference(difference: Tensor) -> Tensor:
            return logits(nothing + difference)

        products: Tensor = InputXGradient(of_difference).attribute((images - nothing).requires_grad_(), target=targets)
        return products.sum(1)
