"""Cut each picture out of a padded one at a random place: the plainest augmentation, and the one that helps most."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from linnet.transforms.augmentations.base import PictureAugmentation, check_whole, check_word
from linnet.transforms.augmentations.moving import EDGES, Edge, moved
from linnet.transforms.draws import Draws


@dataclass(frozen=True, kw_only=True)
class PadCrop(PictureAugmentation):
    """Move each picture by up to so many whole pixels, both ways by themselves.

    Args:
        padding: Pixels, at least 0.
        edge: What comes in from beyond the edge: "reflect" or "zero".

    Source:
        Krizhevsky 2009, in the form of He et al. 2015, "Deep residual learning", section 4.2.
    """

    about: ClassVar[str] = "pad, and cut at a random place"
    keeps_bytes: ClassVar[bool] = True

    padding: int = 4
    edge: Edge = "reflect"

    def __post_init__(self) -> None:
        check_whole("pad-crop.padding", self.padding, 0)
        check_word("pad-crop.edge", self.edge, EDGES)

    def change(self, images: Tensor, draws: Draws) -> Tensor:
        """Move by -padding .. padding pixels, each distance as likely."""
        down = draws.integers("down", -self.padding, self.padding + 1)
        right = draws.integers("right", -self.padding, self.padding + 1)
        return moved(images, down, right, reach=(self.padding, self.padding), edge=self.edge)
