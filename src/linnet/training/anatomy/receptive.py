"""How much of the picture each value of a network sees, followed from tensor to tensor; no table, no counting.

Composition along a path: when neighboring inputs stand j pixels of the picture apart and each sees r of them, a window
of k taps, d inputs apart, moved by s inputs, sees r + d (k - 1) j pixels, and its outputs stand j s apart.

Where paths meet (a sum of a block and its shortcut, channels side by side) the larger field and the larger stride
hold: residual paths are aligned, so the larger field contains the smaller one. No hook sees such a sum, because it is
no layer; so every function that is called on a tensor is watched. What is known to work pixel by pixel passes fields
on, slicing is understood, and everything else gives None: the whole picture (flattening, global pooling, attention),
or not known (a window in a function instead of a layer). None stays None, also when it meets a known field: a channel
that is scaled by its global mean does depend on every pixel.

Two conventions. A field may be larger than the picture: it counts the padding. And norms pass fields on, although
those that normalize over the picture (group, instance, layer norm) let every pixel have a small say.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as with_options
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from linnet.training.anatomy.output_size import extent

Pair = tuple[int, int]

_BENDS = "relu relu6 leaky_relu prelu elu selu celu gelu silu mish hardswish hardsigmoid hardtanh sigmoid logsigmoid"
_SUMS = "add iadd radd sub isub rsub mul imul rmul div truediv itruediv rtruediv neg abs maximum minimum lerp where"
_SINGLE = "clamp clip exp log sqrt rsqrt square pow tanh softplus softsign threshold positive"
_NORMS = "batch_norm group_norm instance_norm layer_norm local_response_norm dropout dropout1d dropout2d alpha_dropout"
_SAME = "cat concat chunk split pad contiguous clone detach to type float double half bfloat16 requires_grad"
POINTWISE = frozenset(" ".join((_BENDS, _SUMS, _SINGLE, _NORMS, _SAME, "feature_alpha_dropout")).split())
"""Functions of torch, less their underscores, whose outputs see what the inputs at the same place see."""


@dataclass(frozen=True)
class Field:
    """Say what one value sees, in pixels of the picture, height before width.

    Args:
        size: Pixels seen along each side.
        stride: Pixels between what neighboring values see.
        start: Row and column of the first pixel that the first value sees; below 0 where it sees padding. Left out
            when fields are compared.
    """

    size: Pair = (1, 1)
    stride: Pair = (1, 1)
    start: Pair = with_options(default=(0, 0), compare=False)

    def through(self, *, kernel: Pair, stride: Pair, dilation: Pair = (1, 1), padding: Pair = (0, 0)) -> "Field":
        """Return what a window over such values sees, which begins `padding` values before the first one."""
        (h, w), (down, across) = self.size, self.stride
        grown = extent(kernel[0], dilation=dilation[0]) - 1, extent(kernel[1], dilation=dilation[1]) - 1
        return Field(
            (h + grown[0] * down, w + grown[1] * across),
            (down * stride[0], across * stride[1]),
            (self.start[0] - padding[0] * down, self.start[1] - padding[1] * across),
        )


def meeting(fields: Iterable[Field | None]) -> Field | None:
    """Return what values see that are made of several: the largest, None where one is None."""
    known = list(fields)
    whole = [field for field in known if field is not None]
    if not whole or len(whole) < len(known):
        return None
    sizes, strides, starts = zip(*((field.size, field.stride, field.start) for field in whole), strict=True)
    return Field(
        (max(h for h, _ in sizes), max(w for _, w in sizes)),
        (max(h for h, _ in strides), max(w for _, w in strides)),
        (min(h for h, _ in starts), min(w for _, w in starts)),
    )


class FieldTracker(TorchFunctionMode):
    """Follow a picture through a network: enter it, run the network, and show it each layer's input and output.

    Args:
        picture: (1, c, h, w), the network's input.
    """

    def __init__(self, picture: Tensor) -> None:
        super().__init__()
        # Tensors are kept beside their fields: an id is given again once its tensor is gone.
        self._known: dict[int, tuple[Tensor, Field | None]] = {id(picture): (picture, Field())}

    def begin(self, picture: Tensor) -> None:
        """Let a tensor be the picture from here on, as where a network shrinks what comes in before its first layer."""
        self._note(picture, Field())

    def field(self, tensor: Tensor) -> Field | None:
        """Return what is known of a tensor's values; None is the whole picture or not known."""
        return self._known.get(id(tensor), (tensor, None))[1]

    def show_layer(self, layer: nn.Module, inputs: Sequence[Any], outputs: Any) -> None:
        """Take a layer's word for its window; layers without one are what the functions in them made of them."""
        entering, leaving = first_tensor(inputs), first_tensor(outputs)
        if entering is None or leaving is None or id(entering) not in self._known:
            return
        window, field = _window(layer, entering), self.field(entering)
        if window is not None and field is not None:
            self._note(leaving, field.through(**window))
        elif id(leaving) not in self._known:
            # Made behind torch's back, as by NumPy; it must not pass for a constant in later sums.
            self._note(leaving, None)

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """Run a function of torch and note what its outputs see; called by torch."""
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        name = str(getattr(func, "__name__", "")).strip("_")
        if inputs := [t for t in tensors_in((args, kwargs)) if id(t) in self._known]:
            # What is written into an existing tensor comes from somewhere else: nothing is known of the mixture.
            for output in tensors_in(args[0] if name == "setitem" else result):
                self._note(output, self._after(name, (args, kwargs), inputs, output))
        return result

    def _after(self, name: str, call: tuple[Any, Any], inputs: Sequence[Tensor], output: Tensor) -> Field | None:
        args, kwargs = call
        field = meeting(self.field(tensor) for tensor in inputs)
        if field is None or output.ndim != 4:
            return None
        if name == "getitem":
            steps = _steps(args[1], inputs[0])
            return field.through(kernel=(1, 1), stride=steps[0], padding=steps[1]) if steps else None
        keeps_sides = all(tensor.shape[-2:] == output.shape[-2:] for tensor in inputs)
        if name == "pad":
            return field.through(kernel=(1, 1), stride=(1, 1), padding=_padding(args, kwargs))
        return field if name in POINTWISE and keeps_sides else None

    def _note(self, tensor: Tensor, field: Field | None) -> None:
        self._known[id(tensor)] = (tensor, field)


