"""What one value of a layer sees of a picture: all that it can see as a frame, and how much each pixel counts."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from linnet.classifiers.capabilities import Layered
from linnet.classifiers.keeping import as_found
from linnet.errors import ConfigError, UnsupportedError
from linnet.training.anatomy.receptive import Pair
from linnet.visualizations import sheets
from linnet.visualizations.base import Panel, Subject, Visualization, images_of
from linnet.visualizations.layers import Call, Survey, as_numbers, as_seen, network_of, spoken, survey, watched
from linnet.visualizations.patches import box_of
from linnet.words import agree, count

CENTRAL = -1
"""Row or column of the value in the middle."""

_BATCH = 8
"""Pictures whose gradients are computed at a time; bounds memory."""


@dataclass(frozen=True, kw_only=True)
class ReceptiveField(Visualization):
    """Draw the field of one place in the maps of several layers, side by side: as a frame, and as it counts.

    Args:
        layer: One layer by its name; empty: up to `layers` convolutions, poolings and linear layers, evenly spread.
        layers: Layers at most, at least 1.
        row: Of the place in each map, counted from 0; -1: the middle.
        column: The same.
        pictures: Pictures that frames are drawn on, the first ones, at least 1.
        averaged: Pictures whose gradients are averaged, the first ones, at least 1.
        side: Pixels of a tile, at least 8.

    Source:
        Luo, Li, Urtasun and Zemel 2016, section 2 and figure 1: the gradient of one place with respect to the pixels.
    """

    about: ClassVar[str] = "what one value of a layer sees of the picture"
    requires: ClassVar[type | None] = Layered
    wants_images: ClassVar[bool] = True
    layer: str = ""
    layers: int = 6
    row: int = CENTRAL
    column: int = CENTRAL
    pictures: int = 3
    averaged: int = 32
    side: int = 128

    def __post_init__(self) -> None:
        if min(self.layers, self.pictures, self.averaged) < 1 or min(self.row, self.column) < CENTRAL or self.side < 8:
            raise ConfigError(
                "A receptive field wants at least 1 layer, picture and picture to average, rows and columns from -1 on "
                f"and tiles of at least 8 pixels; they are {self.layers}, {self.pictures}, {self.averaged}, "
                f"{self.row}, {self.column} and {self.side}."
            )

    def _draw(self, subject: Subject) -> list[Panel]:
        network = network_of(subject.classifier)
        found = survey(network, subject.classifier.image_shape_)
        calls = [found.find(self.layer)] if self.layer else _usual(found, self.layers)
        places = [self._place(call, found) for call in calls]
        seen = as_seen(images_of(subject)[: max(self.pictures, self.averaged)], found)
        frames = self._frames(calls, places, seen[: self.pictures], found)
        counts = effective_fields(network, as_numbers(seen[: self.averaged]), calls, places, found)
        return [frames, *self._effective(calls, counts, n_pictures=len(seen[: self.averaged]))]

    def _place(self, call: Call, found: Survey) -> Pair:
        height, width = found.layouts[call.name].maps(call.output).shape[2:]
        row = height // 2 if self.row == CENTRAL else self.row
        column = width // 2 if self.column == CENTRAL else self.column
        if row >= height or column >= width:
            raise ConfigError(
                f"The maps of {spoken(call.name)} have {height} rows and {width} columns, counted from 0; "
                f"row {row} and column {column} were asked for."
            )
        return row, column

    def _frames(self, calls: list[Call], places: list[Pair], seen: Tensor, found: Survey) -> Panel:
        tiles, words = [], []
        for picture in sheets.tiles_of(seen.numpy()):
            tile = sheets.sized(picture, self.side)
            scale = tile.shape[0] / picture.shape[0]
            for call, (row, column) in zip(calls, places, strict=True):
                top, left, height, width = (
                    round(scale * side) for side in box_of(found.fields[call.name], row, column, sides=found.sides)
                )
                tiles.append(sheets.framed(tile, (top, left, height, width)))
        for call in calls:
            field = found.fields[call.name]
            size = "the whole picture, or not known" if field is None else f"{field.size[0]} x {field.size[1]}"
            words.append(f"{spoken(call.name)} ({size})")
        caption = (
            f"From left to right what one value can see at most in {', '.join(words)}, in pixels; {self._where()} "
            "A frame ends at the picture's edge, where the field goes on over padding."
        )
        image = sheets.grid(tiles, n_columns=len(calls))
        return Panel(name="receptive-field", title="What one value can see", caption=caption, image=image)

    def _effective(
        self, calls: list[Call], counts: list[npt.NDArray[np.float32] | None], *, n_pictures: int
    ) -> list[Panel]:
        kept = [(call, count) for call, count in zip(calls, counts, strict=True) if count is not None]
        if not kept:
            return []
        # Each layer has its own scale; roots, for the middle counts so much more that all else would be black.
        tiles = [
            sheets.sized(
                sheets.tiles_of(sheets.amount_levels(np.sqrt(count), end=float(np.sqrt(count.max())))[None])[0],
                self.side,
            )
            for _, count in kept
        ]
        names = ", ".join(spoken(call.name) for call, _ in kept)
        n_silent = len(calls) - len(kept)
        missing = f" {n_silent} without gradients {agree(n_silent, 'is', 'are')} left out." if n_silent else ""
        caption = (
            f"From left to right how much each pixel counts for the same value in {names}: the size of the gradient, "
            f"averaged over {count(n_pictures, 'picture')}. Black is none, white the most within a layer; brightness "
            f"grows with the root. It is often much smaller than what can be seen.{missing}"
        )
        image = sheets.grid(tiles, n_columns=len(tiles))
        return [Panel(name="effective-field", title="What one value looks at", caption=caption, image=image)]

    def _where(self) -> str:
        if self.row == self.column == CENTRAL:
            return "the value is the one in the middle of its map."
        row, column = ("the middle" if place == CENTRAL else place for place in (self.row, self.column))
        return f"the value stands in row {row} and column {column} of its map, counted from 0."


def effective_fields(
    network: nn.Module, images: Tensor, calls: list[Call], places: list[Pair], found: Survey
) -> list[npt.NDArray[np.float32] | None]:
    """Return how much each pixel counts for one place in each layer's maps.

    Args:
        network: Given back as it was found.
        images: (n, c, h, w) float32 in [0, 1], in the size that the first layer is shown.
        calls: Layers.
        places: Row and column in the maps of each.
        found: The survey of this network.

    Returns:
        For each layer (h, w) float32, at least 0: the absolute gradient of the sum over channels at that place, summed
        over colors and averaged over pictures; None where there is no gradient.
    """
    sums: list[Tensor | None] = [None] * len(calls)
    names = {call.name for call in calls}
    for part in torch.split(images, _BATCH):
        pixels = part.clone().requires_grad_()
        with torch.enable_grad(), as_found(network), watched(network, only=names) as seen:
            network(pixels)
            outputs = {call.name: call.output for call in seen}
            for at, (call, (row, column)) in enumerate(zip(calls, places, strict=True)):
                maps = found.layouts[call.name].maps(outputs[call.name])
                if maps.requires_grad:
                    (gradient,) = torch.autograd.grad(maps[:, :, row, column].sum(), pixels, retain_graph=True)
                    size = gradient.abs().sum(dim=(0, 1))
                    before = sums[at]
                    sums[at] = size if before is None else before + size
    return [None if total is None else (total / len(images)).numpy().astype(np.float32) for total in sums]


def _usual(found: Survey, most: int) -> list[Call]:
    """Return layers that gather from several places, evenly spread, the first and the last among them."""
    kinds = nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.Linear
    able = [call for call in found.calls if isinstance(call.layer, kinds) and call.name in found.layouts]
    # A frame around the whole picture says nothing twice: of the layers that see it all, only the first is drawn.
    first_whole = next((place for place, call in enumerate(able) if _is_whole(call, found)), len(able))
    able = able[: first_whole + 1]
    if not able:
        raise UnsupportedError("This network has no convolution, pooling or linear layer whose field could be drawn.")
    places = np.unique(np.rint(np.linspace(0, len(able) - 1, min(most, len(able)))).astype(int))
    return [able[place] for place in places]


def _is_whole(call: Call, found: Survey) -> bool:
    field = found.fields[call.name]
    return field is None or (field.size[0] >= found.sides[0] and field.size[1] >= found.sides[1])
