"""How many outputs a convolution, a pooling or a transposed convolution has along one side; no layers, no tensors."""

from typing import Literal, get_args

from linnet.errors import ConfigError

Rounding = Literal["floor", "ceil"]
Padding = Literal["same", "valid"]


def extent(kernel: int, *, dilation: int = 1) -> int:
    """Return how many pixels a window spans: its k taps stand d apart, so d (k - 1) + 1."""
    return dilation * (kernel - 1) + 1


def output_size(
    size: int,
    *,
    kernel: int,
    stride: int = 1,
    padding: int | Padding = 0,
    dilation: int = 1,
    mode: Rounding = "floor",
) -> int:
    """Return along one side how many places a window finds.

    Padding by p on both ends makes the side i + 2p long. The window spans e = d (k - 1) + 1 of it, so its first pixel
    may stand at 0, 1, ..., i + 2p - e. Every s-th of these places counts, the first one always:

        o = floor((i + 2p - d (k - 1) - 1) / s) + 1

    "ceil" (poolings only) rounds up: one more window may hang over the far end, unless it would begin behind the
    picture and its near padding, where it would see nothing: o is one less when (o - 1) s >= i + p. "valid" is p = 0.
    "same" pads by e - 1 in all, which is odd for windows of even extent: one end then gets one more, and o = i; with
    strides it has two meanings in use, so it is refused there, as torch does. Groups and what the padding is filled
    with (zeros, reflection, copies, the other end) change nothing.

    Args:
        size: i, pixels of the side, at least 1.
        kernel: k, taps of the window, at least 1.
        stride: s, at least 1.
        padding: p, pixels at each end, at least 0, or "same" or "valid".
        dilation: d, at least 1.
        mode: Which way the last step is rounded.

    Raises:
        ConfigError: a value outside these, or a window that does not fit even once.

    Source:
        Dumoulin and Visin 2016, relationship 6, with dilation as in section 5.1.

    Example:
        >>> output_size(32, kernel=3, stride=2, padding=1)
        16
    """
    _check_at_least(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    if mode not in get_args(Rounding):
        raise ConfigError(f"Rounding is floor or ceil; it came as {mode!r}.")
    if padding == "same":
        if stride != 1:
            raise ConfigError(f'Padding "same" wants a stride of 1; it came with {stride}; give the padding in pixels.')
        return size
    padding = 0 if padding == "valid" else padding
    _check_at_least(0, padding=padding)
    spare = size + 2 * padding - extent(kernel, dilation=dilation)
    last = -(-spare // stride) if mode == "ceil" else spare // stride
    if last * stride >= size + padding and mode == "ceil":
        last -= 1
    if last < 0:
        raise ConfigError(
            f"A window of {extent(kernel, dilation=dilation)} pixels does not fit into {size + 2 * padding} "
            f"({size} and {padding} of padding at each end); take a smaller one, or pad more."
        )
    return last + 1


def transposed_output_size(
    size: int, *, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1, output_padding: int = 0
) -> int:
    """Return along one side how many outputs a transposed convolution has.

    It is `output_size` read backwards: each of i inputs writes a window of extent d (k - 1) + 1, the next one s
    further on, and p pixels are cut off at both ends. Since division by s forgets up to s - 1 pixels, several sizes
    come from one; the output padding a says which is meant:

        o = (i - 1) s + d (k - 1) + 1 - 2p + a

    Args:
        size: i, at least 1.
        kernel: k, at least 1.
        stride: s, at least 1.
        padding: p, at least 0.
        dilation: d, at least 1.
        output_padding: a, at least 0, below the stride or the dilation.

    Raises:
        ConfigError: a value outside these, or nothing left after cutting.

    Source:
        Dumoulin and Visin 2016, relationship 14.
    """
    _check_at_least(1, size=size, kernel=kernel, stride=stride, dilation=dilation)
    _check_at_least(0, padding=padding, output_padding=output_padding)
    if output_padding >= max(stride, dilation):
        raise ConfigError(
            f"An output padding should be below the stride ({stride}) or the dilation ({dilation}); "
            f"it is {output_padding}."
        )
    result = (size - 1) * stride + extent(kernel, dilation=dilation) - 2 * padding + output_padding
    if result < 1:
        raise ConfigError(f"Cutting {padding} pixels off both ends leaves nothing ({result}); pad less.")
    return result


def _check_at_least(least: int, **values: object) -> None:
    for name, value in values.items():
        if not isinstance(value, int) or value < least:
            raise ConfigError(f"A window's {name.replace('_', ' ')} should be at least {least}; it is {value!r}.")
