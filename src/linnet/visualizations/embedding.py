"""A map of pictures by what a rung's last layer sees of them: like lies beside like."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from linnet import seeds
from linnet.charts.palette import class_colors, class_legend, levels
from linnet.charts.scatter import Points, scatter, square
from linnet.classifiers.capabilities import Layered
from linnet.errors import ConfigError
from linnet.visualizations.base import Panel, Subject, Visualization
from linnet.visualizations.collage import Picture, blank, framed, tile
from linnet.visualizations.features import features_of
from linnet.words import agree, count

Method = Literal["t-sne", "pca"]

MOST = 4000
"""Points beyond which a drawing is a blot, and t-SNE takes minutes."""

_DIRECTIONS = 50
"""What t-SNE is given, as its authors do: the first directions of PCA, which hold nearly all and cost far less."""

_CELLS, _CELL = 32, 28
"""Cells to a side of the drawing with thumbnails, and pixels to a side of a cell."""


@dataclass(frozen=True, eq=False, kw_only=True)
class _Shown:
    """Hold the pictures of a map.

    Attributes:
        images: (n, c, h, w) uint8.
        classes: (n,) int64, the label of training pictures, the prediction for others.
        is_given: (n,) bool, those that were given to be looked at beside training pictures.
        note: Which pictures they are, as whole sentences.
    """

    images: Tensor
    classes: npt.NDArray[np.int64]
    is_given: npt.NDArray[np.bool_]
    note: str


@dataclass(kw_only=True)
class FeatureMap(Visualization):
    """Map training pictures, or those that are given, or both, to points of a plane.

    UMAP is left out on purpose: it would bring three libraries for a map that looks much like that of t-SNE.

    Args:
        method: "t-sne" keeps neighbors together and means nothing by long distances; "pca" is a projection.
        most: Training pictures that are drawn, 3 .. 4000; of more, a sample.
        perplexity: Of t-SNE, above 0: about how many neighbors each picture has; lowered for few pictures.

    Source:
        van der Maaten and Hinton 2008, "Visualizing Data using t-SNE".
    """

    about: ClassVar[str] = "a map of pictures by the features that a rung sees: t-SNE or PCA"

    method: Method = "t-sne"
    most: int = 1000
    perplexity: float = 30.0

    def __post_init__(self) -> None:
        if self.method not in ("t-sne", "pca"):
            raise ConfigError(f"embedding.method should be t-sne or pca; it is {self.method!r}.")
        if not 3 <= self.most <= MOST:
            raise ConfigError(f"embedding.most should be 3 .. {MOST} pictures; it is {self.most}.")
        if not 0 < self.perplexity < float("inf"):
            raise ConfigError(f"embedding.perplexity should be a number above 0; it is {self.perplexity}.")

    def _draw(self, subject: Subject) -> list[Panel]:
        shown = self._shown(subject)
        n = len(shown.images)
        if n < 3:
            raise ConfigError(f"embedding wants at least 3 pictures for a map, given or learned from; there are {n}.")
        classifier = subject.classifier
        values = features_of(classifier, shown.images)
        places = embed(values, method=self.method, perplexity=self.perplexity, seed=subject.seed)
        counts = np.bincount(shown.classes, minlength=len(classifier.class_names_)).tolist()
        colors, legend = class_colors(counts), class_legend(counts, classifier.class_names_)
        of_what = f"{values.shape[1]:,} features before its last layer" if _has_layers(subject) else "pixels"
        caption = (
            f"{_WORDS[self.method]} of the {of_what}: pictures that {classifier.name()} sees alike lie side by side. "
            f"{shown.note} {_WARNINGS[self.method]}"
        )
        points = Points(places=places, groups=shown.classes, ringed=shown.is_given)
        order = np.argsort(~shown.is_given, kind="stable")  # what was given is drawn in any case
        frames = [levels(colors[k]) for k in shown.classes[order].tolist()]
        picture, n_drawn = thumbnails(shown.images[torch.from_numpy(order)], places[order], frames)
        return [
            Panel(
                name="points", title="Map of pictures", caption=caption, legend=legend,
                svg=scatter(points, name=f"embedding-{classifier.name()}-{self.method}", colors=colors),
            ),
            Panel(
                name="pictures", title="The same map, with pictures", legend=legend, image=picture,
                caption=f"The places are those of the points, brought into line; the frames have their colors. "
                f"{n_drawn:,} of {n:,} pictures are drawn: where several would hide each other, one.",
            ),
        ]  # fmt: skip

    def _shown(self, subject: Subject) -> _Shown:
        train, given = subject.train, subject.images
        parts, classes, notes = [], [np.zeros(0, dtype=np.int64)], []
        if train is not None and len(train):
            n = min(len(train), self.most)
            random = seeds.torch_generator(subject.seed, "embedding", "sample")
            rows = torch.randperm(len(train), generator=random)[:n].sort().values
            part = train.subset(rows)
            parts, classes = [part.images], [part.labels.numpy()]
            which = f"All {n:,}" if n == len(train) else f"{n:,} of {len(train):,}"
            notes.append(f"{which} training pictures are drawn in the colors of their labels.")
        n_train = len(classes[0])
        if given is not None and len(given):
            parts.append(given[: self.most])
            classes.append(subject.classifier.predict(parts[-1]).numpy())
            n = len(parts[-1])
            notes.append(
                f"{'The ringed' if n_train else 'The'} {agree(n, 'point is', 'points are')} {count(n, 'picture')} that "
                f"{agree(n, 'was', 'were')} given, in the colors of {agree(n, 'its prediction', 'their predictions')}."
            )
        together = np.concatenate(classes)
        return _Shown(
            images=torch.cat(parts) if parts else torch.zeros(0, *subject.classifier.image_shape_, dtype=torch.uint8),
            classes=together,
            is_given=(np.arange(len(together)) >= n_train) & (n_train > 0),
            note=" ".join(notes),
        )


_WORDS = {"t-sne": "A t-SNE map", "pca": "A projection on the first two principal components"}
_WARNINGS = {
    "t-sne": "Only who is near whom means something: not directions, sizes of groups or gaps between them.",
    "pca": "It is a shadow of many dimensions: what is far apart here is so indeed, what lies together need not.",
}


def _has_layers(subject: Subject) -> bool:
    return isinstance(subject.classifier, Layered)


def embed(
    values: npt.NDArray[np.float32], *, method: Method, perplexity: float = 30.0, seed: int = 0
) -> npt.NDArray[np.float64]:
    """Map features to a plane.

    Args:
        values: (n, d) float32, finite, n >= 3.
        method: "t-sne" or "pca".
        perplexity: Of t-SNE; at most a third of the other points is taken.
        seed: The same seed gives the same map.

    Returns:
        (n, 2) float64; features that are all the same give zeros.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    random = seeds.derive(seed, "embedding") % 2**32
    n, d = values.shape
    wide = values.astype(np.float64)
    if d == 1:
        wide = np.hstack([wide, np.zeros((n, 1))])
    if not wide.std(axis=0).any():
        return np.zeros((n, 2))
    n_directions = min(n, wide.shape[1], _DIRECTIONS if method == "t-sne" else 2)
    reduced = np.asarray(PCA(n_directions, random_state=random).fit_transform(wide))
    if method == "pca":
        return reduced[:, :2]
    tsne = TSNE(perplexity=min(perplexity, (n - 1) / 3), init="pca", random_state=random)
    return np.asarray(tsne.fit_transform(reduced), dtype=np.float64)


def thumbnails(
    images: Tensor, places: npt.NDArray[np.float64], frames: list[tuple[int, int, int]]
) -> tuple[Picture, int]:
    """Draw pictures in the cells of a grid that they fall into; of those that share a cell, the first.

    Args:
        images: (n, c, h, w) uint8.
        places: (n, 2) float64, the second number upwards.
        frames: The color of each frame.

    Returns:
        The sheet, and how many of the pictures are on it.
    """
    sheet = blank(_CELLS * _CELL, _CELLS * _CELL)
    low, high = square(places)
    taken = set()
    for image, place, color in zip(images, (places - low) / (high - low), frames, strict=True):
        column, row = int(float(place[0]) * _CELLS), int((1 - float(place[1])) * _CELLS)
        if (row, column) not in taken:
            taken.add((row, column))
            picture = framed(tile(image, side=_CELL - 4), color, width=2)
            h, w, _ = picture.shape
            y, x = row * _CELL + (_CELL - h) // 2, column * _CELL + (_CELL - w) // 2
            sheet[y : y + h, x : x + w] = picture
    return sheet, len(taken)
