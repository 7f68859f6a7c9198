"""The contract of every visualization: from a fitted rung, and pictures where it wants some, to panels."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet.classifiers.base import Classifier
from linnet.classifiers.requiring import Requiring
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError, ImagesError
from linnet.progress import SILENT, Progress


@dataclass(frozen=True, eq=False, kw_only=True)
class Subject:
    """Hold what is looked at.

    Attributes:
        classifier: Fitted; given back as it was found.
        images: (n, c, h, w) uint8, the shape as in training; None where none were given.
        ids: Names of these pictures.
        train: The pictures that the rung learned from; None where they are not at hand.
        seed: Where something is drawn at random, the same seed gives the same panels.
    """

    classifier: Classifier
    images: Tensor | None = None
    ids: tuple[str, ...] = ()
    train: Dataset | None = None
    seed: int = 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Panel:
    """Hold one drawing, or one picture, with what to read in it.

    Attributes:
        name: Unique among the panels of one drawing; letters, digits and hyphens: a file name.
        title: A few words.
        caption: What is seen, in whole sentences; class names stand here and not in the drawing.
        image: (h, w, 3) uint8; None where it is a drawing.
        svg: An SVG element as text; empty where it is a picture.
        legend: (color, words) of what a drawing has in color: a CSS color, in the order of drawing.
    """

    name: str
    title: str
    caption: str
    image: npt.NDArray[np.uint8] | None = None
    svg: str = ""
    legend: tuple[tuple[str, str], ...] = field(default=())


class Visualization(Requiring, ABC):
    """Draw what a rung has learned, or does with a picture; an entry is a keyword-only dataclass.

    Attributes:
        about: One line for lists.
        wants_images: Whether pictures must be given.
        wants_train: Whether training pictures must be at hand.
    """

    about: ClassVar[str]
    wants_images: ClassVar[bool] = False
    wants_train: ClassVar[bool] = False

    @final
    def draw(self, subject: Subject, *, progress: Progress = SILENT) -> tuple[Panel, ...]:
        """Draw.

        Raises:
            NotFittedError: the classifier has not learned anything yet.
            UnsupportedError: it cannot be looked at so; names those that can.
            ConfigError: pictures are wanted and none were given, or training pictures are.
            ImagesError: pictures of another shape or type than the rung learned from.
        """
        subject.classifier.n_bytes()  # refuses what is not fitted
        self.check_supported(subject.classifier)
        if self.wants_images and (subject.images is None or not len(subject.images)):
            raise ConfigError(f"{self.name()} wants at least one picture to look at; none was given.")
        if self.wants_train and (subject.train is None or not len(subject.train)):
            raise ConfigError(f"{self.name()} wants the pictures that the rung learned from; they are not at hand.")
        _check_pictures(subject)
        with progress.task(f"Drawing {self.name()} of {subject.classifier.name()}"):
            return tuple(self._draw(subject))

    @abstractmethod
    def _draw(self, subject: Subject) -> list[Panel]:
        """Return the panels; what is wanted is there already."""


def _check_pictures(subject: Subject) -> None:
    wanted = subject.classifier.image_shape_
    for pixels in (subject.images, None if subject.train is None else subject.train.pixels):
        if pixels is not None and (tuple(pixels.shape[1:]) != wanted or pixels.dtype != torch.uint8):
            raise ImagesError(
                f"{subject.classifier.name()} learned from uint8 pictures of shape {wanted}; "
                f"those to look at are {pixels.dtype} of shape {tuple(pixels.shape[1:])}."
            )


def images_of(subject: Subject) -> Tensor:
    """Return the pictures of a subject that was checked to have some."""
    if subject.images is None:
        raise ConfigError("There is no picture to look at; give at least one.")
    return subject.images


def training_of(subject: Subject) -> Dataset:
    """Return the training pictures of a subject that was checked to have some."""
    if subject.train is None:
        raise ConfigError("The pictures that the rung learned from are not at hand; give them.")
    return subject.train