def tensors_in(tree: Any) -> Iterator[Tensor]:
    """Yield the tensors in nested tuples, lists and tables."""
    if isinstance(tree, Tensor):
        yield tree
    elif isinstance(tree, tuple | list | dict):
        for branch in tree.values() if isinstance(tree, dict) else tree:
            yield from tensors_in(branch)


def first_tensor(tree: Any) -> Tensor | None:
    """Return the first of `tensors_in`."""
    return next(tensors_in(tree), None)


def _window(layer: nn.Module, entering: Tensor) -> dict[str, Pair] | None:
    """Return the window that a layer moves over such an input; None for other layers and global pooling."""
    if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d | nn.LPPool2d):
        kernel = _pair(layer.kernel_size)
        stride = kernel if layer.stride is None else _pair(layer.stride)
        dilation = _pair(getattr(layer, "dilation", 1))
        padding = _before(getattr(layer, "padding", 0), kernel=kernel, dilation=dilation)
        return {"kernel": kernel, "stride": stride, "dilation": dilation, "padding": padding}
    if isinstance(layer, nn.AdaptiveAvgPool2d | nn.AdaptiveMaxPool2d):
        wanted, sides = _pair(layer.output_size), entering.shape[-2:]
        cells = wanted[0] or sides[0], wanted[1] or sides[1]
        # Only where sides divide evenly do all windows have one size and one step.
        if cells != (1, 1) and sides[0] % cells[0] == 0 and sides[1] % cells[1] == 0:
            step = sides[0] // cells[0], sides[1] // cells[1]
            return {"kernel": step, "stride": step}
    return None


def _pair(value: Any) -> Any:
    return tuple(value) if isinstance(value, tuple | list) else (value, value)


def _before(padding: Any, *, kernel: Pair, dilation: Pair) -> Pair:
    """Return how many values are put before the first row and column; "same" puts an odd one behind the last."""
    if padding == "valid":
        return 0, 0
    if padding == "same":
        return (extent(kernel[0], dilation=dilation[0]) - 1) // 2, (extent(kernel[1], dilation=dilation[1]) - 1) // 2
    rows, columns = _pair(padding)
    return rows, columns


def _padding(args: Sequence[Any], kwargs: Mapping[str, Any]) -> Pair:
    """Return the same of torch's `pad`, which names the last side first, each with before and behind."""
    amounts = [*(args[1] if len(args) > 1 else kwargs["pad"]), 0, 0, 0, 0]
    return int(amounts[2]), int(amounts[0])


def _steps(index: Any, source: Tensor) -> tuple[Pair, Pair] | None:
    """Return every which row and column an index of a 4-D tensor takes, and, below 0, how many it leaves out before.

    None where it is not made of slices.
    """
    parts = index if isinstance(index, tuple) else (index,)
    if len(parts) > 4 or not all(isinstance(part, slice) for part in parts):
        return None
    rows, columns = (*parts, *[slice(None)] * (4 - len(parts)))[2:]
    (top, _, down), (left, _, across) = rows.indices(source.shape[2]), columns.indices(source.shape[3])
    return (down, across), (-top, -left)
