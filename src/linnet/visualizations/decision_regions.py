"""What a rung says at the places of a plane through its training pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet import seeds
from linnet.charts.palette import class_colors, class_legend
from linnet.charts.regions import Plane, regions
from linnet.charts.scatter import Points
from linnet.classifiers.base import Classifier
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError
from linnet.visualizations.base import Panel, Subject, Visualization

_NUMBERS = 8_000_000
"""Pixels, of all pictures together, that the plane is measured with: 64 MB of float64."""

_QUERIES = 4_000_000
"""Pixels, of all pictures together, that a rung is asked about at once."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Slice:
    """Hold a plane of pictures: at (u, v) lies mean + u * axes[0] + v * axes[1], cut to [0, 1].

    Attributes:
        mean: (d,) float64, a picture as a row of pixels in [0, 1].
        axes: (2, d) float64, of length 1 and at a right angle; zeros where pictures differ in fewer directions.
        image_shape: (c, h, w), c * h * w = d.
    """

    mean: npt.NDArray[np.float64]
    axes: npt.NDArray[np.float64]
    image_shape: tuple[int, int, int]

    def places(self, images: Tensor) -> npt.NDArray[np.float64]:
        """Return (n, 2): where (n, c, h, w) uint8 pictures fall when they are dropped straight onto the plane."""
        return np.asarray((_rows(images) - self.mean) @ self.axes.T)

    def pictures(self, places: npt.NDArray[np.float64]) -> Tensor:
        """Return (n, c, h, w) float32 in [0, 1]: the pictures of the plane at (n, 2) places."""
        rows = (self.mean + places @ self.axes).clip(0, 1).astype(np.float32)
        return torch.from_numpy(rows).view(-1, *self.image_shape)


@dataclass(kw_only=True)
class DecisionRegions(Visualization):
    """Ask a rung about the pictures of a plane, the one that training pictures differ most in, and color it.

    Args:
        cells: Places to a side, 2 .. 50; each is one picture that is classified.
        most: Training pictures that the plane is measured with and that are drawn, at least 3; of more, a sample.
    """

    about: ClassVar[str] = "what a rung says on the plane in which training pictures differ most"
    wants_train: ClassVar[bool] = True

    cells: int = 48
    most: int = 500

    def __post_init__(self) -> None:
        if not 2 <= self.cells <= 50:
            raise ConfigError(f"decision-regions.cells should be 2 .. 50 places to a side; it is {self.cells}.")
        if self.most < 3:
            raise ConfigError(f"decision-regions.most should be at least 3 pictures; it is {self.most}.")

    def _draw(self, subject: Subject) -> list[Panel]:
        if subject.train is None:
            return []
        classifier, train = subject.classifier, self._sample(subject.train, subject.seed)
        images = train.images
        flat = plane_through(images)
        places = flat.places(images)
        plane = classified(classifier, flat, corners=_corners(places), cells=self.cells)
        labels = train.labels.numpy()
        k = len(classifier.class_names_)
        shown = np.bincount(labels, minlength=k) + np.bincount(plane.classes.ravel(), minlength=k)
        shares = _shares(_rows(images) - flat.mean, places)
        svg = regions(
            plane,
            Points(places=places, groups=labels),
            name=f"decision-regions-{classifier.name()}",
            colors=class_colors(shown.tolist()),
        )
        caption = (
            f"A slice through the mean of {len(train):,} training pictures, along the two directions in which they "
            f"differ most (they hold {shares:.0%} of the variation). Each of {plane.classes.size:,} places is a "
            f"picture that {classifier.name()} was asked about: the mean and so much of both directions, cut to black "
            "and white. Its color is the class that was said, paler where the answer is less sure. Points are the "
            "training pictures, dropped straight onto the plane: they lie beside it, and what the rung says of them "
            "may differ from what it says of the place below."
        )
        legend = class_legend(shown.tolist(), classifier.class_names_)
        return [Panel(name="regions", title="Decision regions", caption=caption, svg=svg, legend=legend)]

    def _sample(self, train: Dataset, seed: int) -> Dataset:
        d = int(np.prod(train.image_shape))
        n = min(len(train), self.most, max(3, _NUMBERS // d))
        order = torch.randperm(len(train), generator=seeds.torch_generator(seed, "decision-regions", "sample"))
        return train.subset(order[:n].sort().values)


def plane_through(images: Tensor) -> Slice:
    """Measure the plane through the mean along the first two principal components.

    Args:
        images: (n, c, h, w) uint8, n >= 1.
    """
    from sklearn.decomposition import PCA

    rows = _rows(images)
    mean = rows.mean(axis=0)
    axes = np.zeros((2, rows.shape[1]))
    n_directions = min(2, *rows.shape)
    if rows.std(axis=0).any():
        found = PCA(n_directions, random_state=0).fit(rows)
        # Of pictures that differ in one direction only, the second axis is a direction that nothing lies along.
        is_real = found.singular_values_ > 1e-9 * found.singular_values_[0]
        axes[:n_directions] = np.where(is_real[:, None], found.components_, 0.0)
    _, c, h, w = images.shape
    return Slice(mean=mean, axes=axes, image_shape=(c, h, w))


def classified(classifier: Classifier, flat: Slice, *, corners: tuple[float, float, float, float], cells: int) -> Plane:
    """Ask a rung about the picture in the middle of each cell of a grid.

    Args:
        classifier: Fitted.
        flat: Where pictures come from.
        corners: (left, bottom, right, top) of the grid.
        cells: To a side.
    """
    left, bottom, right, top = corners
    middles = (np.arange(cells) + 0.5) / cells
    u, v = np.meshgrid(left + (right - left) * middles, bottom + (top - bottom) * middles)
    places = np.stack([u.ravel(), v.ravel()], axis=1)
    probabilities = torch.cat([classifier.predict_proba(part) for part in _in_parts(flat, places)]).numpy()
    k = probabilities.shape[1]
    surest = probabilities.max(axis=1)
    # From a guess, 1 / k, to certain.
    confidences = (surest - 1 / k) / (1 - 1 / k) if k > 1 else np.ones_like(surest)
    return Plane(
        classes=probabilities.argmax(axis=1).reshape(cells, cells),
        confidences=confidences.clip(0, 1).reshape(cells, cells),
        corners=corners,
    )


def _in_parts(flat: Slice, places: npt.NDArray[np.float64]) -> Iterator[Tensor]:
    step = max(1, _QUERIES // len(flat.mean))
    for start in range(0, len(places), step):
        yield flat.pictures(places[start : start + step])


def _corners(places: npt.NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Return the smallest rectangle around all points, with some room; never without an extent."""
    low, high = places.min(axis=0), places.max(axis=0)
    room = np.where(high > low, 0.06 * (high - low), 1.0)
    (left, bottom), (right, top) = (low - room).tolist(), (high + room).tolist()
    return left, bottom, right, top


def _shares(centered: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> float:
    """Return which share of the variance lies in the plane."""
    total = float((centered**2).sum())
    return float((places**2).sum()) / total if total else 1.0


def _rows(images: Tensor) -> npt.NDArray[np.float64]:
    return images.flatten(1).numpy().astype(np.float64) / 255
