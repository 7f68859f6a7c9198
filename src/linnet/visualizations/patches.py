"""The pieces of training pictures that a layer's filters answer most: what they look for, shown instead of guessed."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from linnet import seeds
from linnet.classifiers.capabilities import Layered
from linnet.classifiers.keeping import as_found
from linnet.datasets.base import Dataset
from linnet.errors import ConfigError, DataError, UnsupportedError
from linnet.training.anatomy.receptive import Field
from linnet.visualizations import layers, sheets
from linnet.visualizations.base import Panel, Subject, Visualization, training_of
from linnet.words import count


@dataclass(frozen=True, eq=False, kw_only=True)
class Best:
    """Hold for each filter the pictures that it answers most, best first, at most one place in each.

    Attributes:
        values: (c, m) float32, the answers.
        rows: (c, m) int64, the pictures' places in the data.
        places: (c, m) int64, where in the map, counted row by row.
    """

    values: Tensor
    rows: Tensor
    places: Tensor


@dataclass(frozen=True, kw_only=True)
class Patches(Visualization):
    """Draw a row for each filter: the regions of training pictures where it answers most, as large as its field.

    Args:
        layer: A layer by its name; empty: the last convolution whose values see less than half of the picture, or else
            the first layer with weights. Where a value sees the whole picture, whole pictures are drawn.
        filters: Which filters, counted from 1; empty: the `rows` filters that answer most.
        rows: Filters drawn where none are named, at least 1.
        columns: Patches for each, at least 1.
        pictures: Training pictures that are looked at, drawn at random where there are more; at least 1.
        batch: Pictures at a time, at least 1; bounds memory.
        side: Pixels of a tile, at least 8.

    Source:
        Zeiler and Fergus 2014, section 4.1; Girshick, Donahue, Darrell and Malik 2014, section 3.1.
    """

    about: ClassVar[str] = "the pieces of training pictures that a filter answers most"
    requires: ClassVar[type | None] = Layered
    wants_train: ClassVar[bool] = True
    layer: str = ""
    filters: tuple[int, ...] = ()
    rows: int = 8
    columns: int = 8
    pictures: int = 2000
    batch: int = 64
    side: int = 64

    def __post_init__(self) -> None:
        if min(self.rows, self.columns, self.pictures, self.batch) < 1 or self.side < 8:
            raise ConfigError(
                "Patches want at least 1 row, column, picture and picture to a batch, and tiles of at least 8 pixels; "
                f"they are {self.rows}, {self.columns}, {self.pictures}, {self.batch} and {self.side}."
            )

    def _draw(self, subject: Subject) -> list[Panel]:
        network = layers.network_of(subject.classifier)
        found = layers.survey(network, subject.classifier.image_shape_)
        call = found.find(self.layer) if self.layer else _usual(found)
        field = found.fields[call.name]
        train = self._looked_at(subject)
        best = self._search(network, call.name, found, train)
        chosen = self._filters(best)
        width = found.layouts[call.name].maps(call.output).shape[3]
        tiles = []
        for channel in chosen:
            for row, place in zip(best.rows[channel].tolist(), best.places[channel].tolist(), strict=True):
                picture = sheets.tiles_of(layers.as_seen(train.subset([row]).images, found).numpy())[0]
                box = box_of(field, place // width, place % width, sides=found.sides)
                tiles.append(sheets.sized(sheets.cut_out(picture, box), self.side))
        name = layers.spoken(call.name)
        return [
            Panel(
                name=f"patches-{layers.slug(call.name)}",
                title=f"What the filters of {name} look for",
                caption=self._caption(name, chosen, field=field, n_seen=len(train), n_channels=len(best.rows)),
                image=sheets.grid(tiles, n_columns=best.rows.shape[1]),
            )
        ]

    def _looked_at(self, subject: Subject) -> Dataset:
        """Return the training pictures that are looked at, in their order."""
        train = training_of(subject)
        if len(train) <= self.pictures:
            return train
        order = torch.randperm(len(train), generator=seeds.torch_generator(subject.seed, "patches"))
        return train.subset(order[: self.pictures].sort().values)

    def _search(self, network: nn.Module, name: str, found: layers.Survey, train: Dataset) -> Best:
        """Return the best places of every filter; of all pictures, only those are kept in memory that may be drawn."""
        best: Best | None = None
        n_before = 0
        with torch.no_grad(), as_found(network):
            for images, _ in train.batches(self.batch):
                with layers.watched(network, only=(name,)) as calls:
                    network(layers.as_numbers(layers.as_seen(images, found)))
                here = best_places(found.layouts[name].maps(calls[0].output).float(), first_row=n_before)
                best = merged(here if best is None else joined(best, here), self.columns)
                n_before += len(images)
        if best is None:
            raise DataError("There is no training picture to look for patches in; give at least one.")
        return best

    def _filters(self, best: Best) -> list[int]:
        n_channels = len(best.values)
        outside = [number for number in self.filters if not 1 <= number <= n_channels]
        if outside:
            raise ConfigError(f"Filters are counted from 1 to {n_channels} here; {outside[0]} was asked for.")
        if self.filters:
            return [number - 1 for number in self.filters]
        strongest = best.values.mean(dim=1).argsort(descending=True, stable=True)[: self.rows]
        return sorted(strongest.tolist())

    def _caption(self, name: str, chosen: list[int], *, field: Field | None, n_seen: int, n_channels: int) -> str:
        numbers = ", ".join(str(channel + 1) for channel in chosen)
        size = "whole pictures" if field is None else f"pieces of {field.size[0]} x {field.size[1]} pixels"
        edge = "" if field is None else " Light gray is what lies beyond the picture's edge."
        why = "" if self.filters else ", those that answer most"
        return (
            f"Each row is one filter of {name}, number {numbers} of {n_channels}{why}. In it stand the {size} that it "
            f"answers most among {count(n_seen, 'training picture')}, best first, at most one from each picture.{edge}"
        )


def best_places(maps: Tensor, *, first_row: int) -> Best:
    """Return for each channel the best place in each picture.

    Args:
        maps: (b, c, h, w) float.
        first_row: The place of the first picture in the data.

    Returns:
        Fields of shape (c, b), in the pictures' order; of equal values the first place counts.
    """
    flat: npt.NDArray[np.float32] = maps.flatten(2).numpy()
    places = torch.from_numpy(np.argmax(flat, axis=2))
    values = maps.flatten(2).gather(2, places[:, :, None])[:, :, 0]
    rows = torch.arange(first_row, first_row + len(maps)).expand(maps.shape[1], -1)
    return Best(values=values.T, rows=rows, places=places.T)


def joined(one: Best, other: Best) -> Best:
    """Set the pictures of another search behind those of one."""
    return Best(
        values=torch.cat([one.values, other.values], dim=1),
        rows=torch.cat([one.rows, other.rows], dim=1),
        places=torch.cat([one.places, other.places], dim=1),
    )


def merged(best: Best, most: int) -> Best:
    """Keep the best `most` pictures of each filter, best first, equal ones in their order."""
    order = best.values.argsort(dim=1, descending=True, stable=True)[:, :most]
    return Best(
        values=best.values.gather(1, order), rows=best.rows.gather(1, order), places=best.places.gather(1, order)
    )


def box_of(field: Field | None, row: int, column: int, *, sides: tuple[int, int]) -> sheets.Box:
    """Return what a value of a map sees; None is the whole picture."""
    if field is None:
        return 0, 0, *sides
    top, left = field.start[0] + row * field.stride[0], field.start[1] + column * field.stride[1]
    return top, left, *field.size


def _usual(found: layers.Survey) -> layers.Call:
    """Return the layer that is drawn where none is named."""
    height, width = found.sides
    able = [call for call in found.weighted() if call.name in found.layouts]
    if not able:
        raise UnsupportedError("This network has no convolution and no linear layer whose filters could be drawn.")
    small = [
        call
        for call in able
        if (field := found.fields[call.name]) is not None and 2 * field.size[0] * field.size[1] < height * width
    ]
    return small[-1] if small else able[0]
