"""How the output of a layer becomes maps over the picture, whatever order its axes have; no network runs here."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from typing import Literal

from torch import Tensor, nn

from linnet.training.anatomy.receptive import Pair

_WINDOWS = (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AvgPool2d)
"""Layers whose outputs are (b, c, h, w) always."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Say how an output is laid out.

    Attributes:
        kind: "channels first" is (b, c, h, w), "channels last" (b, h, w, c), "tokens" (b, t, d); everything else counts
            as a vector.
        grid: Of tokens: their rows and columns, after the first `n_extra` that stand for no place (a class token).
        n_extra: Tokens before the grid.
    """

    kind: Literal["channels first", "channels last", "tokens", "vector"]
    grid: Pair = (1, 1)
    n_extra: int = 0

    def maps(self, output: Tensor) -> Tensor:
        """Return (b, c, h, w); a vector of d numbers becomes d maps of one value."""
        if self.kind == "channels first":
            return output
        if self.kind == "channels last":
            return output.permute(0, 3, 1, 2)
        if self.kind == "tokens":
            # Tokens are in reading order, as patches were cut.
            return output[:, self.n_extra :].transpose(1, 2).reshape(len(output), -1, *self.grid)
        return output.flatten(1)[:, :, None, None]


def layouts_of(outputs: Sequence[tuple[str, nn.Module, Tensor]]) -> dict[str, Layout]:
    """Tell the layouts of all layers apart; those whose output is not one thing per picture are left out.

    Args:
        outputs: Name, layer, and (1, ...) output for a single picture, in the order of the calls.
    """
    found: dict[str, Layout] = {}
    grid: Pair | None = None
    last_of_shape: dict[tuple[int, ...], Layout] = {}
    for name, layer, output in outputs:
        shape = tuple(output.shape)
        if len(shape) < 2 or shape[0] != 1 or output.numel() == 0:
            continue
        layout = _layout(layer, shape, grid=grid, before=last_of_shape.get(shape))
        # Only what surely is a map sets the grid: attention has outputs of four axes, too, heads first.
        if isinstance(layer, _WINDOWS) and max(shape[2:]) > 1:
            grid = shape[2], shape[3]
        found[name] = last_of_shape[shape] = layout
    return found


def _layout(layer: nn.Module, shape: tuple[int, ...], *, grid: Pair | None, before: Layout | None) -> Layout:
    if len(shape) == 3:
        return _tokens(shape[1], grid)
    if len(shape) != 4:
        return Layout(kind="vector")
    # torch's linear layers and layer norms work on the last axis; what only bends numbers keeps the order it is given.
    if isinstance(layer, nn.Linear):
        return Layout(kind="channels last")
    if isinstance(layer, nn.LayerNorm) and shape[3] == layer.normalized_shape[-1] != shape[1]:
        return Layout(kind="channels last")
    return before if before is not None and not isinstance(layer, _WINDOWS) else Layout(kind="channels first")


def _tokens(n_tokens: int, grid: Pair | None) -> Layout:
    """Place tokens on the grid that the picture was last on, or on a square; otherwise they stand in one row."""
    if grid is not None and 0 <= n_tokens - grid[0] * grid[1] < grid[0] * grid[1]:
        return Layout(kind="tokens", grid=grid, n_extra=n_tokens - grid[0] * grid[1])
    for n_extra in (0, 1):
        side = isqrt(n_tokens - n_extra)
        if side > 1 and side * side == n_tokens - n_extra:
            return Layout(kind="tokens", grid=(side, side), n_extra=n_extra)
    return Layout(kind="tokens", grid=(1, n_tokens))
