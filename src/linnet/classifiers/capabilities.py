"""What some rungs can do beyond the contract of all: asked for with `isinstance`; what they do is each entry's own."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn

from linnet.datasets.base import Dataset
from linnet.progress import Progress
from linnet.records.history import History
from linnet.records.training import Training
from linnet.training.finder import RateFinding


@runtime_checkable
class Sweeping(Protocol):
    """A rung that tries many settings at the price of little more than one."""

    def sweep(
        self, candidates: Sequence[Any], train: Dataset, images: Tensor, *, seed: int, progress: Progress
    ) -> Iterator[Tensor]:
        """Yield for each candidate, in order, its (n, k) float32 probabilities for `images` after learning `train`."""


@runtime_checkable
class Templated(Protocol):
    """A rung that has one picture per class which it compares every picture with."""

    def templates(self) -> Tensor:
        """Return (k, c, h, w) float32: the weight of each pixel for each class; any sign, any scale."""


@runtime_checkable
class Differentiable(Protocol):
    """A rung whose logits have a gradient with respect to pixels."""

    def logits(self, images: Tensor) -> Tensor:
        """Return (n, k) float for (n, c, h, w) float32 in [0, 1], with the graph that leads back to the pixels."""


@runtime_checkable
class Layered(Protocol):
    """A rung that is a network of layers, whose maps can be looked at one by one."""

    def network(self) -> nn.Module:
        """Return the fitted network itself: (n, c, h, w) float32 in [0, 1] to (n, k) logits, preprocessing inside.

        Whoever hooks it, or asks it for gradients, gives it back as it was: mode, hooks, gradients.
        """


@runtime_checkable
class Checkpointed(Protocol):
    """A rung whose fit can be interrupted, and goes on where it was."""

    def checkpoint_in(self, folder: Path) -> None:
        """Let the next fit write checkpoints into a folder, and go on from the one that is there."""


@runtime_checkable
class Demanding(Protocol):
    """A rung that can be asked to learn on devices which not every machine has."""

    def check_machine(self) -> None:
        """Refuse a fit here, before any work.

        Raises:
            ConfigError: says what is missing.
        """


@runtime_checkable
class Eventful(Protocol):
    """A rung whose fit can be followed in TensorBoard."""

    def events_in(self, folder: Path) -> None:
        """Let the next fit write TensorBoard events into a folder; one that goes on adds to what is there."""


@runtime_checkable
class Buildable(Protocol):
    """A rung that is a network: its layers are known before it has seen a picture."""

    max_side: int

    def build(self, image_shape: tuple[int, int, int], n_classes: int) -> nn.Module:
        """Make the network for (c, h, w) pictures, shrunk to `max_side` already; weights come from torch's stream."""


@runtime_checkable
class Estimating(Protocol):
    """A rung that can foresee what a fit costs from a few steps of it."""

    def estimate_seconds(self, train: Dataset, *, n_valid: int, seed: int) -> float:
        """Foresee one fit on these pictures, with its rounds of validation, in seconds."""


@runtime_checkable
class Shortenable(Protocol):
    """A rung that learns in rounds, of which it can make fewer; `epochs` is their setting."""

    epochs: int

    def fewer_rounds(self, n_images: int, share: float) -> int | None:
        """Return how many rounds take at most this share of the time of all; None where too few would be left."""


@runtime_checkable
class RateSeeking(Protocol):
    """A rung whose learning rate a short sweep over rates can find."""

    learning_rate: float

    def find_rate(self, train: Dataset, *, seed: int, progress: Progress) -> RateFinding:
        """Make some steps of a fit with a rising rate; the rung itself stays as it is."""


@runtime_checkable
class Viewing(Protocol):
    """A rung that can look at several views of a picture, and say what it thinks of them together."""

    views: str

    def fitting_views(self) -> str:
        """Return the views that suit what was learned."""

    def looking_at(self, views: Any) -> Any:
        """Return the same classifier, weights shared, that looks at other views; "none" is the picture alone."""


@runtime_checkable
class Chronicled(Protocol):
    """A rung that keeps the course of its last fit."""

    history_: History


@runtime_checkable
class Resolved(Protocol):
    """A rung whose last fit has resolved what was left to it: flips, size of batches, precision."""

    training_: Training
