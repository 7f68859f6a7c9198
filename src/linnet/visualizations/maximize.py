"""Pictures that a network takes most for a class, or that excite one of its units most, climbed to from gray."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from linnet import seeds
from linnet.classifiers.base import Classifier
from linnet.classifiers.capabilities import Layered
from linnet.classifiers.keeping import as_found
from linnet.errors import ConfigError, UnknownNameError, UnsupportedError
from linnet.visualizations.base import Panel, Subject, Visualization
from linnet.visualizations.collage import tile
from linnet.words import agree, count, percent

Start = Literal["gray", "noise"]

_NOISE = 0.02
"""Standard deviation of a noisy start, of pixels in [0, 1]: enough to leave a place where no unit has a gradient."""

_NOTHING = 1e-12

_NO_PHOTOGRAPH = "It is no photograph and nothing that was learned by heart, but what raises that number from gray."


@dataclass(frozen=True, kw_only=True)
class Ascent:
    """Hold how a climb is made.

    Attributes:
        steps: At least 1.
        rate: How far the first step moves a pixel, typically, of pixels in [0, 1]; later ones move it less.
        jitter: How far pictures are shifted in each step at most, as a share of the shorter side, below 1.
        variation: How strongly neighboring pixels are held alike; at least 0.
        decay: How strongly pixels are drawn back to gray; at least 0.
    """

    steps: int = 128
    rate: float = 0.05
    jitter: float = 0.1
    variation: float = 0.4
    decay: float = 0.2


@dataclass(kw_only=True)
class MaximizingPictures(Visualization):
    """Climb from gray, by gradients with respect to pixels, to pictures that a class or a unit answers to most.

    The gradient of each picture is brought to one size, so that the settings mean the same for every network. Shifts,
    smoothness and a pull back to gray keep away the fine noise that gradients alone lead to.

    Args:
        layer: Name of a layer in the network, as in `network().named_modules()`; "": the classes.
        unit: Of that layer, from 0: a channel of maps, which is raised where it is strongest, or a single number.
        limit: Classes that get a picture, at least 1; the first ones.
        start: "gray", or "noise" around it, which the seed draws.
        steps: At least 1.
        rate: How far the first step moves a pixel, typically, of pixels in [0, 1]; above 0.
        jitter: How far pictures are shifted in each step at most, as a share of the shorter side, 0 .. 0.5.
        variation: How strongly neighboring pixels are held alike; at least 0.
        decay: How strongly pixels are drawn back to gray; at least 0.
        side: Pixels of the longer side that each picture is drawn at, at most; at least 8.

    Source:
        Simonyan et al. 2013, eq. 1, for the class and the pull back; Mahendran and Vedaldi 2015 for the smoothness;
        Olah et al. 2017, "Feature Visualization", for units and shifts.
    """

    about: ClassVar[str] = "pictures that a network takes most for a class, or that excite a unit most"
    requires: ClassVar[type | None] = Layered

    layer: str = ""
    unit: int = 0
    limit: int = 12
    start: Start = "noise"
    steps: int = Ascent.steps
    rate: float = Ascent.rate
    jitter: float = Ascent.jitter
    variation: float = Ascent.variation
    decay: float = Ascent.decay
    side: int = 160

    def __post_init__(self) -> None:
        for name, least in (("unit", 0), ("limit", 1), ("steps", 1), ("side", 8), ("variation", 0), ("decay", 0)):
            if not least <= getattr(self, name) < float("inf"):
                raise ConfigError(f"maximize.{name} should be at least {least}; it is {getattr(self, name)}.")
        if not 0 < self.rate < float("inf"):
            raise ConfigError(f"maximize.rate should be a number above 0; it is {self.rate}.")
        if not 0 <= self.jitter <= 0.5:
            raise ConfigError(f"maximize.jitter should be a share of the side, 0 .. 0.5; it is {self.jitter}.")
        if self.start not in ("gray", "noise"):
            raise ConfigError(f"maximize.start should be gray or noise; it is {self.start!r}.")

    def _draw(self, subject: Subject) -> list[Panel]:
        random = seeds.torch_generator(subject.seed, "maximize", self.layer, self.unit)
        return self._of_unit(subject.classifier, random) if self.layer else self._of_classes(subject.classifier, random)

    def _of_classes(self, classifier: Classifier, random: torch.Generator) -> list[Panel]:
        names = classifier.class_names_[: self.limit]
        start = self._first(len(names), classifier, random)
        wanted = torch.arange(len(names))
        with as_found(_network(classifier)) as network:
            found = climb(lambda x: network(x)[wanted, wanted], start, how=self._ascent(), random=random)
        before, after = (classifier.predict_proba(x)[wanted, wanted].tolist() for x in (start, found))
        rest = len(classifier.class_names_) - len(names)
        more = f" {count(rest, 'more class')} {agree(rest, 'is', 'are')} left out." if rest else ""
        return [
            Panel(
                name=f"class-{k + 1}",
                title=name,
                caption=f"{classifier.name()} takes this for {name} with probability {percent(after[k])}; at the "
                f"start, {self._began()}, it was {percent(before[k])}.{_unmoved(start[k], found[k])} "
                f"{_NO_PHOTOGRAPH}{more}",
                image=tile(found[k], side=self.side),
            )
            for k, name in enumerate(names)
        ]

    def _of_unit(self, classifier: Classifier, random: torch.Generator) -> list[Panel]:
        network = _network(classifier)
        start = self._first(1, classifier, random)
        with as_found(network):
            value = unit_value(network, self.layer, self.unit, sample=start)
            found = climb(value, start, how=self._ascent(), random=random)
            with torch.no_grad():
                before, after = float(value(start)), float(value(found))
        return [
            Panel(
                name="unit",
                title=f"Unit {self.unit} of {self.layer}",
                caption=f"This raises unit {self.unit} of {self.layer}, where it is stronger than its median, from "
                f"{before:.3g}, at the start, {self._began()}, to {after:.3g}.{_unmoved(start, found)} "
                f"{_NO_PHOTOGRAPH}",
                image=tile(found[0], side=self.side),
            )
        ]

    def _ascent(self) -> Ascent:
        return Ascent(steps=self.steps, rate=self.rate, jitter=self.jitter, variation=self.variation, decay=self.decay)

    def _first(self, n: int, classifier: Classifier, random: torch.Generator) -> Tensor:
        gray = torch.full((n, *classifier.image_shape_), 0.5)
        if self.start == "gray":
            return gray
        return (gray + _NOISE * torch.randn(gray.shape, generator=random)).clamp_(0, 1)

    def _began(self) -> str:
        return "plain gray" if self.start == "gray" else "gray with a little noise"


def climb(value: Callable[[Tensor], Tensor], start: Tensor, *, how: Ascent, random: torch.Generator) -> Tensor:
    """Raise a number of each picture by gradient ascent in pixels.

    Args:
        value: (n,) float for (n, c, h, w) float32 in [0, 1], one number of each picture alone.
        start: (n, c, h, w) float32 in [0, 1]; not changed.
        how: Steps, shifts and what holds pixels back.
        random: Where the shifts are drawn from.

    Returns:
        (n, c, h, w) float32 in [0, 1].
    """
    pixels = start.clone()
    most = int(how.jitter * min(pixels.shape[2:]))
    for step in range(how.steps):
        dy, dx = torch.randint(-most, most + 1, (2,), generator=random).tolist()
        moved = pixels.roll((dy, dx), (2, 3)).requires_grad_(True)
        (gradient,) = torch.autograd.grad(value(moved).sum(), moved)
        gradient = gradient.roll((-dy, -dx), (2, 3))
        size = gradient.square().mean((1, 2, 3), keepdim=True).sqrt()
        is_moved = size > _NOTHING
        upward = torch.where(is_moved, gradient / size.clamp(min=_NOTHING), 0.0)
        # Half the squared distance to gray has the gradient (x - 1/2); 4 brings the farthest pixel to 2, twice the
        # typical size of the normalized gradient.
        back = 4 * how.decay * (pixels - 0.5) + 4 * how.variation * roughness(pixels)
        rate = how.rate * (1 - step / how.steps)
        pixels = (pixels + rate * torch.where(is_moved, upward - back, 0.0)).clamp_(0, 1)
    return pixels


def roughness(pixels: Tensor) -> Tensor:
    """Return the gradient of half the sum of squared differences between neighbors, of which total variation is made.

    That is four times a pixel less its four neighbors; a neighbor beyond the edge is taken for the pixel itself.

    Args:
        pixels: (n, c, h, w) float32.
    """
    wide = functional.pad(pixels, (1, 1, 1, 1), mode="replicate")
    around = wide[..., :-2, 1:-1] + wide[..., 2:, 1:-1] + wide[..., 1:-1, :-2] + wide[..., 1:-1, 2:]
    return 4 * pixels - around


def unit_value(network: nn.Module, layer: str, unit: int, *, sample: Tensor) -> Callable[[Tensor], Tensor]:
    """Return the function that gives one unit's number for each picture; its hook lives for the length of a call.

    Args:
        network: Whose layers are looked at.
        layer: A name of `named_modules`.
        unit: A channel of (n, c, h, w) maps, of which the mean over the stronger half of its places is taken; a column
            of (n, d); a column of (n, t, d) too, with the stronger half of the t tokens.
        sample: Pictures to find out with what the layer gives.

    Raises:
        UnknownNameError: no such layer.
        ConfigError: no such unit.
        UnsupportedError: the layer gives no tensor, or nothing passes through it.
    """
    layers = dict(network.named_modules())
    if layer not in layers:
        raise UnknownNameError("layer", layer, [name for name in layers if name])

    def output(images: Tensor) -> Tensor:
        seen: list[object] = []
        handle = layers[layer].register_forward_hook(lambda _layer, _inputs, found: seen.append(found))
        try:
            network(images)
        finally:
            handle.remove()
        last = seen[-1] if seen else None
        if not isinstance(last, Tensor) or last.ndim < 2:
            raise UnsupportedError(f"{layer} gives no maps and no row of numbers; choose another layer.")
        return last.movedim(-1, 1) if last.ndim == 3 else last

    with torch.no_grad():
        n_units = output(sample).shape[1]
    if not 0 <= unit < n_units:
        raise ConfigError(f"{layer} has the units 0 .. {n_units - 1}; unit {unit} was asked for.")

    def value(images: Tensor) -> Tensor:
        places = output(images)[:, unit].reshape(len(images), -1)
        # The mean of all would be lost on a filter of edges, whose weights sum to zero: what it gains at one place it
        # loses at the next, but for the rim. The stronger half leaves it room to alternate, and is never dead.
        return places.topk(-(-places.shape[1] // 2), dim=1).values.mean(1)

    return value


def _network(classifier: Classifier) -> nn.Module:
    if not isinstance(classifier, Layered):
        raise UnsupportedError(f"{classifier.name()} has no layers.")
    return classifier.network()


def _unmoved(start: Tensor, found: Tensor) -> str:
    return " There was no gradient to climb along: nothing was changed." if torch.equal(start, found) else ""
