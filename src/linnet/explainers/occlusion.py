"""What a class loses when a part of the picture is covered; asks nothing of a rung but its answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Differentiable
from linnet.errors import ConfigError
from linnet.explainers.base import Explainer
from linnet.explainers.baselines import Baseline, baseline_of, check_baseline
from linnet.explainers.slopes import images_at_once

_WINDOWS_PER_SIDE = 7


@dataclass(kw_only=True)
class Occlusion(Explainer):
    """Slide a window over the picture, and say what the class loses under it: logits, or log-probabilities without.

    A pixel gets the mean loss over the windows that cover it.

    Args:
        window: Pixels to a side; 0: a seventh of the longer side.
        stride: Pixels from one window to the next, at most `window`; 0: half a window.
        fill: What is seen in the window: "black", "mean" (the picture's mean color) or "blurred" (the picture there).

    Source:
        Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 4.2.
    """

    about: ClassVar[str] = "what the class loses when a part of the picture is covered; for every rung"
    chunk: ClassVar[int] = 16

    window: int = 0
    stride: int = 0
    fill: Baseline = "mean"

    def __post_init__(self) -> None:
        """Refuse settings out of their range."""
        check_baseline(self.fill, "occlusion.fill")
        if self.window < 0 or self.stride < 0:
            raise ConfigError(
                "occlusion.window and occlusion.stride should be pixels, or 0 (chosen from the picture's size); "
                f"they are {self.window} and {self.stride}."
            )
        if self.window and self.stride > self.window:
            raise ConfigError(
                "occlusion.stride should be at most the window, so that no pixel is left out; "
                f"it is {self.stride}, the window {self.window}."
            )

    def sizes(self, height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return (window height, window width) and (stride down, stride across) for pictures of a size."""
        side = self.window or -(-max(height, width) // _WINDOWS_PER_SIDE)
        window = min(side, height), min(side, width)
        step = self.stride or max(1, side // 2)
        # A stride beyond the window would leave pixels out: only where the picture itself is narrower than both.
        return window, (min(step, window[0]), min(step, window[1]))

    def _explain(
        self, classifier: Classifier, images: Tensor, targets: Tensor, *, generator: torch.Generator
    ) -> Tensor:
        from captum.attr import Occlusion as Covering

        n_channels, height, width = images.shape[1:]
        window, stride = self.sizes(height, width)
        losses: Tensor = Covering(_answers(classifier)).attribute(
            images,
            sliding_window_shapes=(n_channels, *window),
            strides=(n_channels, *stride),
            baselines=baseline_of(images, self.fill),
            target=targets,
            # Nothing is kept for a way back, so that more of them fit into memory.
            perturbations_per_eval=max(1, 8 * images_at_once(images[0]) // len(images)),
        )
        # Every window covers all channels, so that all of them hold the same.
        return losses[:, 0]


def _answers(classifier: Classifier) -> Callable[[Tensor], Tensor]:
    """Return the function from pictures to (b, k) logits, or log-probabilities where a rung has none."""
    if isinstance(classifier, Differentiable):
        return classifier.logits

    def log_probabilities(images: Tensor) -> Tensor:
        return classifier.predict_proba(images).log()

    return log_probabilities
