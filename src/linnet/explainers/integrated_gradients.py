"""Gradients added up on the way from a picture that says nothing: where a logit comes from, with nothing left over."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet.classifiers.base import Classifier, Images
from linnet.classifiers.capabilities import Differentiable
from linnet.errors import ConfigError
from linnet.explainers.base import Explainer, Targets, differentiable, kept, pixels_of, targets_of
from linnet.explainers.baselines import Baseline, baseline_of, check_baseline
from linnet.explainers.slopes import images_at_once, logits_of, target_logits

_ROUNDING = 1e-4
"""In logits: differences this small are float32's."""


@dataclass(kw_only=True)
class IntegratedGradients(Explainer):
    """Integrate (x - b) df/dx along the straight way from a baseline b to the picture x.

    The map is complete: it sums to f(x) - f(b). The integral is a sum over steps, and a net with bends wants many: they
    are doubled for each picture by itself until its sum is within the tolerance; `gaps` says how near it came.

    Args:
        baseline: "black", "mean" (each picture's mean color) or "blurred". What equals it has no relevance, so that
            with "black" nothing dark can be found.
        n_steps: To begin with, at least 2.
        max_steps: Where doubling ends, at least `n_steps`.
        tolerance: How far the sum may be from f(x) - f(b), as a share of it, above 0.

    Source:
        Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks", equations 1 and 3.
    """

    about: ClassVar[str] = "gradients added up from a baseline on: sums to the difference of the logits"
    requires: ClassVar[type | None] = Differentiable
    chunk: ClassVar[int] = 16

    baseline: Baseline = "black"
    n_steps: int = 32
    max_steps: int = 1024
    tolerance: float = 0.01

    def __post_init__(self) -> None:
        """Refuse settings out of their range."""
        check_baseline(self.baseline, "integrated-gradients.baseline")
        if not 2 <= self.n_steps <= self.max_steps:
            raise ConfigError(
                "integrated-gradients wants at least 2 steps, and max_steps no smaller; "
                f"n_steps is {self.n_steps}, max_steps {self.max_steps}."
            )
        if not 0 < self.tolerance < 1:
            raise ConfigError(f"integrated-gradients.tolerance should lie between 0 and 1; it is {self.tolerance}.")

    def gaps(
        self, classifier: Classifier, images: Images, targets: Targets, *, maps: npt.NDArray[Any]
    ) -> npt.NDArray[np.float64]:
        """Say how far maps are from complete.

        Args:
            classifier: The one that was explained.
            images: (n, c, h, w) uint8, or float32 in [0, 1].
            targets: (n,) int, the classes that were explained.
            maps: (n, h, w) float, what `explain` returned.

        Returns:
            (n,) float64, at least 0: |sum of the map - (f(x) - f(b))| / |f(x) - f(b)|; 0 where both are nothing but
            rounding.
        """
        classifier.predict(images[:0])  # refuses what is not fitted, and pictures of another shape
        pixels = pixels_of(images)
        wanted = targets_of(targets, len(pixels), len(classifier.class_names_))
        with kept(classifier):
            rises = [torch.zeros(0, dtype=torch.float64)]
            for part, classes in zip(torch.split(pixels, self.chunk), torch.split(wanted, self.chunk), strict=True):
                if len(part):
                    rises.append(self._rise(classifier, part, classes).double())
        rise = torch.cat(rises).numpy()
        gap = np.abs(np.asarray(maps, dtype=np.float64).sum((1, 2)) - rise)
        return np.where(gap <= _ROUNDING, 0.0, gap / np.maximum(np.abs(rise), _ROUNDING))

    @torch.no_grad()
    def _rise(self, classifier: Classifier, images: Tensor, targets: Tensor) -> Tensor:
        logits = logits_of(differentiable(classifier))
        return target_logits(logits(images) - logits(baseline_of(images, self.baseline)), targets)

    def _explain(
        self, classifier: Classifier, images: Tensor, targets: Tensor, *, generator: torch.Generator
    ) -> Tensor:
        rise = self._rise(classifier, images, targets)
        maps = torch.zeros(len(images), *images.shape[2:])
        left, n_steps = torch.arange(len(images)), self.n_steps
        while len(left):
            maps[left] = self._integrated(classifier, images[left], targets[left], n_steps)
            # Double: the float32 sum of a large picture would itself be off by a part of the tolerance.
            gap = (maps[left].double().sum((1, 2)) - rise[left]).abs()
            left = left[gap > (self.tolerance * rise[left].abs()).clamp(min=_ROUNDING)]
            if n_steps == self.max_steps:
                break
            n_steps = min(2 * n_steps, self.max_steps)
        return maps

    def _integrated(self, classifier: Classifier, images: Tensor, targets: Tensor, n_steps: int) -> Tensor:
        from captum.attr import IntegratedGradients as Integration

        products: Tensor = Integration(logits_of(differentiable(classifier))).attribute(
            images.requires_grad_(),
            baselines=baseline_of(images.detach(), self.baseline),
            target=targets,
            n_steps=n_steps,
            # Bends make the integrand jump, where rules of high order are no better, and their nodes cost time.
            method="riemann_middle",
            internal_batch_size=images_at_once(images[0], at_least=len(images)),
        )
        return products.detach().sum(1)
