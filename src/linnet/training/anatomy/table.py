"""The table of a network's layers: outputs, parameters, operations, memory, fields; how it is shown is not said here.

Operations are floating-point operations of the forward pass of one picture, a multiplication and an addition counting
as two, and of matrix products only, as everybody counts: convolutions, linear layers and attention. A convolution has
2 k_h k_w (c_in / groups) for each output, a linear layer 2 d for each; biases, norms, activations and poolings are left
out.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from linnet.errors import ConfigError, ImagesError
from linnet.training.anatomy.receptive import FieldTracker, Pair, first_tensor


@dataclass(frozen=True, kw_only=True)
class LayerRow:
    """Describe one call of one layer.

    Args:
        name: Path of the layer in the network; empty for the network itself.
        kind: Its class.
        output_shape: Of one picture, without the batch; () where it was never called or gives no tensor.
        parameters: Numbers learned in it; 0 where an earlier row has counted them.
        flops: Per picture; see this file's head.
        output_bytes: Memory of its output for the whole batch.
        receptive_field: Pixels of the picture, (h, w), that one output sees; None: the whole picture, or not known.
        stride: Pixels of the picture between neighboring outputs, (h, w); None with the field.
    """

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int
    flops: int
    output_bytes: int
    receptive_field: Pair | None
    stride: Pair | None


@dataclass(frozen=True, kw_only=True)
class NetworkTable:
    """Describe a network by its layers in the order of their calls, and in all.

    Args:
        input_shape: (c, h, w).
        batch_size: Pictures that memory is counted for.
        rows: One per call of a layer; whatever holds parameters and was never called comes last.
        parameters: Numbers learned; the sum of the rows'.
        buffers: Other numbers saved with them, as a norm's running means.
        n_bytes: Of parameters and buffers, as saved.
    """

    input_shape: tuple[int, int, int]
    batch_size: int
    rows: tuple[LayerRow, ...]
    parameters: int
    buffers: int
    n_bytes: int

    @property
    def flops(self) -> int:
        """Operations of the forward pass of one picture; training takes about three times as many."""
        return sum(row.flops for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """Memory of all outputs of the batch, which training keeps for the backward pass; views count as copies."""
        return sum(row.output_bytes for row in self.rows)

    def to_plain(self) -> dict[str, Any]:
        """Return what JSON can hold; rows under their column names, totals beside them."""
        plain = asdict(self) | {"flops": self.flops, "activation_bytes": self.activation_bytes}
        rows = [{key: list(v) if isinstance(v, tuple) else v for key, v in row.items()} for row in plain["rows"]]
        return plain | {"input_shape": list(self.input_shape), "rows": rows}


def describe_network(network: nn.Module, input_shape: tuple[int, int, int], *, batch_size: int = 1) -> NetworkTable:
    """Send one black picture through a network and write down every layer that it meets.

    The network is left as it was found: modes, hooks and buffers.

    Args:
        network: Any module that takes (n, c, h, w).
        input_shape: (c, h, w), each at least 1.
        batch_size: Pictures that memory is counted for, at least 1.

    Raises:
        ConfigError: a shape or batch size that is none.
        ImagesError: the network does not take pictures of this shape.

    Example:
        >>> table = describe_network(nn.Sequential(nn.Conv2d(3, 4, 5, stride=2), nn.ReLU()), (3, 9, 9))
        >>> [(row.kind, row.output_shape, row.receptive_field, row.flops) for row in table.rows]
        [('Conv2d', (4, 3, 3), (5, 5), 5400), ('ReLU', (4, 3, 3), (5, 5), 0)]
    """
    if len(input_shape) != 3 or min(*input_shape, batch_size) < 1:
        raise ConfigError(
            "A network is described for pictures of (channels, height, width) and a batch, each at least 1; "
            f"it got {input_shape!r} and {batch_size!r}."
        )
    like = next(network.parameters(), torch.zeros(()))
    picture = torch.zeros(1, *input_shape, dtype=like.dtype, device=like.device)
    # Operations are counted by torch itself, below the layers, so that products outside any layer count too.
    fields, counter = FieldTracker(picture), FlopCounterMode(display=False)
    watch = _Watch(network, fields, counter, batch_size=batch_size)
    try:
        with torch.no_grad(), _in_eval_mode(network), watch.hooked(), counter, fields:
            network(picture)
    except (RuntimeError, ValueError, IndexError) as error:
        raise ImagesError(f"This network does not take pictures of shape {input_shape} ({error}).") from error
    saved = {id(value): value for value in network.state_dict(keep_vars=True).values() if isinstance(value, Tensor)}
    learned = sum(value.numel() for value in saved.values() if isinstance(value, nn.Parameter))
    return NetworkTable(
        input_shape=input_shape,
        batch_size=batch_size,
        rows=(*watch.rows, *watch.never_called()),
        parameters=learned,
        buffers=sum(value.numel() for value in saved.values()) - learned,
        n_bytes=sum(value.numel() * value.element_size() for value in saved.values()),
    )


class _Watch:
    """Write a row whenever a layer returns: a module without parts, or one with parameters or products of its own."""

    def __init__(self, network: nn.Module, fields: FieldTracker, counter: FlopCounterMode, *, batch_size: int) -> None:
        self.rows: list[LayerRow] = []
        self._names = {module: name for name, module in network.named_modules()}
        self._fields, self._counter, self._batch_size = fields, counter, batch_size
        self._counted: set[int] = set()
        self._open: list[Pair] = []

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """Hook every module while this is entered."""
        with ExitStack() as hooks:
            for module in self._names:
                hooks.callback(module.register_forward_pre_hook(self._entering).remove)
                hooks.callback(module.register_forward_hook(self._leaving).remove)
            yield

    def never_called(self) -> Iterator[LayerRow]:
        """Yield rows for parameters that were used by no call of their owner, or not at all."""
        for module in self._names:
            if n := self._new_parameters(module):
                yield self._row(module, None, parameters=n, flops=0)

    def _entering(self, module: nn.Module, args: Any) -> None:
        # Operations until now, and of its parts, which are told when they return.
        self._open.append((self._counter.get_total_flops(), 0))

    def _leaving(self, module: nn.Module, args: Any, output: Any) -> None:
        before, of_parts = self._open.pop()
        spent = self._counter.get_total_flops() - before
        if self._open:
            outer_before, outer_parts = self._open[-1]
            self._open[-1] = (outer_before, outer_parts + spent)
        self._fields.show_layer(module, args, output)
        parameters, own = self._new_parameters(module), spent - of_parts
        if parameters or own or next(module.children(), None) is None:
            self.rows.append(self._row(module, first_tensor(output), parameters=parameters, flops=own))

    def _new_parameters(self, module: nn.Module) -> int:
        """Count a module's own parameters that no earlier row has counted: layers may share them."""
        new = {id(p): p.numel() for p in module.parameters(recurse=False) if id(p) not in self._counted}
        self._counted |= set(new)
        return sum(new.values())

    def _row(self, module: nn.Module, output: Tensor | None, *, parameters: int, flops: int) -> LayerRow:
        field = None if output is None else self._fields.field(output)
        return LayerRow(
            name=self._names[module],
            kind=type(module).__name__,
            output_shape=() if output is None else tuple(output.shape[1:]),
            parameters=parameters,
            flops=flops,
            output_bytes=0 if output is None else output.numel() * output.element_size() * self._batch_size,
            receptive_field=None if field is None else field.size,
            stride=None if field is None else field.stride,
        )


@contextmanager
def _in_eval_mode(network: nn.Module) -> Iterator[None]:
    """Switch dropout and running means off, and back to what each module had, which need not be the same for all."""
    modes = {module: module.training for module in network.modules()}
    network.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
