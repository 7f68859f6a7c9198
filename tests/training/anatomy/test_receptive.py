import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from linnet.training.anatomy.receptive import Field, FieldTracker, first_tensor, meeting, tensors_in


def field_of(network, shape=(1, 1, 48, 48)):
    """What the network's last output is known to see."""
    picture = torch.zeros(shape)
    tracker = FieldTracker(picture)
    for layer in network.modules():
        layer.register_forward_hook(tracker.show_layer)
    with torch.no_grad(), tracker:
        output = network.eval()(picture)
    return tracker.field(output)


def positive(network):
    """Give every weight a random positive value and every bias none, so that nothing cancels."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.zero_() if name.endswith("bias") else parameter.uniform_(0.5, 1.5)
    return network.double()


def reached(gradient):
    """Ranges (first, last) of rows and columns that are not zero."""
    sides = []
    for axis in (1, 0):
        at = torch.nonzero(gradient.sum(axis))
        sides.append((int(at[0]), int(at[-1])))
    return sides


def seen_by_autograd(network, shape):
    """Extents and steps from the gradients of two outputs at the center, one row and one column apart."""
    picture = torch.ones(shape, dtype=torch.float64, requires_grad=True)
    output = positive(network)(picture)
    y, x = output.shape[2] // 2, output.shape[3] // 2
    ranges = []
    for row, column in ((y, x), (y - 1, x - 1)):
        (gradient,) = torch.autograd.grad(output[0, :, row, column].sum(), picture, retain_graph=True)
        ranges.append(reached(gradient[0].sum(0)))
    size = tuple(last - first + 1 for first, last in ranges[0])
    stride = tuple(here[0] - before[0] for here, before in zip(*ranges, strict=True))
    return Field(size, stride)


WINDOWS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["conv", "average", "depthwise"]),
        "kernel": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "stride": st.tuples(st.integers(1, 2), st.integers(1, 2)),
        "dilation": st.tuples(st.integers(1, 3), st.integers(1, 3)),
    }
)


def layer_of(kind, kernel, stride, dilation):
    if kind == "average":
        return nn.AvgPool2d(kernel, stride)
    return nn.Conv2d(2, 2, kernel, stride, dilation=dilation, groups=2 if kind == "depthwise" else 1)


@settings(max_examples=40, deadline=None)
@given(windows=st.lists(WINDOWS, min_size=1, max_size=4))
def test_fields_of_random_stacks_are_what_gradients_reach(windows):
    stack = nn.Sequential(*[layer_of(**window) for window in windows])
    field = field_of(stack, (1, 2, 150, 150))
    # Just large enough for two outputs each way, so that nothing is cut off at the borders.
    h, w = (size + step for size, step in zip(field.size, field.stride, strict=True))
    assert seen_by_autograd(stack, (1, 2, h, w)) == field


@settings(max_examples=15, deadline=None)
@given(
    windows=st.lists(
        st.tuples(st.booleans(), st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)), min_size=1, max_size=3
    )
)
def test_fields_through_maxima_are_the_rows_that_move_the_output(windows):
    layers = [
        nn.MaxPool2d(kernel, stride, dilation=dilation) if pools else nn.Conv2d(1, 1, kernel, stride, dilation=dilation)
        for pools, kernel, stride, dilation in windows
    ]
    stack = nn.Sequential(*layers)
    field = field_of(stack)
    side = field.size[0] + 2
    pictures = torch.ones(side + 1, 1, side, side, dtype=torch.float64)
    pictures[torch.arange(side), :, torch.arange(side)] = 1e6  # One row of each but the last shines.
    with torch.no_grad():
        outputs = positive(stack)(pictures)[:, 0, 0, 0]
    moved = torch.nonzero(outputs[:-1] > 2 * outputs[-1])  # by far: pictures of a batch may be rounded differently
    assert int(moved[-1] - moved[0]) + 1 == field.size[0] == field.size[1]


class Block(nn.Module):
    """Add a path to a shortcut, neither of them in a layer that a hook could see."""

    def __init__(self, how):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(2, 2, 3, stride=2, padding=1), nn.Conv2d(2, 2, 3, padding=1)
        self.shortcut = nn.Conv2d(2, 2, 1, stride=2)
        self.how = how

    def forward(self, x):
        path = self.conv2(functional.relu(self.conv1(x)))
        if self.how == "sliced":
            return path + x[:, :, ::2, ::2]
        if self.how == "in place":
            path += self.shortcut(x)
            return path
        if self.how == "side by side":
            return torch.cat([self.shortcut(x), path], dim=1)[:, 1:3]
        if self.how == "pad":
            return functional.relu(path + functional.pad(x[:, :1, ::2, ::2], [0] * 5 + [1]))
        return self.shortcut(x) + path


@pytest.mark.parametrize("how", ["sum", "in place", "side by side", "sliced", "pad"])
def test_where_paths_meet_the_larger_field_holds_as_gradients_say(how):
    network = nn.Sequential(nn.Conv2d(2, 2, 3, padding=1), Block(how), nn.ReLU(), Block(how))
    field = field_of(network, (1, 2, 64, 64))
    assert field == seen_by_autograd(network, (1, 2, 64, 64))
    assert field == Field((3 + 2 + 4 + 4 + 8, 3 + 2 + 4 + 4 + 8), (4, 4))


class Calling(nn.Module):
    """Call one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def writing(x):
    y = x + 1
    y[:, :, 0] = x.mean((2, 3))[..., None]
    return y


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.flatten(1),
        lambda x: x.mean((2, 3), keepdim=True),
        lambda x: functional.max_pool2d(x, 2),
        lambda x: functional.conv2d(x, torch.ones(1, 1, 3, 3), padding=1),
        lambda x: x * x.mean((2, 3), keepdim=True),
        lambda x: x.flip(2),
        lambda x: x.roll(1, 2),
        lambda x: x.permute(0, 1, 3, 2),
        lambda x: x[:, :, torch.arange(48)],
        lambda x: torch.softmax(x, 2),
        lambda x: torch.cat([x, x], 2),
        lambda x: functional.interpolate(x, scale_factor=2),
        writing,
    ],
)
def test_what_is_not_known_to_keep_places_is_none_and_stays_none(function):
    network = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1), Calling(function), nn.ReLU())
    assert field_of(network) is None


