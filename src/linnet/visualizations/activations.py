"""What every layer of a network makes of a picture, in the order of the calls; which pixels matter is not said here."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from linnet.classifiers.capabilities import Layered
from linnet.classifiers.keeping import as_found
from linnet.errors import ConfigError
from linnet.visualizations import sheets
from linnet.visualizations.base import Panel, Subject, Visualization, images_of
from linnet.visualizations.layers import Call, as_numbers, as_seen, network_of, slug, spoken, survey, watched
from linnet.words import agree, count

_MOST_BARS = 40
"""Numbers of a vector that are drawn as bars; of longer ones as cells."""

Maps = npt.NDArray[np.float32]


def activations_of(network: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Return what each layer gives for some pictures, in the order of the calls.

    Args:
        network: Any module that takes the pictures; given back as it was found.
        images: (n, c, h, w) uint8, or float32 in [0, 1].

    Returns:
        A tensor for each call of a layer, in evaluation mode, of whatever shape it has; a layer that is called again
        has its number behind its path, as "relu#2".
    """
    with torch.no_grad(), as_found(network), watched(network) as calls:
        network(as_numbers(images))
    return {call.name: call.output for call in calls}


@dataclass(frozen=True, kw_only=True)
class Activations(Visualization):
    """Draw what each layer gives for a picture: the mean over its channels, then the channels that answer most.

    Args:
        channels: Single channels beside the mean, 0 or more.
        layers: Layers at most, evenly spread from the first to the last, at least 1.
        pictures: Pictures at most, one row for each, the first ones, at least 1.
        side: Pixels of a tile, at least 8.
    """

    about: ClassVar[str] = "what every layer of a network makes of a picture"
    requires: ClassVar[type | None] = Layered
    wants_images: ClassVar[bool] = True
    channels: int = 8
    layers: int = 30
    pictures: int = 3
    side: int = 64

    def __post_init__(self) -> None:
        if self.channels < 0 or min(self.layers, self.pictures) < 1 or self.side < 8:
            raise ConfigError(
                "Activations want 0 or more channels, at least 1 layer and 1 picture, and tiles of at least 8 pixels; "
                f"they are {self.channels}, {self.layers}, {self.pictures} and {self.side}."
            )

    def _draw(self, subject: Subject) -> list[Panel]:
        network, classifier = network_of(subject.classifier), subject.classifier
        found = survey(network, classifier.image_shape_)
        seen = as_seen(images_of(subject)[: self.pictures], found)
        with torch.no_grad(), as_found(network), watched(network) as calls:
            network(as_numbers(seen))
        able = [call for call in calls if call.name in found.layouts and not call.hands_on]
        chosen = _spread(able, self.layers)
        note = _note(
            len(calls), n_handing_on=sum(call.hands_on for call in calls), n_chosen=len(chosen), n_able=len(able)
        )
        pictures = [sheets.sized(tile, self.side) for tile in sheets.tiles_of(seen.numpy())]
        notes = [note] + [""] * len(chosen)
        if chosen[-1] is calls[-1]:
            notes[len(chosen) - 1] += f" They are the logits of {', '.join(classifier.class_names_)}."
        return [
            self._panel(at, call, found.layouts[call.name].maps(call.output).float().numpy(), pictures, note=words)
            for at, (call, words) in enumerate(zip(chosen, notes, strict=False), start=1)
        ]

    def _panel(self, at: int, call: Call, maps: Maps, pictures: list[sheets.Picture], *, note: str) -> Panel:
        name, kind = spoken(call.name), type(call.layer).__name__
        end, signed = sheets.scale_end(maps), bool(maps.min() < 0)
        if maps.shape[2:] == (1, 1):
            rows, text = self._vectors(maps[:, :, 0, 0], pictures, end=end, signed=signed)
            image = sheets.grid(rows, n_columns=2, gap=4)
        else:
            rows, text = self._maps(maps, pictures, end=end, signed=signed)
            image = sheets.grid(rows, n_columns=len(rows) // len(pictures))
        return Panel(
            name=f"activations-{at:03d}-{slug(call.name)}",
            title=f"{name} ({kind})",
            caption=f"Each row is one picture, and what {name} makes of it: {text}{note}",
            image=image,
        )

    def _maps(
        self, maps: Maps, pictures: list[sheets.Picture], *, end: float, signed: bool
    ) -> tuple[list[sheets.Picture], str]:
        n_channels = maps.shape[1]
        # The channels that answer most, of all pictures together; equal ones in their order.
        strengths = np.abs(maps).mean(axis=(0, 2, 3))
        strongest = np.sort(np.argsort(-strengths, kind="stable")[: self.channels])
        # What differs between channels cancels in their mean: on their scale there would be nothing to see.
        mean_end = sheets.scale_end(maps.mean(axis=1))
        tiles = []
        for picture, own in zip(pictures, maps, strict=True):
            levels = np.concatenate(
                [
                    sheets.levels(own.mean(axis=0, keepdims=True), end=mean_end, signed=signed),
                    sheets.levels(own[strongest], end=end, signed=signed),
                ]
            )
            tiles += [picture, *(sheets.sized(tile, self.side) for tile in sheets.tiles_of(levels))]
        height, width = maps.shape[2:]
        numbers = ", ".join(str(channel + 1) for channel in strongest)
        which = f", and those that answer most, number {numbers}" if len(strongest) else ""
        mean = f"the mean over {count(n_channels, 'channel')} of {height} x {width}"
        scale = f"{_scale(end, signed)} The mean has a scale of its own, which ends at {mean_end:.3g}."
        return tiles, f"{mean}{which}. {scale}"

    def _vectors(
        self, vectors: Maps, pictures: list[sheets.Picture], *, end: float, signed: bool
    ) -> tuple[list[sheets.Picture], str]:
        n = vectors.shape[1]
        tiles = []
        for picture, own in zip(pictures, vectors, strict=True):
            if n <= _MOST_BARS:
                drawn = sheets.bars(own, end=end, signed=signed, height=self.side, width=max(12, 96 // n))
            else:
                cells = sheets.strip(sheets.levels(own, end=end, signed=signed))
                drawn = sheets.sized(cells, 4 * self.side)
            tiles += [picture, drawn]
        if n <= _MOST_BARS:
            below = ", down where they are below 0" if signed else ""
            return tiles, f"{count(n, 'number')} as bars{below}. The longest stands for {end:.3g}."
        return tiles, f"{count(n, 'number')} as cells, row by row. {_scale(end, signed)}"


def _scale(end: float, signed: bool) -> str:
    if signed:
        return f"Mid-gray is 0, white {end:.3g}, black {-end:.3g}."
    return f"Black is 0, white {end:.3g}."


def _spread(calls: list[Call], most: int) -> list[Call]:
    """Return at most so many, the first and the last among them."""
    if len(calls) <= most:
        return calls
    places = np.unique(np.rint(np.linspace(0, len(calls) - 1, most)).astype(int)) if most > 1 else [len(calls) - 1]
    return [calls[place] for place in places]


def _note(n_calls: int, *, n_handing_on: int, n_chosen: int, n_able: int) -> str:
    """Say what is not drawn, counted."""
    said = []
    if n_chosen < n_able:
        n_others = n_able - n_chosen
        drawn = f"{n_chosen} {agree(n_chosen, 'is drawn', 'are drawn, evenly spread')}"
        said.append(f" Of {n_able} layers {drawn}, and {n_others} {agree(n_others, 'is', 'are')} left out.")
    if n_handing_on:
        said.append(f" Not drawn: {n_handing_on} that hand on what they get, such as dropout and flattening.")
    if others := n_calls - n_able - n_handing_on:
        said.append(f" Not drawn: {others} whose output is not one thing per picture.")
    return "".join(said)
