"""The gradient averaged over noisy copies of a picture."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Differentiable
from linnet.errors import ConfigError
from linnet.explainers.base import Explainer, differentiable
from linnet.explainers.slopes import images_at_once, logits_of, strongest


@dataclass(kw_only=True)
class SmoothGrad(Explainer):
    """Average the gradient over noisy copies, so that what hangs on the last bit of a pixel cancels out.

    As in `gradient`, the channel with the largest mean slope counts, and keeps its sign.

    Args:
        noise: Standard deviation in units of the whole range of brightness, at least 0; the paper's are 0.1 to 0.2.
        n_samples: Noisy copies of each picture, at least 1.

    Source:
        Smilkov et al. 2017, "SmoothGrad: removing noise by adding noise", section 2.
    """

    about: ClassVar[str] = "the gradient averaged over noisy copies of the picture"
    requires: ClassVar[type | None] = Differentiable
    chunk: ClassVar[int] = 16

    noise: float = 0.15
    n_samples: int = 25

    def __post_init__(self) -> None:
        """Refuse settings out of their range."""
        if not 0 <= self.noise < math.inf:
            raise ConfigError(f"smoothgrad.noise should be a number of at least 0; it is {self.noise}.")
        if self.n_samples < 1:
            raise ConfigError(f"smoothgrad.n_samples should be at least 1; it is {self.n_samples}.")

    def _explain(
        self, classifier: Classifier, images: Tensor, targets: Tensor, *, generator: torch.Generator
    ) -> Tensor:
        from captum.attr import NoiseTunnel, Saliency

        # captum draws from torch's global stream: it gets a seed of its own here, and its old state back.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(torch.randint(2**62, (1,), generator=generator)))
            slopes: Tensor = NoiseTunnel(Saliency(logits_of(differentiable(classifier)))).attribute(
                images.requires_grad_(),
                nt_type="smoothgrad",
                nt_samples=self.n_samples,
                nt_samples_batch_size=min(self.n_samples, max(1, images_at_once(images[0]) // len(images))),
                stdevs=float(self.noise),
                target=targets,
                abs=False,
            )
        return strongest(slopes)
