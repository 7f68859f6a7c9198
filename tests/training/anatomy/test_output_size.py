import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from linnet.errors import ConfigError
from linnet.training.anatomy.output_size import extent, output_size, transposed_output_size

SIDES = st.integers(1, 24)
KERNELS = st.integers(1, 5)
STRIDES = st.integers(1, 4)
DILATIONS = st.integers(1, 3)
quick = settings(max_examples=80, deadline=None)


def side_of(layer, size, *, n_channels=1):
    """The side that torch gives, or None where it refuses."""
    with torch.no_grad():
        try:
            return layer(torch.zeros(1, n_channels, size)).shape[-1]
        except RuntimeError:
            return None


def mine(size, **window):
    try:
        return output_size(size, **window)
    except ConfigError:
        return None


def places_by_counting(size, *, kernel, stride, padding, dilation):
    """Move the window tap by tap over positions -padding .. size + padding - 1 and count where all taps fit."""
    count, first = 0, -padding
    while all(first + tap * dilation < size + padding for tap in range(kernel)):
        count, first = count + 1, first + stride
    return count or None


@quick
@given(size=SIDES, kernel=KERNELS, stride=STRIDES, padding=st.integers(0, 4), dilation=DILATIONS)
def test_it_is_the_number_of_places_found_by_moving_the_window(size, **window):
    assert mine(size, **window) == places_by_counting(size, **window)


@quick
@given(
    size=SIDES,
    kernel=KERNELS,
    stride=STRIDES,
    padding=st.integers(0, 4),
    dilation=DILATIONS,
    groups=st.sampled_from([1, 2, 4]),
    filling=st.sampled_from(["zeros", "reflect", "replicate", "circular"]),
)
def test_convolutions_of_torch_agree_whatever_their_groups_and_filling(size, groups, filling, **window):
    # Reflection has one pixel less to give than the side has, wrapping round as many.
    assume(window["padding"] <= {"reflect": size - 1, "circular": size}.get(filling, 4))
    theirs = nn.Conv1d(
        4, 4, window["kernel"], window["stride"], window["padding"], window["dilation"], groups, padding_mode=filling
    )
    assert mine(size, **window) == side_of(theirs, size, n_channels=4)


@quick
@given(size=SIDES, kernel=KERNELS, dilation=DILATIONS, padding=st.sampled_from(["same", "valid"]))
def test_padding_by_name_agrees_with_torch(size, kernel, dilation, padding):
    theirs = nn.Conv1d(1, 1, kernel, padding=padding, dilation=dilation)
    # Torch warns once that windows of even extent cost it a copy.
    if padding == "valid" or extent(kernel, dilation=dilation) % 2:
        assert mine(size, kernel=kernel, dilation=dilation, padding=padding) == side_of(theirs, size)


def test_same_keeps_the_side_also_for_windows_of_even_extent():
    assert output_size(7, kernel=4, padding="same") == 7
    assert output_size(7, kernel=50, padding="same", dilation=3) == 7


@quick
@given(
    size=SIDES,
    kernel=KERNELS,
    stride=STRIDES,
    share=st.floats(0, 1),
    dilation=DILATIONS,
    mode=st.sampled_from(["floor", "ceil"]),
)
def test_poolings_of_torch_agree_in_both_roundings(size, share, mode, **window):
    window["padding"] = int(share * (window["kernel"] // 2))
    theirs = nn.MaxPool1d(
        *(window[key] for key in ("kernel", "stride", "padding", "dilation")), ceil_mode=mode == "ceil"
    )
    assert mine(size, **window, mode=mode) == side_of(theirs, size)
    if window["dilation"] == 1:
        average = nn.AvgPool1d(window["kernel"], window["stride"], window["padding"], ceil_mode=mode == "ceil")
        assert mine(size, **window, mode=mode) == side_of(average, size)


@quick
@given(
    size=SIDES,
    kernel=KERNELS,
    stride=STRIDES,
    padding=st.integers(0, 4),
    dilation=DILATIONS,
    output_padding=st.integers(0, 3),
)
def test_transposed_convolutions_of_torch_agree(size, kernel, **window):
    assume(window["output_padding"] < max(window["stride"], window["dilation"]))
    theirs = side_of(nn.ConvTranspose1d(1, 1, kernel, **window), size)
    try:
        assert transposed_output_size(size, kernel=kernel, **window) == theirs
    except ConfigError:
        assert theirs is None


@quick
@given(size=SIDES, kernel=KERNELS, stride=STRIDES, padding=st.integers(0, 4), dilation=DILATIONS)
def test_a_transposed_convolution_leads_back_to_the_side_it_came_from(size, **window):
    down = mine(size, **window)
    assume(down is not None)
    forgotten = (size + 2 * window["padding"] - extent(window["kernel"], dilation=window["dilation"])) % window[
        "stride"
    ]
    assert transposed_output_size(down, **window, output_padding=forgotten) == size


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"kernel": 0}, "kernel should be at least 1; it is 0"),
        ({"kernel": 3, "stride": 0}, "stride should be at least 1"),
        ({"kernel": 3, "dilation": 0}, "dilation should be at least 1"),
        ({"kernel": 3, "padding": -1}, "padding should be at least 0; it is -1"),
        ({"kernel": 3, "padding": "full"}, "padding should be at least 0; it is 'full'"),
        ({"kernel": 3, "mode": "round"}, "floor or ceil; it came as 'round'"),
        ({"kernel": 3, "padding": "same", "stride": 2}, "stride of 1; it came with 2"),
        ({"kernel": 5, "dilation": 2, "padding": 1}, "window of 9 pixels does not fit into 8"),
    ],
)
def test_windows_that_are_none_are_refused(window, message):
    with pytest.raises(ConfigError, match=message):
        output_size(6, **window)


@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"kernel": 3, "stride": 2, "output_padding": 2}, "below the stride"),
        ({"kernel": 1, "padding": 3}, "leaves nothing"),
        ({"kernel": 2, "output_padding": -1}, "output padding should be at least 0"),
    ],
)
def test_transposed_windows_that_are_none_are_refused(window, message):
    with pytest.raises(ConfigError, match=message):
        transposed_output_size(3, **window)
