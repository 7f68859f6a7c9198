"""The gradient of a class's logit with respect to the pixels."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Differentiable
from linnet.explainers.base import Explainer, differentiable
from linnet.explainers.slopes import logits_of, strongest


@dataclass(kw_only=True)
class Gradient(Explainer):
    """Say how much a class gains when a pixel gets a little brighter.

    Of each pixel's channels the one with the largest slope counts, and keeps its sign: without the signs it is the
    map of the paper.

    Source:
        Simonyan, Vedaldi and Zisserman 2014, "Deep Inside Convolutional Networks", section 3.1.
    """

    about: ClassVar[str] = "how much the class gains when a pixel gets a little brighter"
    requires: ClassVar[type | None] = Differentiable

    def _explain(
        self, classifier: Classifier, images: Tensor, targets: Tensor, *, generator: torch.Generator
    ) -> Tensor:
        from captum.attr import Saliency

        slopes: Tensor = Saliency(logits_of(differentiable(classifier))).attribute(
            images.requires_grad_(), target=targets, abs=False
        )
        return strongest(slopes)
