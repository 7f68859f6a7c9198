"""What a network's layers are called, in what order, what they give, and what they see; nothing is drawn here.

A layer is a call that contains no other call: most often a module without parts, but also one whose parts are used
behind its back, as attention does with its last product. So every architecture has layers, and nobody lists them.
"""

from collections import Counter
from collections.abc import Container, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Layered
from linnet.classifiers.keeping import as_found
from linnet.errors import UnknownNameError, UnsupportedError
from linnet.training.anatomy.receptive import Field, FieldTracker, Pair, first_tensor
from linnet.transforms.resize import shrink
from linnet.visualizations.layouts import Layout, layouts_of

_WRAPPER = "body."
"""Around every network of Linnet stands one module that normalizes; nobody wants to read its name 20 times."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Call:
    """Hold one call of one layer.

    Attributes:
        name: The layer's path in the network; from its second call on with the call's number, as "relu#2".
        layer: The module.
        output: What it gave, a copy that nothing behind it changes; the first tensor where it gave several.
        hands_on: Whether that is what came in, number for number, perhaps in another shape: dropout, flattening.
    """

    name: str
    layer: nn.Module
    output: Tensor
    hands_on: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class Survey:
    """Hold what one black picture tells about a network.

    Attributes:
        shape: (c, h, w) that the first layer is shown: smaller than the pictures where the network shrinks them.
        calls: In their order; outputs are those for the black picture.
        fields: What a value of each call sees of a picture of `shape`; None: all of it, or not known.
        layouts: How the output of each call becomes maps; outputs that are none for one picture are left out.
    """

    shape: tuple[int, int, int]
    calls: tuple[Call, ...]
    fields: dict[str, Field | None]
    layouts: dict[str, Layout]

    @property
    def sides(self) -> Pair:
        """Height and width that the first layer is shown."""
        return self.shape[1], self.shape[2]

    def find(self, name: str) -> Call:
        """Return the call of a layer: by its whole path, or without the wrapper around Linnet's networks.

        Raises:
            UnknownNameError: no such layer; names the nearest one.
        """
        known = {call.name: call for call in self.calls if call.name in self.layouts}
        for path in (name, _WRAPPER + name):
            if path in known:
                return known[path]
        raise UnknownNameError("layer", name, [spoken(path) for path in known])

    def weighted(self) -> list[Call]:
        """List the first calls of convolutions and linear layers."""
        kinds = nn.Conv2d, nn.Linear
        return [call for call in self.calls if isinstance(call.layer, kinds) and "#" not in call.name]


def network_of(classifier: Classifier) -> nn.Module:
    """Return the network of a rung that was checked to have one."""
    if not isinstance(classifier, Layered):
        raise UnsupportedError(f"{classifier.name()} has no layers.")
    return classifier.network()


def spoken(path: str) -> str:
    """Return a layer's path as people read it."""
    return path.removeprefix(_WRAPPER) or "network"


def slug(path: str) -> str:
    """Return a layer's path as a part of a file name: letters, digits and hyphens."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in spoken(path))
    return plain.strip("-") or "layer"


@contextmanager
def watched(network: nn.Module, *, only: Container[str] | None = None) -> Iterator[list[Call]]:
    """Write down the calls of layers while this is entered; every hook is gone afterwards.

    Args:
        network: Any module, which is called once: in a second pass every layer would be called for the second time.
        only: Names of the calls to keep; None: all.
    """
    with _hooked(network, _Watch(network, only=only)) as watch:
        yield watch.calls


def survey(network: nn.Module, image_shape: tuple[int, int, int]) -> Survey:
    """Send one black picture through a network and write down what its layers are.

    Args:
        network: Takes (n, c, h, w) float32 in [0, 1]; given back as it was found.
        image_shape: (c, h, w).
    """
    picture = torch.zeros(1, *image_shape)
    tracker = FieldTracker(picture)
    watch = _Watch(network, tracker=tracker)
    with torch.no_grad(), as_found(network), _hooked(network, watch), tracker:
        network(picture)
    return Survey(
        shape=watch.shape or image_shape,
        calls=tuple(watch.calls),
        fields=watch.fields,
        layouts=layouts_of([(call.name, call.layer, call.output) for call in watch.calls]),
    )


def as_seen(images: Tensor, found: Survey) -> Tensor:
    """Return pictures in the size that the first layer is shown.

    Args:
        images: (n, c, h, w) uint8.
        found: Of a network for such pictures.

    Returns:
        (n, c, h', w') uint8.
    """
    return shrink(images, max(found.sides))


def as_numbers(images: Tensor) -> Tensor:
    """Return pictures as networks take them: (n, c, h, w) uint8, or float32 in [0, 1] already, to float32 in [0, 1]."""
    return images.to(torch.float32) / 255 if images.dtype == torch.uint8 else images


@dataclass(eq=False)
class _Open:
    """Hold what is known of a call that has not returned yet."""

    entering: Tensor | None
    version: int
    is_outer: bool = False


class _Watch:
    """Write a call down when it returns, unless another returned inside of it."""

    def __init__(
        self, network: nn.Module, *, only: Container[str] | None = None, tracker: FieldTracker | None = None
    ) -> None:
        self.calls: list[Call] = []
        self.fields: dict[str, Field | None] = {}
        self.shape: tuple[int, int, int] | None = None
        self._names = {module: name for name, module in network.named_modules()}
        self._only, self._tracker = only, tracker
        self._times: Counter[str] = Counter()
        self._open: list[_Open] = []

    def entering(self, module: nn.Module, args: Any, kwargs: Any) -> None:
        """Note what comes in; called by torch."""
        entering = first_tensor((args, kwargs))
        is_first_layer = self.shape is None and next(module.children(), None) is None
        if is_first_layer and entering is not None and entering.ndim == 4:
            channels, height, width = entering.shape[1:]
            self.shape = channels, height, width
            if self._tracker is not None:
                self._tracker.begin(entering)
        # Layers that work in place raise the version of what came in, which is gone then.
        self._open.append(_Open(entering, -1 if entering is None else entering._version))

    def leaving(self, module: nn.Module, args: Any, output: Any) -> None:
        """Write the call down; called by torch."""
        here = self._open.pop()
        if self._tracker is not None:
            self._tracker.show_layer(module, args, output)
        if self._open:
            self._open[-1].is_outer = True
        leaving = first_tensor(output)
        if here.is_outer or leaving is None:
            return
        path = self._names[module]
        self._times[path] += 1
        name = path if self._times[path] == 1 else f"{path}#{self._times[path]}"
        if self._only is None or name in self._only:
            if self._tracker is not None:
                self.fields[name] = self._tracker.field(leaving)
            self.calls.append(
                Call(name=name, layer=module, output=leaving.clone(), hands_on=_is_handed_on(here, leaving))
            )


@contextmanager
def _hooked(network: nn.Module, watch: _Watch) -> Iterator[_Watch]:
    with ExitStack() as hooks:
        for module in network.modules():
            hooks.callback(module.register_forward_pre_hook(watch.entering, with_kwargs=True).remove)
            hooks.callback(module.register_forward_hook(watch.leaving).remove)
        yield watch


def _is_handed_on(here: _Open, leaving: Tensor) -> bool:
    came = here.entering
    if came is None or came._version != here.version or came.numel() != leaving.numel():
        return False
    return torch.equal(came.detach().flatten(), leaving.detach().flatten())
