"""An explainer that needs no theory, for tests of everything around explainers."""

from dataclasses import dataclass, field
from typing import ClassVar

import torch

from linnet.classifiers.capabilities import Differentiable
from linnet.explainers.base import Explainer


@dataclass(kw_only=True)
class Brightness(Explainer):
    """Call what is brighter than mid-gray relevant, more so for later classes."""

    about: ClassVar[str] = "brightness"

    @classmethod
    def name(cls):
        return "brightness"

    def _explain(self, classifier, images, targets, *, generator):
        return (images.mean(1) - 0.5) * (1 + targets[:, None, None].to(torch.float32))


@dataclass(kw_only=True)
class Sloped(Brightness):
    """The same, for rungs that have a gradient."""

    requires: ClassVar[type | None] = Differentiable

    @classmethod
    def name(cls):
        return "sloped"


@dataclass(kw_only=True)
class Noise(Brightness):
    """Something drawn at random."""

    @classmethod
    def name(cls):
        return "noise"

    def _explain(self, classifier, images, targets, *, generator):
        return torch.rand(len(images), *images.shape[2:], generator=generator)


@dataclass(kw_only=True)
class Broken(Brightness):
    """Fail in the way that is asked for."""

    error: Exception = field(default_factory=RuntimeError)

    @classmethod
    def name(cls):
        return "broken"

    def _explain(self, classifier, images, targets, *, generator):
        raise self.error
