"""Which layers of a network hold a map of the picture: found by looking at what comes out, for any architecture."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from linnet import seeds
from linnet.classifiers.keeping import as_found
from linnet.errors import UnknownNameError, UnsupportedError

_MOST_PREFIX = 16
"""Tokens beside those of the picture: the class's, and registers."""

Outputs = list[tuple[str, Tensor]]


@dataclass(frozen=True, kw_only=True)
class MapLayer:
    """Hold where in a network a map of the picture comes out, and how it lies in memory.

    Attributes:
        name: Of the layer, as in `named_modules`.
        grid: (rows, columns) of the map.
        order: "channels-first" (b, d, rows, columns); "channels-last" (b, rows, columns, d); "tokens" (b, tokens, d).
        n_prefix: Tokens that stand before those of the picture.
        counts: Whether logits hang on the map's places: behind the last layer that mixes tokens, those of the picture
            say nothing any more where only the class's token is read.
    """

    name: str
    grid: tuple[int, int]
    order: Literal["channels-first", "channels-last", "tokens"]
    n_prefix: int = 0
    counts: bool = True

    def arranged(self, outputs: Tensor) -> Tensor:
        """Return (b, d, rows, columns) for what came out of the layer, or for its gradient."""
        if self.order == "channels-first":
            return outputs
        if self.order == "channels-last":
            return outputs.permute(0, 3, 1, 2)
        return outputs[:, self.n_prefix :].transpose(1, 2).reshape(len(outputs), -1, *self.grid)


def map_layers(network: nn.Module, image_shape: tuple[int, int, int]) -> list[MapLayer]:
    """List the layers with a map of more than one place, in the order in which they are done.

    Two pictures of noise are sent through, and what each layer gives is looked at. A layer that is used several times
    comes several times.

    Args:
        network: Maps (b, c, h, w) float32 in [0, 1] to (b, k); given back as it was found.
        image_shape: (c, h, w).
    """
    generator = seeds.torch_generator(0, "noise that finds maps")
    images = torch.rand(2, *image_shape, generator=generator)
    with as_found(network), torch.enable_grad(), recorded(network) as outputs:
        logits = network(images.requires_grad_())
        # Weights at random: in a plain sum of logits, slopes of classes could cancel each other.
        total = (logits * torch.rand(logits.shape, generator=generator)).sum() + 0 * images.sum()
        found = _located(outputs, image_shape)
        slopes = (
            torch.autograd.grad(total, [value for _, value in found], allow_unused=True, materialize_grads=True)
            if found
            else ()
        )
    return [_judged(layer, slope) for (layer, _), slope in zip(found, slopes, strict=True)]


def last_map(layers: list[MapLayer]) -> MapLayer | None:
    """Return the last layer whose map counts; the last of all where none does (all weights are 0)."""
    return next((layer for layer in reversed(layers) if layer.counts), layers[-1] if layers else None)


def chosen_map(network: nn.Module, image_shape: tuple[int, int, int], *, layer: str, rung: str) -> MapLayer:
    """Return the map of a named layer, or the last one.

    Args:
        network: See `map_layers`.
        image_shape: (c, h, w).
        layer: Its name, or the end of it behind a dot ("conv6" for "body.conv6"); empty: the last one.
        rung: Name of the rung, for messages.

    Raises:
        UnknownNameError: no layer of this name has a map.
        UnsupportedError: no layer has one.
    """
    layers = map_layers(network, image_shape)
    last = last_map(layers)
    if last is None:
        raise UnsupportedError(
            f"grad-cam wants a layer with a map of the picture, and {rung} has none for pictures of {image_shape}; "
            "gradient and integrated-gradients explain it."
        )
    if not layer:
        return last
    named = [found for found in layers if found.name == layer]
    named = named or [found for found in layers if found.name.endswith(f".{layer}")]
    if not named:
        raise UnknownNameError(f"layer with a map in {rung}", layer, dict.fromkeys(found.name for found in layers))
    return named[-1]


@contextmanager
def recorded(network: nn.Module, *, only: str = "") -> Iterator[Outputs]:
    """Keep what comes out of layers while a network works, with their graph.

    Args:
        network: Any; it has its hooks off again afterwards.
        only: Name of one layer; empty: all of them.

    Yields:
        (name, output) in the order in which layers are done; outputs that are no tensor are left out.
    """
    outputs: Outputs = []

    def keeping(name: str) -> Any:
        def keep(layer: nn.Module, inputs: Any, output: Any) -> Any:
            if not isinstance(output, Tensor):
                return output
            outputs.append((name, output))
            # The network goes on with a copy: an addition in place would change what is kept.
            return output.clone()

        return keep

    hooks = [
        layer.register_forward_hook(keeping(name))
        for name, layer in network.named_modules()
        if name and name == (only or name)
    ]
    try:
        yield outputs
    finally:
        for hook in hooks:
            hook.remove()


def _judged(layer: MapLayer, slope: Tensor) -> MapLayer:
    counts = bool(layer.arranged(slope).any())
    return MapLayer(name=layer.name, grid=layer.grid, order=layer.order, n_prefix=layer.n_prefix, counts=counts)


def _located(outputs: Outputs, image_shape: tuple[int, int, int]) -> list[tuple[MapLayer, Tensor]]:
    """Tell maps from what else comes out of layers.

    A map has four dimensions; or three, if it is the row of tokens of an earlier map's places. The latter are as wide
    as the first such row: hidden units of a block, and queries, keys and values side by side, are wider. What has four
    dimensions, of which one is a number of tokens, is the inside of an attention: (b, heads, tokens, d).
    """
    found: list[tuple[MapLayer, Tensor]] = []
    grid, token_counts, token_width = (0, 0), set[int](), 0
    for name, value in outputs:
        if len(value) != 2 or not value.is_floating_point():
            continue  # windows of a picture, as Swin has them, are more than there are pictures
        if value.ndim == 4 and not token_counts & {value.shape[1], value.shape[2]}:
            layer = _of_four(name, value, image_shape)
            grid = layer.grid
            if math.prod(grid) > 1:
                found.append((layer, value))
        elif value.ndim == 3 and 0 <= value.shape[1] - math.prod(grid) <= _MOST_PREFIX and math.prod(grid) > 1:
            token_counts.add(value.shape[1])
            token_width = token_width or value.shape[2]
            if value.shape[2] == token_width:
                prefix = value.shape[1] - math.prod(grid)
                found.append((MapLayer(name=name, grid=grid, order="tokens", n_prefix=prefix), value))
    return found


def _of_four(name: str, value: Tensor, image_shape: tuple[int, int, int]) -> MapLayer:
    """Tell (b, d, rows, columns) from (b, rows, columns, d): a map has about the picture's proportions."""
    _, height, width = image_shape

    def stretch(rows: int, columns: int) -> float:
        return abs(math.log(height * columns / (width * rows)))

    first, last = (value.shape[2], value.shape[3]), (value.shape[1], value.shape[2])
    # In doubt the channels are first, as nearly everywhere: pooling may bend proportions by a factor of 2.
    if stretch(*last) + math.log(2) < stretch(*first):
        return MapLayer(name=name, grid=last, order="channels-last")
    return MapLayer(name=name, grid=first, order="channels-first")
