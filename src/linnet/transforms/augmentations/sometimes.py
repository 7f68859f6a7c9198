"""Another augmentation, for some of the pictures only."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from linnet.errors import ConfigError
from linnet.transforms.augmentations.base import Augmentation, as_floats, check_number
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Sometimes(Augmentation):
    """Apply another augmentation to each picture with some probability.

    One that mixes pictures mixes the chosen ones among themselves.

    Args:
        p: Probability, 0 .. 1.
        of: The other augmentation.
    """

    about: ClassVar[str] = "another one, by chance"
    keeps_bytes: ClassVar[bool] = True  # bytes become floats where the other one makes them so
    positional: ClassVar[tuple[str, ...]] = ("p", "of")

    p: float
    of: Augmentation

    def __post_init__(self) -> None:
        check_number("sometimes.p", self.p, 0, 1)
        if not isinstance(self.of, Augmentation):
            raise ConfigError(f"sometimes.of should be an augmentation; it is {self.of!r}.")

    def apply(self, images: Tensor, targets: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Apply the other one to the chosen pictures, and put them back in their places."""
        chosen = torch.nonzero(draws.bernoulli("sometimes", self.p)).flatten()
        inner = draws.at(chosen).nested(self.of.name())
        changed, shares = self.of(images.index_select(0, chosen), targets[chosen], draws=inner)
        # Also where nothing was chosen: the type of the result must not hang on chance.
        if changed.is_floating_point():
            images = as_floats(images)
        return images.index_copy(0, chosen, changed), targets.index_copy(0, chosen, shares)
