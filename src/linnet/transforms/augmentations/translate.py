"""Move pictures by a random share of their size, in whole pixels."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_number, check_word
from linnet.transforms.augmentations.moving import EDGES, Edge, moved
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class Translate(PictureAugmentation):
    """Move each picture by up to a share of its height and width, rounded to whole pixels.

    Args:
        share: Largest distance, 0 .. 1 of the side.
        edge: What comes in from beyond the edge: "reflect" or "zero".
    """

    about: ClassVar[str] = "move by a share of the size"
    keeps_bytes: ClassVar[bool] = True

    share: float = 0.125
    edge: Edge = "zero"

    def __post_init__(self) -> None:
        check_number("translate.share", self.share, 0, 1)
        check_word("translate.edge", self.edge, EDGES)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Move, each distance as likely."""
        high, wide = (round(self.share * side) for side in images.shape[2:])
        down, right = draws.integers("down", -high, high + 1), draws.integers("right", -wide, wide + 1)
        return moved(images, down, right, reach=(high, wide), edge=self.edge)
