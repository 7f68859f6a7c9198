"""The filters that a layer has learned, as a grid of small pictures; what they do to a picture is not drawn here."""

from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from linnet.classifiers.capabilities import Layered
from linnet.errors import ConfigError, UnsupportedError
from linnet.visualizations import layers, sheets
from linnet.visualizations.base import Panel, Subject, Visualization
from linnet.words import count

Weights = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Filters(Visualization):
    """Draw the weights of one layer: a tile per filter of a convolution, or per unit of a linear layer on pixels.

    Args:
        layer: A convolution or linear layer by its name; empty: the first one.
        filters: So many at most, the first ones, at least 1.
        channels: Where filters have neither 1 nor the picture's 3 channels: 0 draws their mean over input channels,
            more draws so many input channels side by side, a row for each filter.
        side: Pixels of a tile, at least 8.
    """

    about: ClassVar[str] = "the filters of a layer as a grid"
    requires: ClassVar[type | None] = Layered
    layer: str = ""
    filters: int = 64
    channels: int = 0
    side: int = 48

    def __post_init__(self) -> None:
        if self.filters < 1 or self.channels < 0 or self.side < 8:
            raise ConfigError(
                "Filters want at least 1 filter, 0 or more channels and tiles of at least 8 pixels; "
                f"they are {self.filters}, {self.channels} and {self.side}."
            )

    def _draw(self, subject: Subject) -> list[Panel]:
        network = layers.network_of(subject.classifier)
        found = layers.survey(network, subject.classifier.image_shape_)
        call = self._chosen(found, subject)
        all_weights = call.layer.get_parameter("weight").detach().float().numpy()
        weights = all_weights[: self.filters]
        is_first = call.name == found.weighted()[0].name
        end = sheets.scale_end(weights)
        if weights.ndim == 2 and not (is_first and weights.shape[1] == prod(found.shape)):
            image, seen = self._matrix(weights, end=end)
        else:
            stack = weights.reshape(-1, *found.shape) if weights.ndim == 2 else weights
            image, seen = self._tiles(
                stack, end=end, in_color=stack.shape[1] == 1 or (is_first and stack.shape[1] == 3)
            )
        n_left = len(all_weights) - len(weights)
        caption = (
            f"{seen} Mid-gray is a weight of 0, brighter is above it, darker below. "
            f"All have one scale, which ends at ±{end:.3g}."
            + (f" The other {n_left} of {len(all_weights)} are left out." if n_left else "")
        )
        name = layers.spoken(call.name)
        title = f"Filters of {name}"
        return [Panel(name=f"filters-{layers.slug(call.name)}", title=title, caption=caption, image=image)]

    def _chosen(self, found: layers.Survey, subject: Subject) -> layers.Call:
        able = found.weighted()
        if not able:
            raise UnsupportedError(
                f"The network of {subject.classifier.name()} has no convolution and no linear layer, "
                "so there are no filters to draw."
            )
        if not self.layer:
            return able[0]
        call = found.find(self.layer)
        if call.name not in [other.name for other in able]:
            names = ", ".join(layers.spoken(other.name) for other in able)
            raise ConfigError(f"{self.layer} is a {type(call.layer).__name__} and has no filters; these have: {names}.")
        return call

    def _tiles(self, weights: Weights, *, end: float, in_color: bool) -> tuple[sheets.Picture, str]:
        """Draw (n, c, h, w) weights as tiles, and say what they are."""
        n, c, h, w = weights.shape
        size = f"{h} x {w}"
        if in_color:
            tiles = sheets.tiles_of(sheets.signed_levels(weights, end=end))
            said = "in the colors of the channels" if c == 3 else "on one channel"
            text = f"Each tile is one of {count(n, 'filter')} of {size} pixels, {said}."
        elif not self.channels:
            # The mean hides what cancels between channels, and says so.
            mean = weights.mean(axis=1)
            tiles = sheets.tiles_of(sheets.signed_levels(mean, end=end))
            text = f"Each tile is one of {count(n, 'filter')} of {size}, the mean over its {count(c, 'input channel')}."
        else:
            part = weights[:, : self.channels]
            tiles = sheets.tiles_of(sheets.signed_levels(part.reshape(-1, h, w), end=end))
            more = f", of which the first {part.shape[1]} are drawn" if part.shape[1] < c else ""
            text = f"Each row is one of {count(n, 'filter')} of {size}, a tile for each of its "
            text += f"{count(c, 'input channel')}{more}."
            return sheets.grid([sheets.sized(tile, self.side) for tile in tiles], n_columns=part.shape[1]), text
        return sheets.grid([sheets.sized(tile, self.side) for tile in tiles]), text

    def _matrix(self, weights: Weights, *, end: float) -> tuple[sheets.Picture, str]:
        """Draw (n, d) weights between layers, which are no pictures, as cells."""
        part = weights[:, :_MOST_INPUTS]
        cells = sheets.tiles_of(sheets.signed_levels(part[None], end=end))[0]
        more = f", of which the first {part.shape[1]} are drawn" if part.shape[1] < weights.shape[1] else ""
        n_inputs = count(weights.shape[1], "input")
        text = f"Each row is one of {count(len(weights), 'unit')}, each column one of its {n_inputs}{more}."
        return sheets.enlarged(cells, sheets.factor_to(*cells.shape[:2], side=512)), text


_MOST_INPUTS = 512
"""Columns of a drawn matrix."""