def test_a_layer_that_torch_tells_nothing_of_does_not_pass_for_a_constant():
    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.secret = Calling(lambda x: torch.from_numpy(np.cumsum(x.numpy(), axis=2)))

        def forward(self, x):
            return x + self.secret(x)

    assert field_of(Network()) is None


@pytest.mark.parametrize(
    "layer",
    [
        *(nn.ReLU(inplace=True), nn.GELU(), nn.SiLU(), nn.Hardswish(), nn.PReLU(), nn.Tanh(), nn.Identity()),
        *(nn.BatchNorm2d(1), nn.GroupNorm(1, 1), nn.Dropout2d(), nn.Dropout(), nn.ZeroPad2d(2), nn.ReflectionPad2d(1)),
        Calling(lambda x: 2 * (1 - x) / 3 - torch.ones(48, 48)),
        Calling(lambda x: torch.cat(x.chunk(1, 1), 1)),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_what_works_pixel_by_pixel_passes_fields_on(layer):
    assert field_of(nn.Sequential(nn.Conv2d(1, 1, 3, stride=2, padding=1), layer), (1, 1, 96, 96)) == Field(
        (3, 3), (2, 2)
    )


def test_well_known_stacks_have_their_published_fields():
    def vgg(*blocks):
        return nn.Sequential(
            *[layer for n in blocks for layer in (*[nn.Conv2d(1, 1, 3, padding=1)] * n, nn.MaxPool2d(2))]
        )

    # Araujo, Norris and Sim 2019: VGG-16 sees 212 pixels behind its last pooling.
    assert field_of(vgg(2, 2, 3, 3, 3)) == Field((212, 212), (32, 32))


def test_adaptive_pooling_is_a_window_where_sides_divide_and_the_whole_picture_at_one_cell():
    assert field_of(nn.AdaptiveAvgPool2d(4)) == Field((12, 12), (12, 12))
    assert field_of(nn.AdaptiveMaxPool2d((None, 6))) == Field((1, 8), (1, 8))
    assert field_of(nn.AdaptiveAvgPool2d(5)) is None
    assert field_of(nn.AdaptiveAvgPool2d(1)) is None


def test_an_indexed_maximum_gives_the_field_of_its_first_result():
    picture = torch.zeros(1, 1, 8, 8)
    tracker, pool = FieldTracker(picture), nn.MaxPool2d(2, return_indices=True)
    with tracker:
        outputs = pool(picture)
    tracker.show_layer(pool, (picture,), outputs)
    assert tracker.field(outputs[0]) == Field((2, 2), (2, 2))


def test_a_tensor_from_elsewhere_is_not_known():
    assert FieldTracker(torch.zeros(1, 1, 2, 2)).field(torch.zeros(1, 1, 2, 2)) is None


def test_meeting_takes_each_side_for_itself_and_none_wins():
    wide, tall = Field((1, 5), (1, 2)), Field((4, 1), (3, 1))
    assert meeting([wide, tall]) == Field((4, 5), (3, 2))
    assert meeting([wide, None]) is None
    assert meeting([]) is None


def test_tensors_are_found_in_any_nest():
    a, b = torch.zeros(1), torch.zeros(2)
    assert [id(t) for t in tensors_in({"x": [a, (3, b)], "y": None})] == [id(a), id(b)]
    assert first_tensor([None, {"k": b}]) is b
    assert first_tensor(["text"]) is None


def start_by_autograd(network, shape):
    """First row and column that an output in the middle sees, less its strides from the first output."""
    field = field_of(network, shape)
    picture = torch.ones(shape, dtype=torch.float64, requires_grad=True)
    output = positive(network)(picture)
    y, x = output.shape[2] // 2, output.shape[3] // 2
    (gradient,) = torch.autograd.grad(output[0, :, y, x].sum(), picture)
    (top, _), (left, _) = reached(gradient[0].sum(0))
    return field, (top - y * field.stride[0], left - x * field.stride[1])


class Cropping(nn.Module):
    def forward(self, x):
        return functional.pad(x[:, :, 3::2, 1:-2], (2, 0, 1, 0))


@pytest.mark.parametrize(
    "layers",
    [
        [nn.Conv2d(1, 2, 3, padding=1), nn.AvgPool2d(2), nn.Conv2d(2, 2, 3, padding=(0, 2), dilation=2)],
        [
            nn.Conv2d(1, 2, (5, 3), padding="same", dilation=2),
            nn.Conv2d(2, 2, 3, stride=2, padding=1),
            nn.AvgPool2d(3, 2, 1),
        ],
        [nn.ZeroPad2d((3, 0, 1, 2)), nn.Conv2d(1, 1, 3, stride=2), nn.Conv2d(1, 1, 2, padding="valid")],
        [nn.Conv2d(1, 1, 3), Cropping(), nn.Conv2d(1, 1, 3, padding=1)],
    ],
    ids=["padded", "same", "zero-padded", "cropped"],
)
def test_where_a_field_begins_agrees_with_autograd(layers):
    field, expected = start_by_autograd(nn.Sequential(*layers), (1, 1, 48, 40))
    assert field.start == expected


def test_paths_that_meet_begin_where_the_larger_field_does():
    inner, outer = Field((1, 1), (2, 2)), Field((3, 3), (2, 2), (-1, -1))
    assert meeting([inner, outer]).start == (-1, -1)


def test_fields_can_be_counted_from_a_later_tensor():
    picture = torch.zeros(1, 1, 8, 8)
    tracker = FieldTracker(picture)
    with tracker:
        smaller = functional.interpolate(picture, size=(4, 4), mode="bilinear")
        assert tracker.field(smaller) is None
        tracker.begin(smaller)
        assert tracker.field(smaller + 1) == Field()
