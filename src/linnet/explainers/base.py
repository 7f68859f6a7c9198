"""The contract of every explainer: a final shell that checks and gives the model back, around one hook."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet import seeds
from linnet.classifiers.base import Classifier, Images
from linnet.classifiers.capabilities import Differentiable, Layered
from linnet.classifiers.keeping import as_found
from linnet.classifiers.requiring import Requiring
from linnet.datasets.base import tensor_of
from linnet.errors import ConfigError, ImagesError, UnsupportedError
from linnet.progress import SILENT, Progress

Targets = Tensor | npt.NDArray[Any]


class Explainer(Requiring, ABC):
    """Say how much each pixel speaks for a class, or against it; an entry is a keyword-only dataclass.

    Attributes:
        about: One line for lists.
        chunk: Pictures per call of the hook; bounds memory.
    """

    about: ClassVar[str]
    chunk: ClassVar[int] = 64
    instead: ClassVar[str] = "occlusion explains every rung."

    @final
    def explain(
        self,
        classifier: Classifier,
        images: Images,
        targets: Targets | None = None,
        *,
        seed: int = 0,
        progress: Progress = SILENT,
    ) -> npt.NDArray[np.float32]:
        """Map each picture.

        Args:
            classifier: Fitted; given back as it was found.
            images: (n, c, h, w) uint8, or float32 in [0, 1]; n may be 0; (c, h, w) as in training.
            targets: (n,) int, 0 .. k-1: the class that is explained for each picture; None: what is predicted.
            seed: Where an explainer draws at random, the same seed gives the same map.
            progress: Where long work reports to.

        Returns:
            (n, h, w) float32, finite: above 0 speaks for the target, below 0 against it; any scale.

        Raises:
            NotFittedError: before fit.
            UnsupportedError: the classifier cannot be explained so; names those that can.
            ImagesError: another shape, type or range.
            ConfigError: a target outside 0 .. k-1, or not one for each picture.
        """
        classifier.n_bytes()  # refuses what is not fitted
        self.check_supported(classifier)
        with kept(classifier):
            # Not before: a norm that is still training would learn from the pictures that it predicts.
            said = classifier.predict(images)  # checks the pictures, too
            pixels = pixels_of(images)
            wanted = said if targets is None else targets_of(targets, len(pixels), len(classifier.class_names_))
            generator = seeds.torch_generator(seed, f"explaining with {self.name()}")
            maps = [torch.zeros(0, *pixels.shape[2:])]
            with progress.task(f"Explaining {classifier.name()} by {self.name()}", len(pixels)) as task:
                for part, classes in zip(torch.split(pixels, self.chunk), torch.split(wanted, self.chunk), strict=True):
                    if len(part):
                        maps.append(self._checked_maps(classifier, part, classes, generator))
                        task.advance(len(part))
        return np.asarray(torch.cat(maps).numpy(), dtype=np.float32)

    def _checked_maps(
        self, classifier: Classifier, images: Tensor, targets: Tensor, generator: torch.Generator
    ) -> Tensor:
        # A copy, since hooks ask it for gradients; and gradients even where the caller has switched them off.
        with torch.enable_grad():
            found = self._explain(classifier, images.clone(), targets, generator=generator).detach()
        if tuple(found.shape) != (len(images), *images.shape[2:]) or not torch.isfinite(found).all():
            raise ImagesError(
                f"{self.name()} should give finite maps of shape {(len(images), *images.shape[2:])}; "
                f"it gave {tuple(found.shape)}, or values that are no numbers."
            )
        return found.to(torch.float32)

    @abstractmethod
    def _explain(
        self, classifier: Classifier, images: Tensor, targets: Tensor, *, generator: torch.Generator
    ) -> Tensor:
        """Return (b, h, w) relevance for (b, c, h, w) float32 in [0, 1] and (b,) int64; `requires` holds already."""


def differentiable(classifier: Classifier) -> Differentiable:
    """Return a classifier as what it was checked to be."""
    if not isinstance(classifier, Differentiable):
        raise UnsupportedError(f"{classifier.name()} has no gradient with respect to pixels.")
    return classifier


def layered(classifier: Classifier) -> Layered:
    """Return a classifier as what it was checked to be."""
    if not isinstance(classifier, Layered):
        raise UnsupportedError(f"{classifier.name()} has no layers.")
    return classifier


@contextmanager
def kept(classifier: Classifier) -> Iterator[None]:
    """Give a classifier back as it was found, where it is a network; see `as_found`."""
    if isinstance(classifier, Layered):
        with as_found(classifier.network()):
            yield
    else:
        yield


def pixels_of(images: Images) -> Tensor:
    """Return pictures of either type as float32 in [0, 1]."""
    pixels = tensor_of(images)
    return pixels.to(torch.float32) / 255 if pixels.dtype == torch.uint8 else pixels


def targets_of(targets: Targets, n: int, n_classes: int) -> Tensor:
    """Return targets as (n,) int64.

    Raises:
        ConfigError: a target outside 0 .. n_classes - 1, or not one for each picture.
    """
    found = torch.as_tensor(targets)
    is_whole = not (found.is_floating_point() or found.is_complex() or found.dtype == torch.bool) or not found.numel()
    if found.shape != (n,) or not is_whole or (n and not 0 <= int(found.min()) <= int(found.max()) < n_classes):
        raise ConfigError(
            f"Targets should be one class in 0 .. {n_classes - 1} for each of {n} pictures; "
            f"they are {found.tolist() if found.numel() <= 10 else tuple(found.shape)}."
        )
    return found.to(torch.int64)
