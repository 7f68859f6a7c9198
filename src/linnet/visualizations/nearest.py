"""The training pictures that are most like a picture: in its pixels, and in what a network makes of them."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet import neighbors
from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Layered
from linnet.datasets.base import Dataset, gather
from linnet.errors import ConfigError
from linnet.neighbors.plan import Metric
from linnet.progress import SILENT, Progress
from linnet.visualizations.base import Panel, Subject, Visualization
from linnet.visualizations.collage import side_by_side, tile
from linnet.visualizations.features import BATCH, features_of, pixels_of
from linnet.words import agree, chance, count

Space = Literal["pixels", "features"]


@dataclass(frozen=True, kw_only=True)
class Example:
    """Hold one training picture that is like the one asked about.

    Attributes:
        id: Of the training picture.
        index: Its position in the training pictures.
        label: Its class, by name.
        distance: At least 0; pixels are taken in [0, 1].
        is_same: Whether it is the very picture asked about, pixel by pixel.
    """

    id: str
    index: int
    label: str
    distance: float
    is_same: bool


def nearest_examples(
    classifier: Classifier,
    images: Tensor,
    train: Dataset,
    *,
    k: int = 5,
    space: Space = "pixels",
    metric: Metric = "l2",
    progress: Progress = SILENT,
) -> tuple[tuple[Example, ...], ...]:
    """Find the nearest training pictures of each picture, exactly.

    Args:
        classifier: Fitted; says how pixels are shrunk, and gives the features.
        images: (n, c, h, w) uint8.
        train: At least one picture, the shape as in training.
        k: How many; fewer training pictures than that are all found.
        space: "pixels", or the "features" that the rung's last layer sees; see `features_of`.
        metric: As in `linnet.neighbors.search`.
        progress: Where long work reports to.

    Returns:
        One row for each picture, the nearest first; among equally near ones the one that came first.
    """
    queries = _vectors(classifier, images, space)
    points = np.concatenate([_vectors(classifier, part, space) for part, _ in train.batches(BATCH)])
    found = neighbors.search(queries, points, min(k, len(train)), metric=metric, progress=progress)
    # Bytes are compared as they are, exactly; as pixels in [0, 1] they lie 255 times nearer. Angles stay.
    scale = 1 / 255 if space == "pixels" and metric != "cosine" else 1.0
    rows = []
    for image, indices, distances in zip(images, found.indices, found.distances, strict=True):
        same = _same(image, train, indices)
        rows.append(
            tuple(
                Example(
                    id=str(train.ids[i]),
                    index=int(i),
                    label=train.class_names[int(train.labels[i])],
                    distance=scale * float(distance),
                    is_same=bool(is_same),
                )
                for i, distance, is_same in zip(indices, distances, same, strict=True)
            )
        )
    return tuple(rows)


@dataclass(kw_only=True)
class NearestPictures(Visualization):
    """Show the nearest training pictures: "it looks like these".

    Args:
        k: How many, at least 1.
        metric: "l2" is the straight line, "l1" sums absolute differences, "cosine" looks at the direction only.
        most: So many of the pictures given get panels, at least 1; the first ones.
        side: Pixels of the longer side that each picture is drawn at, at most; at least 8.
    """

    about: ClassVar[str] = "the training pictures most like a picture, in pixels and in a network's last features"
    wants_images: ClassVar[bool] = True
    wants_train: ClassVar[bool] = True

    k: int = 5
    metric: Metric = "l2"
    most: int = 20
    side: int = 96

    def __post_init__(self) -> None:
        for name, least in (("k", 1), ("most", 1), ("side", 8)):
            if getattr(self, name) < least:
                raise ConfigError(f"nearest.{name} should be at least {least}; it is {getattr(self, name)}.")
        if self.metric not in neighbors.METRICS:
            raise ConfigError(f"nearest.metric should be one of {', '.join(neighbors.METRICS)}; it is {self.metric!r}.")

    def _draw(self, subject: Subject) -> list[Panel]:
        images, train = subject.images, subject.train
        if images is None or train is None:
            return []
        shown = images[: self.most]
        said = _said(subject.classifier, shown)
        spaces: tuple[Space, ...] = ("pixels", "features") if isinstance(subject.classifier, Layered) else ("pixels",)
        n_more = len(images) - len(shown)
        rest = f" {count(n_more, 'more picture')} {agree(n_more, 'is', 'are')} not shown." if n_more else ""
        panels = []
        for space in spaces:
            rows = nearest_examples(subject.classifier, shown, train, k=self.k, space=space, metric=self.metric)
            for i, row in enumerate(rows):
                name = subject.ids[i] if i < len(subject.ids) else f"picture {i + 1}"
                panels.append(
                    Panel(
                        name=f"{space}-{i + 1}",
                        title=f"{name}: nearest in {_WORDS[space]}",
                        caption=f"{name} is taken for {said[i]}. {_sentence(row, space)}{rest}",
                        image=self._picture(shown[i], train, row),
                    )
                )
        return panels

    def _picture(self, image: Tensor, train: Dataset, row: tuple[Example, ...]) -> npt.NDArray[np.uint8]:
        found = [gather(train.pixels, train.rows[example.index : example.index + 1])[0] for example in row]
        return side_by_side([tile(part, side=self.side) for part in (image, *found)], gap=4, first_gap=16)


_WORDS = {"pixels": "pixels", "features": "the network's last features"}


def _vectors(classifier: Classifier, images: Tensor, space: Space) -> npt.NDArray[np.uint8] | npt.NDArray[np.float32]:
    if space == "features":
        return features_of(classifier, images)
    return np.ascontiguousarray(pixels_of(classifier, images).numpy())


def _same(image: Tensor, train: Dataset, indices: npt.NDArray[np.int64]) -> list[bool]:
    """Say which training pictures are the picture itself; distance 0 is not enough, for pixels were shrunk."""
    return [torch.equal(image, gather(train.pixels, train.rows[i : i + 1])[0]) for i in indices.tolist()]


def _said(classifier: Classifier, images: Tensor) -> list[str]:
    probabilities = classifier.predict_proba(images)
    best = probabilities.max(1)
    return [
        f"{classifier.class_names_[k]} ({chance(p)})"
        for k, p in zip(best.indices.tolist(), best.values.tolist(), strict=True)
    ]


def _sentence(row: tuple[Example, ...], space: Space) -> str:
    """Write what is right of the gap, from left to right."""
    listed = "; ".join(f"{example.label} at {_number(example.distance)} ({example.id})" for example in row)
    same = [example.id for example in row if example.is_same]
    warning = (
        f" It is itself among the training pictures ({', '.join(same)}): how near that one is says nothing."
        if same
        else ""
    )
    return f"Nearest in {_WORDS[space]}, from left to right, with their distances: {listed}.{warning}"


def _number(distance: float) -> str:
    """Write three digits; the same picture in another batch may lie a rounding away from itself."""
    return "less than 0.001" if 0 < distance < 0.001 else f"{distance:.3g}"
