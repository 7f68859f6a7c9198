"""Several augmentations, one after the other."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.errors import ConfigError
from linnet.transforms.augmentations.base import Augmentation
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Sequence(Augmentation):
    """Apply augmentations in order, each with random numbers of its own; with none, pictures stay as they are.

    Args:
        steps: In order.
    """

    about: ClassVar[str] = "several, one after the other"
    keeps_bytes: ClassVar[bool] = True  # each step turns bytes into floats itself where it must
    positional: ClassVar[tuple[str, ...]] = ("steps",)
    bare: ClassVar[bool] = True

    steps: tuple[Augmentation, ...] = ()

    def __post_init__(self) -> None:
        if not (isinstance(self.steps, tuple) and all(isinstance(step, Augmentation) for step in self.steps)):
            raise ConfigError(f"sequence.steps should be augmentations in a tuple; they are {self.steps!r}.")

    def apply(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Apply each step to what the one before returned."""
        for i, step in enumerate(self.steps):
            images, targets = step(images, targets, draws=draws.nested(f"{i}-{step.name()}"))
        return images, targets
